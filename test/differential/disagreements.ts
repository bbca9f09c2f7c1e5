import { AUDIENCE, NOW } from './draft.ts'
import {
  anywhere,
  depthOf,
  hasByteOrderMark,
  isUtf8,
  type Part,
  type Reading,
  read,
  repeatsAName,
} from './reading.ts'
import type { Sample } from './samples.ts'

/**
 * A class of tokens that we reject and another implementation accepts. There is no class the other way round: we reject what
 * any of them rejects.
 */
export interface Disagreement {
  readonly name: string
  /** Why we are right, or free to choose. */
  readonly because: string
  /** Our error code. */
  readonly code: string
  readonly holds: (token: Reading, sample: Sample) => boolean
  /** Does not occur in every run of 100,000 tokens. */
  readonly rare?: true
}

const parts = ({ header, payload }: Reading): readonly Part[] => [header, payload]
const claim = ({ payload }: Reading, name: string): unknown => payload.members?.[name]
const member = ({ header }: Reading, name: string): unknown => header.members?.[name]
const has = ({ header }: Reading, name: string): boolean =>
  header.members !== undefined && Object.hasOwn(header.members, name)

const DATES = ['exp', 'iat', 'nbf']
const LAST_MOMENT = 253_402_300_799
const isNoMoment = (value: unknown): boolean =>
  value !== undefined &&
  !(typeof value === 'number' && value >= 0 && value <= LAST_MOMENT)

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    name: 'characters outside base64url, or padding',
    because:
      'one token has one spelling (RFC 7515 §2); jose skips white space and padding in a payload',
    code: 'malformed',
    holds: ({ token }) => !/^[\w-]+\.[\w-]*\.[\w-]+$/.test(token),
  },
  {
    name: 'spare bits that are not zero, in header or payload',
    because: 'the same (RFC 4648 §3.5)',
    code: 'malformed',
    holds: ({ segments }) =>
      segments.slice(0, 2).some((text) => respelled(text) !== text),
  },
  {
    name: 'spare bits that are not zero, in the signature',
    because: 'the same; no issuer signed such a text',
    code: 'bad_signature',
    holds: ({ segments }) => respelled(segments[2] ?? '') !== segments[2],
  },
  {
    name: 'a signature of RSA without the zero that it begins with',
    because:
      'it is as long as the modulus (RFC 8017 §8.1.2 and §8.2.2, step 1); OpenSSL takes a shorter one for PSS',
    code: 'bad_signature',
    holds: ({ segments }, { alg }) =>
      /^[RP]S/.test(alg) && Buffer.from(segments[2] ?? '', 'base64url').length === 255,
    rare: true,
  },
  {
    name: 'a name twice',
    because:
      'two readers take two meanings from it (RFC 8725 §2.4, RFC 7515 §4 allows to refuse)',
    code: 'malformed',
    holds: (token) => parts(token).some(repeatsAName),
  },
  {
    name: '__proto__ or constructor.prototype',
    because: 'such claims are made to change programs that copy them',
    code: 'malformed',
    holds: (token) =>
      parts(token).some(({ members }) =>
        anywhere(
          members,
          (name, value) =>
            name === '__proto__' ||
            (name === 'constructor' &&
              typeof value === 'object' &&
              value !== null &&
              Object.hasOwn(value, 'prototype')),
        ),
      ),
  },
  {
    name: 'half a surrogate pair',
    because: 'it is no text that could be sent on (RFC 8259 §8.2 calls it unpredictable)',
    code: 'malformed',
    holds: (token) =>
      parts(token).some(({ members }) =>
        anywhere(
          members,
          (name, value) =>
            !name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()),
        ),
      ),
  },
  {
    name: 'bytes that are not UTF-8',
    because:
      'a parser that replaces them reads another text than was signed (RFC 8259 §8.1)',
    code: 'malformed',
    holds: (token) => !parts(token).every(isUtf8),
  },
  {
    name: 'a byte order mark',
    because: 'it must not be there (RFC 8259 §8.1)',
    code: 'malformed',
    holds: (token) => parts(token).some(hasByteOrderMark),
  },
  {
    name: 'more than 64 levels',
    because: 'what is read before a signature is checked is bounded',
    code: 'malformed',
    holds: (token) => parts(token).some(({ members }) => depthOf(members) > 64),
  },
  {
    name: 'kid that is no text',
    because: 'it must be one (RFC 7515 §4.1.4)',
    code: 'malformed',
    holds: (token) => has(token, 'kid') && typeof member(token, 'kid') !== 'string',
  },
  {
    name: 'kid of another key',
    because:
      'the token says that this key did not sign it; the others were given no name for the key',
    code: 'unknown_key',
    holds: (token, { kid }) => has(token, 'kid') && member(token, 'kid') !== kid,
  },
  {
    name: 'crit, b64 or zip',
    because:
      'none of these extensions is understood, so no token may need one (RFC 7515 §4.1.11); jose understands b64',
    code: 'unsupported_header',
    holds: (token) => ['crit', 'b64', 'zip'].some((name) => has(token, name)),
  },
  {
    name: 'typ of another kind of token',
    because:
      'tokens of one kind are not taken for another (RFC 8725 §3.11); the others have no such option here',
    code: 'wrong_type',
    holds: (token) =>
      has(token, 'typ') &&
      !/^(application\/)?(at\+)?jwt$/i.test(textOr(member(token, 'typ'))),
  },
  {
    name: 'longer than 8,192 bytes',
    because: 'what is read before a signature is checked is bounded',
    code: 'too_large',
    holds: ({ token }) => token.length > 8192,
  },
  {
    name: 'a date out of range, or of another type',
    because: 'a NumericDate is a number (RFC 7519 §2), and ends with the year 9999',
    code: 'invalid_claim',
    holds: (token) => DATES.some((name) => isNoMoment(claim(token, name))),
  },
  {
    name: 'sub or jti of another type, or an empty jti',
    because:
      'they are texts (RFC 7519 §4.1.2, §4.1.7); what revocation goes by must be one',
    code: 'invalid_claim',
    holds: (token) =>
      claim(token, 'jti') === '' ||
      ['sub', 'jti'].some(
        (name) =>
          claim(token, name) !== undefined && typeof claim(token, name) !== 'string',
      ),
  },
  {
    name: 'issued in the future',
    because: 'as Simple JWT; the others check iat only with a maximum age',
    code: 'not_yet_valid',
    holds: (token) => Number(claim(token, 'iat')) > NOW,
  },
  {
    name: 'the second of exp itself',
    because:
      'a token must not be accepted on its exp (RFC 7519 §4.1.4); fast-jwt takes it',
    code: 'expired',
    holds: (token) => claim(token, 'exp') === NOW,
  },
  {
    name: 'aud with something in it that is no text',
    because: 'it is a text, or an array of texts (RFC 7519 §4.1.3)',
    code: 'wrong_audience',
    holds: (token) => {
      const aud = claim(token, 'aud')
      return (
        Array.isArray(aud) &&
        aud.includes(AUDIENCE) &&
        !aud.every((each) => typeof each === 'string')
      )
    },
  },
]

const respelled = (text: string): string =>
  Buffer.from(text, 'base64url').toString('base64url')

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The class of a disagreement, or `undefined` if it is new or a fault. */
export function classOf(sample: Sample): Disagreement | undefined {
  if (sample.ours.accepted) return undefined
  const { code } = sample.ours
  const token = read(sample.token)
  return DISAGREEMENTS.find((each) => each.code === code && each.holds(token, sample))
}
