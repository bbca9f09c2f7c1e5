import { createHash, createHmac } from 'node:crypto'
import type { AnswerToSign, RequestSignature } from '../../authentication/scheme.ts'
import type { Clock } from '../../base/clock.ts'
import { type Component, componentOf } from '../../signatures/components.ts'
import type { Field, SignedRequest } from '../../signatures/message.ts'
import {
  type ReadSignature,
  signatureBase,
  signatureInput,
} from '../../signatures/signature-base.ts'
import type { UsableSigningKey } from '../signing-keys/find.ts'
import type { AnswerKey, HttpSignatureSettings } from './options.ts'

/** A request whose signature is valid. */
export interface VerifiedRequest {
  readonly signature: ReadSignature
  /** As the client has signed it, with its field `Signature`. */
  readonly message: SignedRequest
  readonly key: UsableSigningKey
}

/** What handlers get of a request that is signed. */
export function requestSignature(
  request: VerifiedRequest,
  { signAnswers }: HttpSignatureSettings,
  clock: Clock,
): RequestSignature {
  const { tag } = request.signature
  const key = signAnswers === true ? sharedKeyOf(request.key) : signAnswers
  return {
    parameters: { ...(tag !== undefined && { tag }) },
    ...(key && { signAnswer: (answer) => signed(answer, request, key, clock()) }),
  }
}

/** The client's own key. @returns `undefined` if it is a public key: the server has nothing to sign with */
function sharedKeyOf({ id, material }: UsableSigningKey): AnswerKey | undefined {
  const { secret } = material
  if (secret === undefined) return undefined
  const sign = (text: string) =>
    createHmac('sha256', secret).update(text).digest('base64')
  return { keyId: id, sign }
}

/** The fields to add (RFC 9421 §2.4): the answer to this request and no other. */
function signed(
  answer: AnswerToSign,
  request: VerifiedRequest,
  { keyId, sign }: AnswerKey,
  now: number,
): Readonly<Record<string, string>> {
  const { status = 200 } = answer
  const content = contentFields(answer, request)
  const components = [...content.map(([name]) => component(name)), ...ofRequest(request)]
  const params = new Map<string, string | number>([
    ['created', now],
    ['keyid', keyId],
  ])
  const input = signatureInput([component('@status'), ...components], params)
  const base = signatureBase(input, { status, fields: content, request: request.message })
  const digests = content.filter(([name]) => name === 'content-digest')
  return {
    ...Object.fromEntries(digests.map(([, digest]) => ['Content-Digest', digest])),
    'Signature-Input': `sig=${input.serialized}`,
    Signature: `sig=:${sign(base)}:`,
  }
}

/** What is signed of the content. The answer to HEAD has none, but the fields of another one. */
function contentFields(
  { headers, body = '' }: AnswerToSign,
  { message }: VerifiedRequest,
): readonly Field[] {
  const type = new Headers(headers).get('content-type')
  const ofType: readonly Field[] = type === null ? [] : [['content-type', type]]
  if (body.length === 0 || message.method === 'HEAD') return ofType
  const digest = createHash('sha256').update(body).digest('base64')
  return [['content-digest', `sha-256=:${digest}:`], ...ofType]
}

const component = (name: string, ...params: [string, true | string][]): Component =>
  componentOf(name, new Map(params))

/** Its signature is unlike that of any other request. */
const ofRequest = ({ signature }: VerifiedRequest): readonly Component[] => [
  component('@method', ['req', true]),
  component('@target-uri', ['req', true]),
  component('signature', ['req', true], ['key', signature.label]),
]
