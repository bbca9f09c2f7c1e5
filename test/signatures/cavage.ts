import { readFileSync } from 'node:fs'
import type { Field } from '../../src/signatures/message.ts'

/** What answered a recorded request: a crash has no body. */
interface Answer {
  readonly verdict: 'accept' | 'reject' | 'crash' | 'none'
  readonly status: number
  readonly body?: { readonly user?: string; readonly detail?: string } | null
}

/** A request that was sent to drf-httpsig. */
export interface RecordedCavage {
  readonly id: string
  readonly kind: string
  readonly note?: string
  /** The clock, in seconds since 1970. */
  readonly now: number
  readonly request: RecordedRequest
  /** Of a view with Basic first, which supplies the challenge. */
  readonly drf_httpsig_after_basic: Answer
  /** Of vectors: what http-signature says. */
  readonly http_signature: { readonly verdict: 'accept' | 'reject' }
}

export interface RecordedRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
  readonly body: string | null
}

/** A header that httpsig made. */
export interface RecordedSigning {
  readonly id: string
  readonly kind: string
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
  readonly keyId: string
  readonly algorithm: string
  readonly cover: readonly string[] | null
  readonly httpsig: { readonly authorization?: string }
}

const DATA = new URL('../data/signatures/', import.meta.url)
const textOf = (name: string): string => readFileSync(new URL(name, DATA), 'utf8')

const linesOf = (kind: string): readonly unknown[] =>
  textOf('http-signatures.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => line.kind === kind)

/** Conversations with drf-httpsig. */
export const conversations = () => linesOf('cavage') as readonly RecordedCavage[]
/** The vectors of the draft. */
export const vectors = () => linesOf('cavage-verify') as readonly RecordedCavage[]
/** What httpsig signs. */
export const signings = () => linesOf('cavage-sign') as readonly RecordedSigning[]

interface RecordedKey {
  readonly user: string
  readonly secret: string
  readonly type: 'hmac' | 'rsa' | 'ed25519'
}

const { cavage } = JSON.parse(textOf('keys.json')) as {
  readonly cavage: {
    readonly keys: Readonly<Record<string, RecordedKey>>
    readonly private_key: string
  }
}

export const KEYS = cavage.keys
/** Of `rsa-key`. */
export const PRIVATE_KEY = cavage.private_key

/** An HMAC pads its key with zeros (RFC 2104 §2): a secret of the recordings is the same at a length that is accepted. */
export const padded = (secret: string): string => secret.padEnd(32, '\0')

/** Conversations that end otherwise here, by id, each with the reason. */
export const DIFFERENCES: Readonly<
  Record<string, { readonly status: number; readonly why: string }>
> = JSON.parse(textOf('differences-drf-httpsig.json'))
