import { parseHeader, RESPONSE_ATTRIBUTES, serializeHeader } from '../hawk/attributes.ts'
import {
  type HawkArtifacts,
  hostAndPort,
  normalizedString,
  timestampText,
} from '../hawk/normalized-string.ts'
import { fieldValue, SignatureError } from '../signatures/message.ts'
import { type HawkKeyOptions, type Macs, macsOf, written } from './hawk-macs.ts'
import { type OutgoingRequest, outgoing } from './message.ts'
import { randomId } from './random-id.ts'
import type { Signer, SigningResult } from './signer.ts'

/** Options of `hawk()`. */
export interface HawkOptions extends HawkKeyOptions {
  /** What the application adds to each request: printable ASCII without `"` and `\`. */
  readonly ext?: string
  /** The id of the application, and of the one that has delegated to it. */
  readonly app?: string
  readonly dlg?: string
  /** Makes the nonce of each request. Default: 16 random bytes. */
  readonly nonce?: () => string
  /**
   * Whether each answer, except 401, must have `Server-Authorization` with the hash of its body. Bodies are read into memory then.
   *
   * @default false
   */
  readonly verifyAnswers?: boolean
  /** Seconds since 1970. Default: the platform's. */
  readonly clock?: () => number
}

/**
 * Signs requests as Hawk does it, their bodies included. If the clock is wrong, the first request is sent a second time: the time that the
 * server states is used from then on, if it proves that it has the key.
 */
export function hawk(options: HawkOptions): Signer {
  const { keyId: id, app, nonce: makeNonce = randomId } = options
  const { clock = () => Date.now() / 1000 } = options
  // Without `app` it is not signed: others could change it on the way.
  const dlg = app && options.dlg
  const macs = macsOf(options)
  let offset = 0
  const signed = new WeakMap<SigningResult, HawkArtifacts>()
  return {
    async sign(request) {
      const message = outgoing(request)
      const artifacts = {
        ts: String(Math.floor(clock() + offset)),
        nonce: makeNonce(),
        method: message.method,
        resource: message.target,
        ...hostAndPort(message.origin),
        hash: await requestHash(message, macs),
        ext: options.ext,
        app,
        dlg,
      }
      const { ts, nonce, hash, ext } = artifacts
      const text = normalizedString('header', artifacts)
      const mac = await macs.sign(text)
      const authorization = written(() =>
        serializeHeader({ id, ts, nonce, hash, ext, mac, app, dlg }),
      )
      const result = { headers: { authorization }, signed: text }
      signed.set(result, artifacts)
      return result
    },

    async readAnswer(answer, _request, result) {
      const artifacts = signed.get(result)
      if (answer.status === 401) {
        const time = await serverTime(answer, macs)
        if (time !== undefined) offset = time - clock()
        return time !== undefined
      }
      if (options.verifyAnswers && artifacts) await verifyAnswer(answer, artifacts, macs)
      return false
    },
  }
}

/** Methods that have no body. Hawk signs methods in upper case. */
const SAFE = ['GET', 'HEAD', 'OPTIONS']

/** The hash of the payload; `undefined` if a request has none and needs none. */
async function requestHash(
  { method, fields, body = new Uint8Array() }: OutgoingRequest,
  { hash }: Macs,
): Promise<string | undefined> {
  const type = fieldValue(fields, 'content-type')
  if (SAFE.includes(method.toUpperCase()) && body.length === 0 && type === undefined)
    return undefined
  return hash(body, type ?? '')
}

/** The time of the server, which proves with `tsm` that it has the key; `undefined` if it does not say it. */
async function serverTime(
  answer: Response,
  { verify }: Macs,
): Promise<number | undefined> {
  const challenge = answer.headers.get('www-authenticate') ?? ''
  const [, ts = ''] = /\bts="([\d.]{1,20})"/.exec(challenge) ?? []
  const [, tsm = ''] = /\btsm="([^"]{1,100})"/.exec(challenge) ?? []
  if (ts === '' || !(await verify(timestampText(ts), tsm))) return undefined
  return Number(ts)
}

/** @throws SignatureError if the server does not prove that it has the key and answers this request */
async function verifyAnswer(
  answer: Response,
  artifacts: HawkArtifacts,
  macs: Macs,
): Promise<void> {
  const header = answer.headers.get('server-authorization')
  if (header === null) throw new SignatureError('The answer has no Server-Authorization.')
  const { mac = '', hash, ext } = attributesIn(header)
  const isOwn = await macs.verify(
    normalizedString('response', { ...artifacts, hash, ext }),
    mac,
  )
  if (!isOwn)
    throw new SignatureError('Server-Authorization is not the one of this answer.')
  if (hash === undefined) throw new SignatureError('Server-Authorization has no hash.')
  const body = new Uint8Array(await answer.clone().arrayBuffer())
  if ((await macs.hash(body, answer.headers.get('content-type') ?? '')) !== hash)
    throw new SignatureError('The body of the answer is not the one that was signed.')
}

function attributesIn(header: string) {
  try {
    return parseHeader(header, RESPONSE_ATTRIBUTES)
  } catch (cause) {
    throw new SignatureError('Server-Authorization is malformed.', { cause })
  }
}
