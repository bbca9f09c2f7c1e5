import { type Seconds, seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { configError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import {
  type Algorithm,
  importSigningKey,
  type Jwk,
  type SigningKey,
} from '../../jwt/index.ts'
import {
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../../signatures/signature-algorithms.ts'
import { bodyLimitOf } from '../signing-keys/body-limit.ts'

/** The options of `httpSignature()`. */
export interface HttpSignatureOptions {
  /**
   * What each signature must cover, as `Signature-Input` has it. With a body, `content-digest` is required besides.
   *
   * @default ["@method", "@target-uri"]
   */
  readonly components?: readonly string[]
  /**
   * How long after it was made a signature is accepted: at most an hour.
   *
   * @default "5m"
   */
  readonly maxAge?: Duration
  /**
   * Whether a signature needs a nonce, with which it is accepted once. Without it, a captured request can be replayed
   * until it is too old. A nonce that is sent is accepted once in any case.
   *
   * @default true
   */
  readonly nonce?: boolean
  /**
   * The `tag` that signatures must have: what they are for, by agreement with the clients. Of several, such as `["app", "gateway"]`, each must
   * have a signature, and the first one's is that of the user. Signatures with other tags are not read. Default: none is required, and there
   * is one signature.
   */
  readonly tag?: string | readonly string[]
  /**
   * The most bytes of a body, which is kept in memory while its digest is computed.
   *
   * @default 1048576
   */
  readonly bodyLimit?: number
  /**
   * Whether answers can be signed: `request.auth.signature` then has `signAnswer`. `true`: with the client's own key if that is a secret.
   * A key of the server signs for all clients, which verify with its public half.
   *
   * @default false
   */
  readonly signAnswers?: boolean | AnswerKeyOptions
}

/** The key of a server that signs its answers. */
export interface AnswerKeyOptions {
  /** What clients call the key. */
  readonly keyId: string
  readonly algorithm: Exclude<SignatureAlgorithm, 'hmac-sha256'>
  /** A private key, in PEM (PKCS #8) or as a JSON Web Key. */
  readonly key: string | Jwk
}

/** A key that signs answers. */
export interface AnswerKey {
  readonly keyId: string
  /** @returns the signature in base64 */
  sign(text: string): string
}

/** The options, checked. */
export interface HttpSignatureSettings {
  /** Identifiers, with quotation marks. */
  readonly components: readonly string[]
  readonly maxAge: Seconds
  readonly nonce: boolean
  readonly tags: readonly string[]
  readonly bodyLimit: number
  /** `true`: with the client's own key. `undefined`: answers are not signed. */
  readonly signAnswers: AnswerKey | true | undefined
}

const KNOWN = {
  components: true,
  maxAge: true,
  nonce: true,
  tag: true,
  bodyLimit: true,
  signAnswers: true,
} as const

const option = argumentOf('httpSignature')
const DEFAULT_COMPONENTS = ['@method', '@target-uri']
const LONGEST = 3600

/** @throws AuthError `invalid_config` */
export function parseOptions(options: HttpSignatureOptions): HttpSignatureSettings {
  refuseUnknownOptions(options, KNOWN, option)
  const {
    components = DEFAULT_COMPONENTS,
    maxAge = '5m',
    nonce = true,
    tag = [],
  } = options
  const age = secondsOf(maxAge)
  if (age === undefined || age < 1 || age > LONGEST)
    throw configError(`${option('maxAge')} must be "1s" to "1h", such as "5m".`)
  return {
    components: components.map(identifierIn),
    maxAge: seconds(age),
    nonce,
    tags: tagsIn(tag),
    bodyLimit: bodyLimitOf(options.bodyLimit, option('bodyLimit')),
    signAnswers: answerKeyIn(options.signAnswers),
  }
}

const KEY_MEMBERS = { keyId: true, algorithm: true, key: true } as const

function answerKeyIn(
  given: boolean | AnswerKeyOptions = false,
): HttpSignatureSettings['signAnswers'] {
  if (given === false) return undefined
  if (given === true) return true
  refuseUnknownOptions(given, KEY_MEMBERS, (name) => option(`signAnswers: { ${name} }`))
  const { keyId, algorithm, key } = given
  if (typeof keyId !== 'string' || !/^[\x20-\x7e]{1,256}$/.test(keyId))
    throw configError(`${option('signAnswers')} needs keyId: what clients call the key.`)
  if (!ANSWER_ALGORITHMS.includes(algorithm))
    throw configError(
      `${option('signAnswers')} needs algorithm, one of ${ANSWER_ALGORITHMS.join(', ')}. With true, answers are signed with the secret of the client.`,
    )
  const signing = answerKey(SIGNATURE_ALGORITHMS[algorithm], key)
  const sign = (text: string) =>
    Buffer.from(signing.sign(text), 'base64url').toString('base64')
  return { keyId, sign }
}

const ANSWER_ALGORITHMS: readonly string[] = Object.keys(SIGNATURE_ALGORITHMS).filter(
  (name) => name !== 'hmac-sha256',
)

function answerKey(alg: Algorithm, key: AnswerKeyOptions['key']): SigningKey {
  try {
    return importSigningKey(alg, key)
  } catch (cause) {
    const reason = cause instanceof Error ? ` (${cause.message})` : ''
    throw configError(
      `${option('signAnswers')} needs key, a private key in PEM or as a JSON Web Key${reason}.`,
      cause,
    )
  }
}

/** As many as a request may have signatures. */
const MOST_TAGS = 4

function tagsIn(tag: string | readonly string[]): readonly string[] {
  const tags = [tag].flat()
  const areTags = tags.every((each) => /^[\x20-\x7e]{1,100}$/.test(each))
  if (areTags && tags.length <= MOST_TAGS && new Set(tags).size === tags.length)
    return tags
  throw configError(
    `${option('tag')} must be a text of ASCII, or a list of at most ${MOST_TAGS} different ones, such as ["app", "gateway"].`,
  )
}

/** A component with its parameters (RFC 9421 §2), which are flags or strings. */
const IDENTIFIER = /^"@?[\w!#$%&'*+.^`|~-]+"(?:;[a-z]+(?:="[^"\\]*")?)*$/

/** `@method` and `"@query-param";name="id"`: with or without the quotation marks that parameters need. */
function identifierIn(component: string): string {
  const identifier = component.startsWith('"') ? component : JSON.stringify(component)
  if (IDENTIFIER.test(identifier)) return identifier
  throw configError(
    `${option('components')} must be as in Signature-Input, such as "@method" or '"@query-param";name="id"'; this is not: ${component}`,
  )
}
