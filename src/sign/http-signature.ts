import { parseItem, serializeByteSequence } from 'structured-headers'
import { type Duration, secondsOf } from '../base/duration.ts'
import { type Component, componentOf } from '../signatures/components.ts'
import type { DigestAlgorithm } from '../signatures/content-digest.ts'
import { type Field, fieldValue, SignatureError } from '../signatures/message.ts'
import {
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../signatures/signature-algorithms.ts'
import { signatureBase, signatureInput } from '../signatures/signature-base.ts'
import { dictionaryOf } from '../signatures/structured-fields.ts'
import { type KeyAndAlgorithm, signatureAlgorithmOf } from './algorithm.ts'
import { checkDigest, contentDigest } from './digest.ts'
import { signWith } from './key.ts'
import { type OutgoingRequest, outgoing, type RequestToSign } from './message.ts'
import { randomId } from './random-id.ts'
import type { Signer } from './signer.ts'

/** Options of `httpSignature()`. The algorithm is needed for a key that does not say it: RSA without `alg`, and PEM. */
export interface HttpSignatureOptions extends KeyAndAlgorithm {
  /** What the server calls the key. */
  readonly keyId: string
  /**
   * What is signed, such as `["@method", "@target-uri", "date"]`. With a body, `content-digest` besides.
   *
   * Default: `@method` and `@target-uri`, and of the fields `authorization` and, with a body, `content-type` those that the request has.
   */
  readonly components?: readonly string[]
  /** Of bodies. Default `"sha-256"`. */
  readonly digest?: DigestAlgorithm
  /** How long a signature is valid. Default: as long as the server accepts it. */
  readonly expiresIn?: Duration
  /** Whether each signature has a nonce, or a function that makes one. Default true. */
  readonly nonce?: boolean | (() => string)
  /** What the signature is for, by agreement with the server. */
  readonly tag?: string
  /** The name of the signature among those of a request. Default: `sig`, or `sig2` and so on if the request has signatures. */
  readonly label?: string
  /** Whether the signature names its algorithm, for servers that ask for it. Default false. */
  readonly alg?: boolean
  /**
   * Checks each answer except 401, such as a `responseVerifier()`: what it throws is the error of the request. Default: answers are not
   * checked.
   */
  readonly verifyAnswers?: (answer: Response, request: RequestToSign) => Promise<unknown>
  /** Seconds since 1970. Default: the platform's. */
  readonly clock?: () => number
}

/**
 * Signs requests as RFC 9421 says (HTTP Message Signatures). A request that is signed already gets one more signature.
 *
 * @throws TypeError if an option cannot be used. A key that cannot be read is a TypeError of `sign`
 */
export function httpSignature(options: HttpSignatureOptions): Signer {
  const algorithm = signatureAlgorithmOf(options)
  const named = options.components?.map(parseComponent)
  const makeParams = paramsOf(options, algorithm)
  checkLabel(options.label)
  const sign = signWith(options.key, SIGNATURE_ALGORITHMS[algorithm])
  return {
    async sign(request) {
      const message = outgoing(request)
      const digest = await digestToAdd(message, named, options)
      const fields = [...message.fields, ...digest]
      const components = componentsOf({ ...message, fields }, named)
      const input = signatureInput(components, makeParams())
      const base = signatureBase(input, { ...message, fields })
      const bytes = await sign(base)
      const label = options.label ?? freeLabel(fields)
      return {
        headers: Object.fromEntries([
          ...digest,
          withMember(fields, 'signature-input', label, input.serialized),
          withMember(fields, 'signature', label, serializeByteSequence(bytes)),
        ]),
        signed: base,
      }
    },

    async readAnswer(answer, request, { headers }) {
      // A server does not sign for a client that it does not know.
      if (answer.status !== 401)
        await options.verifyAnswers?.(answer, withHeaders(request, headers))
      return false
    },
  }
}

/** A request as it was sent: its answer may be signed with parts of it. */
function withHeaders(
  request: RequestToSign,
  added: Readonly<Record<string, string>>,
): RequestToSign {
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(added)) headers.set(name, value)
  return { ...request, headers }
}

