import { readFileSync } from 'node:fs'
import type { TokenType } from '../../src/tokens/claims.ts'
import { type Members, unknownMember } from '../members.ts'
import { type HawkAttack, OF_HAWK_REQUEST } from './hawk.ts'
import { OAUTH_CORPUS, OAUTH_MEMBERS, type OAuthKinds } from './oauth-corpus.ts'
import { OF_POLICY, OF_REQUEST, type SignedRequestAttack } from './signed-request.ts'

/** A string, possibly in parts, so that a megabyte is short in the file. */
export type Text = string | readonly (string | Repeated)[]
type Repeated = { readonly repeat: readonly [text: string, times: number] }

export type Jwk = { readonly [member: string]: unknown }

/** The keys and options of a verifier. */
export interface Profile {
  readonly algorithms: readonly string[]
  readonly keys: readonly Jwk[]
  readonly issuer?: string
  readonly audience?: string
  /** Seconds. */
  readonly leeway?: number
  /** `null`: any. */
  readonly tokenType?: TokenType | 'id' | null
  readonly nonce?: string
  readonly layer?: 'jws'
  readonly note?: string
}

interface Common {
  readonly id: string
  readonly expect: 'accept' | 'reject'
  readonly reason: string
  /** Allowed error codes of a rejection. Default: any. */
  readonly error?: readonly string[]
  readonly maxMillis?: number
  readonly category?: string
  readonly note?: string
}

interface Kinds extends OAuthKinds {
  readonly token: {
    readonly profile: string
    readonly token: Text
    readonly claims?: { readonly [name: string]: unknown }
    /** Side effects of which each is a fault in every case. */
    readonly mustNot?: readonly string[]
  }
  readonly revocation: {
    readonly profile: string
    readonly revoke: string
    readonly token: string
  }
  readonly config: { readonly setting: { readonly [name: string]: unknown } }
  readonly key: {
    readonly purpose: 'verify' | 'publish'
    readonly jwk?: unknown
    readonly jwks?: unknown
  }
  readonly email: { readonly address: string }
  readonly same_name: { readonly first: string; readonly second: string }
  readonly reset_mail: {
    readonly stored: string
    readonly presented: string
    readonly rule: string
  }
  readonly otp: MailedCode | TotpCode
  readonly header: HttpAttack
  readonly request: HttpAttack
  readonly redirect_uri: {
    readonly client: {
      readonly type: ApplicationType
      readonly redirect_uris: readonly string[]
    }
    /** `null`: the parameter is missing; a list: it is sent more than once. */
    readonly presented: string | readonly string[] | null
  }
  readonly register_redirect_uri: { readonly type: ApplicationType; readonly uri: string }
  readonly pkce: {
    /** A list: the parameter is sent twice. */
    readonly challenge?: string | readonly string[]
    readonly method?: string
    readonly verifier?: string
  }
  readonly next: { readonly origin: string; readonly value: string }
  readonly httpsig: SignedRequestAttack
  readonly hawk: HawkAttack
}

/** Native applications are public: they cannot keep a secret. */
type ApplicationType = 'web' | 'native'

/** A code that a client presents, and how often it was wrong before. */
interface PresentedCode {
  readonly code: unknown
  readonly failures?: number
  readonly maxFailures?: number
}

export interface MailedCode extends PresentedCode {
  readonly type: 'mailed'
  readonly issuedCode: string
  /** Seconds. */
  readonly ttl: number
  /** Seconds since it was issued. */
  readonly age: number
  readonly used?: boolean
  readonly superseded?: boolean
  readonly otherAccount?: boolean
  readonly otherPurpose?: boolean
}

/** A password of an authenticator (RFC 6238). */
export interface TotpCode extends PresentedCode {
  readonly type: 'totp'
  readonly secretAscii: string
  readonly algorithm: 'sha1'
  readonly digits: 6
  readonly step: 30
  readonly window: 1
  /** Seconds since 1970. */
  readonly clock: number
  readonly usedSteps?: readonly number[]
}

export interface HttpAttack {
  readonly profile: string
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: Text])[]
  readonly body?:
    | Text
    | Repeated
    | { readonly gzipRepeat: readonly [text: string, times: number] }
  readonly http: { readonly status: readonly number[] }
  readonly given?: readonly string[]
  readonly latin1?: boolean
  readonly scheme?: string
}

