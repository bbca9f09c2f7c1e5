import { ALGORITHMS } from '../../../jwt/index.ts'
import type { TokenSettings } from '../../../tokens/token-settings.ts'
import type { ExplainedMember } from './explained.ts'
import { momentText } from './words.ts'

type Claims = Readonly<Record<string, unknown>>

const ALGORITHM_WORDS: Readonly<Record<string, string>> = {
  HS: 'HMAC, with a secret',
  RS: 'RSA, PKCS #1 v1.5',
  PS: 'RSA, PSS',
  ES: 'ECDSA',
  Ed: 'Ed25519',
}

const TYPES: Readonly<Record<string, string>> = {
  jwt: 'JSON Web Token',
  'at+jwt': 'access token (RFC 9068)',
  'rt+jwt': 'refresh token of this library',
}

/** The members of a header, with what each means. */
export const headerMembers = (header: Claims): readonly ExplainedMember[] =>
  Object.entries(header).map(([name, value]) => ({
    name,
    value: valueText(value),
    meaning: headerMeaning(name, value),
  }))

function headerMeaning(name: string, value: unknown): string {
  const text = String(value)
  switch (name) {
    case 'alg':
      return Object.hasOwn(ALGORITHMS, text)
        ? (ALGORITHM_WORDS[text.slice(0, 2)] ?? 'algorithm')
        : 'an algorithm that is not supported'
    case 'kid':
      return 'the key that signed it, as the token says'
    case 'typ':
      return TYPES[text.toLowerCase()] ?? 'kind of token, as the header says'
    default:
      return ''
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  iss: 'issuer',
  aud: 'audience: who the token is for',
  sub: 'subject',
  subject_type: 'whose name sub is: pairwise, that of the user for the application alone',
  sid: 'session',
  gen: 'generation of its session: how often that had been refreshed',
  ww_uid: 'id of the user to whom it was issued',
  amr: 'how the user signed in (RFC 8176)',
  client_sid:
    'session of the application that has exchanged another token for it (RFC 8693)',
  may_act: 'who may act as the user (RFC 8693)',
  act: 'who acts as the user (RFC 8693)',
  scope: 'what the token is limited to',
}

const MOMENTS: Readonly<Record<string, string>> = {
  iat: 'issued',
  exp: 'expires',
  nbf: 'valid from',
  auth_time: 'signed in',
}

/** The claims, with what each means. */
export function claimMembers(
  claims: Claims,
  settings: TokenSettings,
): readonly ExplainedMember[] {
  const own: Readonly<Record<string, string>> = {
    [settings.userIdClaim]: `the user, by ${settings.userIdField}`,
    [settings.typeClaim]: 'kind of token',
    [settings.jtiClaim]: 'id of this token',
    [settings.revokeClaimName]: 'becomes invalid with a new password',
  }
  return Object.entries(claims).map(([name, value]) => ({
    name,
    value: valueText(value),
    meaning: momentMeaning(name, value) ?? own[name] ?? MEANINGS[name] ?? '',
  }))
}

function momentMeaning(name: string, value: unknown): string | undefined {
  const word = Object.hasOwn(MOMENTS, name) ? MOMENTS[name] : undefined
  if (word === undefined || typeof value !== 'number') return undefined
  return `${word} ${momentText(value)}`
}

const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