/** A key of a dictionary (RFC 9651 §3.2). @throws TypeError */
function checkLabel(label = 'sig'): void {
  if (/^[a-z*][a-z\d_.*-]*$/.test(label)) return
  throw new TypeError(
    '`label` must be lower-case letters, digits, "_", "-", "." and "*".',
  )
}

/** `@method` and `"@query-param";name="id"`: with the quotation marks that parameters need, or without. */
export function parseComponent(text: string): Component {
  try {
    const [name, params] = parseItem(text.startsWith('"') ? text : JSON.stringify(text))
    if (typeof name === 'string') return componentOf(name, params)
  } catch {}
  throw new TypeError(
    `\`components\` must be as in Signature-Input, such as "@method" or '"@query-param";name="id"'; this is not: ${text}`,
  )
}

/** In the order of the examples of RFC 9421. @throws TypeError */
function paramsOf(
  {
    keyId,
    expiresIn,
    nonce = true,
    tag,
    alg = false,
    clock = () => Date.now() / 1000,
  }: HttpSignatureOptions,
  algorithm: SignatureAlgorithm,
) {
  const lifetime = secondsOf(expiresIn)
  if (expiresIn !== undefined && lifetime === undefined)
    throw new TypeError('`expiresIn` must be a duration such as "5m", or seconds.')
  const makeNonce = typeof nonce === 'function' ? nonce : randomId
  return (): Component['params'] => {
    const created = Math.floor(clock())
    const params = new Map<string, string | number>([
      ['created', created],
      ['keyid', keyId],
    ])
    if (alg) params.set('alg', algorithm)
    if (lifetime !== undefined) params.set('expires', created + Math.floor(lifetime))
    if (nonce !== false) params.set('nonce', makeNonce())
    if (tag !== undefined) params.set('tag', tag)
    return params
  }
}

export const isDigest = ({ name, params }: Component): boolean =>
  name === 'content-digest' && params.size === 0

/** The field `Content-Digest`, if the request needs one and has none. @throws SignatureError if it has another one */
async function digestToAdd(
  { fields, body }: OutgoingRequest,
  named: readonly Component[] | undefined,
  { digest = 'sha-256' }: HttpSignatureOptions,
): Promise<readonly Field[]> {
  if (fieldValue(fields, 'content-digest') !== undefined) {
    if (body !== undefined) await checkDigest(fields, body)
    return []
  }
  if (!body?.length && !named?.some(isDigest)) return []
  return [['content-digest', await contentDigest(body ?? new Uint8Array(), digest)]]
}

function componentsOf(
  { fields, body }: OutgoingRequest,
  named: readonly Component[] | undefined,
): readonly Component[] {
  const has = (name: string) => fieldValue(fields, name) !== undefined
  const hasBody = Boolean(body?.length)
  const ofBody = ['content-type', 'content-digest']
  const usual = () =>
    ['authorization', ...(hasBody ? ofBody : ofBody.slice(1))].filter(has)
  const components =
    named ?? ['@method', '@target-uri', ...usual()].map((name) => componentOf(name))
  if (!hasBody || components.some(isDigest)) return components
  return [...components, componentOf('content-digest')]
}

const labelsIn = (fields: readonly Field[]): ReadonlySet<string> =>
  new Set(dictionaryOf(fieldValue(fields, 'signature-input') ?? '').keys())

function freeLabel(fields: readonly Field[]): string {
  const taken = labelsIn(fields)
  let label = 'sig'
  for (let i = 2; taken.has(label); i++) label = `sig${i}`
  return label
}

/** The field with one member more; signatures of others stay as they are written. */
function withMember(
  fields: readonly Field[],
  name: string,
  label: string,
  member: string,
): Field {
  if (labelsIn(fields).has(label))
    throw new SignatureError(`The request has a signature "${label}" already.`)
  const present = fieldValue(fields, name)
  const added = `${label}=${member}`
  return [name, present === undefined ? added : `${present}, ${added}`]
}