export type Kind = keyof Kinds
/** A case of a kind that is replayed. */
export type Attack<K extends Kind = Kind> = {
  readonly [Each in K]: Common & Kinds[Each] & { readonly kind: Each }
}[K]

const COMMON: Members<Common> & { readonly kind: true } = {
  id: true,
  kind: true,
  category: true,
  expect: true,
  reason: true,
  note: true,
  error: true,
  maxMillis: true,
}

const OF_HTTP: Members<HttpAttack> = {
  profile: true,
  method: true,
  path: true,
  headers: true,
  body: true,
  http: true,
  given: true,
  latin1: true,
  scheme: true,
}

const OF_OTP: Members<MailedCode> & Members<TotpCode> = {
  type: true,
  code: true,
  failures: true,
  maxFailures: true,
  issuedCode: true,
  ttl: true,
  age: true,
  used: true,
  superseded: true,
  otherAccount: true,
  otherPurpose: true,
  secretAscii: true,
  algorithm: true,
  digits: true,
  step: true,
  window: true,
  clock: true,
  usedSteps: true,
}

const MEMBERS: { readonly [K in Kind]: Members<Kinds[K]> } = {
  token: { profile: true, token: true, claims: true, mustNot: true },
  revocation: { profile: true, revoke: true, token: true },
  config: { setting: true },
  key: { purpose: true, jwk: true, jwks: true },
  email: { address: true },
  same_name: { first: true, second: true },
  reset_mail: { stored: true, presented: true, rule: true },
  otp: OF_OTP,
  header: OF_HTTP,
  request: OF_HTTP,
  redirect_uri: { client: true, presented: true },
  register_redirect_uri: { type: true, uri: true },
  pkce: { challenge: true, method: true, verifier: true },
  next: { origin: true, value: true },
  httpsig: { policy: true, request: true, fields: true, usedNonces: true },
  ...OAUTH_MEMBERS,
  hawk: {
    credentials: true,
    clock: true,
    skew: true,
    request: true,
    authorization: true,
    usedNonces: true,
  },
}

/** Whether cases of a kind are replayed. */
export const isReplayed = (kind: string): kind is Kind => Object.hasOwn(MEMBERS, kind)

/** A member of a case that no code reads, so that the case would be replayed in part. */
export function unreadMember(attack: Attack): string | undefined {
  const { http = {} } = attack as Partial<HttpAttack>
  const { client = {} } = attack as Partial<Attack<'redirect_uri'>>
  const { policy = {}, request = {} } = attack as Partial<Attack<'httpsig'>>
  const unread = unknownMember(attack, { ...COMMON, ...MEMBERS[attack.kind] })
  return (
    unread ??
    unknownMember(http, { status: true }) ??
    unknownMember(client, { type: true, redirect_uris: true }) ??
    unknownMember(policy, OF_POLICY) ??
    unknownMember(request, attack.kind === 'hawk' ? OF_HAWK_REQUEST : OF_REQUEST)
  )
}

export interface Corpus {
  /** Seconds since 1970: the clock of the verifiers. */
  readonly now: number
  readonly profiles: { readonly [name: string]: Profile }
  /** Of any kind. */
  readonly cases: readonly (Common & { readonly kind: string })[]
}

export const CORPUS = new URL('../data/vectors/attacks.json', import.meta.url)

/** The cases of the file about OAuth, which has no profiles of its own. */
export const readOAuthCases = (): Corpus['cases'] => readCorpus(OAUTH_CORPUS).cases

export function readCorpus(file: string | URL): Corpus {
  const corpus = JSON.parse(readFileSync(file, 'utf8'))
  if (
    typeof corpus?.now !== 'number' ||
    typeof corpus.profiles !== 'object' ||
    !Array.isArray(corpus.cases) ||
    corpus.cases.length === 0
  ) {
    throw new Error(`${file} is no corpus of attacks: it needs now, profiles and cases`)
  }
  return corpus
}

export const textOf = (text: Text | Repeated): string => {
  if (typeof text === 'string') return text
  if ('repeat' in text) return text.repeat[0].repeat(text.repeat[1])
  return text.map((part) => (typeof part === 'string' ? part : textOf(part))).join('')
}

export function profileOf(corpus: Corpus, name: string): Profile {
  const profile = corpus.profiles[name]
  if (profile === undefined) throw new Error(`the corpus has no profile ${name}`)
  return profile
}
