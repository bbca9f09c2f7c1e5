import { decodeBase64 } from './base64.ts'
import { type Field, fieldValue, SignatureError } from './message.ts'

/** The parameters of a signature of draft-cavage-http-signatures-12 §2.1. */
export interface CavageSignature {
  readonly keyId: string
  /** In lower case. */
  readonly algorithm: string
  /** What is covered, in lower case and in order: `(request-target)`, `(created)`, `(expires)`, and headers. */
  readonly headers: readonly string[]
  /** Seconds since 1970. */
  readonly created: number | undefined
  readonly expires: number | undefined
  readonly bytes: Uint8Array
}

/** What of a request can be covered. */
export interface CavageRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  readonly fields: readonly Field[]
}

/** More is refused before any of it costs something. */
const LONGEST = 8192
const MOST_HEADERS = 64

/**
 * Reads what follows the word `Signature` in `Authorization`, or the header `Signature`.
 *
 * @throws SignatureError if it is malformed, or a parameter is missing or there twice
 */
export function parseCavage(text: string): CavageSignature {
  const params = parametersOf(text)
  const keyId = params.get('keyid')
  const algorithm = params.get('algorithm')?.toLowerCase()
  const bytes = decodeBase64(params.get('signature') ?? '')
  if (keyId === undefined || algorithm === undefined || bytes === undefined)
    throw new SignatureError('keyId, algorithm and signature in base64 are needed.')
  const headers = (params.get('headers') ?? defaultHeader(algorithm)).toLowerCase()
  return {
    keyId,
    algorithm,
    headers: coveredBy(headers),
    created: secondsIn(params.get('created')),
    expires: secondsIn(params.get('expires')),
    bytes,
  }
}

/** Quotation marks around a value are optional, as are spaces: clients differ. */
const PARAMETER =
  /[ \t]*([a-z][\w-]*)[ \t]*=[ \t]*(?:"([^"\\]*)"|([^\s",;]+))[ \t]*(?:,|$)/iy

function parametersOf(text: string): ReadonlyMap<string, string> {
  if (text.length > LONGEST) throw new SignatureError('The signature is too long.')
  const params = new Map<string, string>()
  for (let end = 0; end < text.length; end = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = end
    const [, name = '', quoted, bare = ''] = PARAMETER.exec(text) ?? []
    const key = name.toLowerCase()
    if (key === '' || params.has(key))
      throw new SignatureError('The parameters are malformed, or one is there twice.')
    params.set(key, quoted ?? bare)
  }
  return params
}

/** Version 12 of the draft says `(created)`, which the algorithms of earlier versions may not have: those said `date`. */
const defaultHeader = (algorithm: string): string =>
  algorithm === 'hs2019' ? '(created)' : 'date'

function coveredBy(headers: string): readonly string[] {
  const names = headers.split(' ').filter((name) => name !== '')
  if (names.length > MOST_HEADERS)
    throw new SignatureError(`A signature covers more than ${MOST_HEADERS} headers.`)
  return names
}

function secondsIn(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,12}$/.test(value)) return Number(value)
  throw new SignatureError('created and expires must be integers.')
}

/** The text that is signed (§2.3). @throws SignatureError if the request does not have what is covered */
export const signingString = (
  signature: Pick<CavageSignature, 'algorithm' | 'headers' | 'created' | 'expires'>,
  request: CavageRequest,
): string =>
  signature.headers
    .map((name) => `${name}: ${valueOfHeader(name, signature, request)}`)
    .join('\n')

function valueOfHeader(
  name: string,
  { algorithm, created, expires }: Parameters<typeof signingString>[0],
  { method, target, fields }: CavageRequest,
): string {
  if (name === '(request-target)') return `${method.toLowerCase()} ${target}`
  if (name === '(created)') return timeOf(name, created, algorithm)
  if (name === '(expires)') return timeOf(name, expires, algorithm)
  const value = fieldValue(fields, name)
  if (value === undefined)
    throw new SignatureError(`The request has no header "${name}".`)
  return value
}

/** §2.3: with the algorithms of earlier versions, whose verifiers do not know them, they must not be used. */
function timeOf(name: string, time: number | undefined, algorithm: string): string {
  if (time === undefined) throw new SignatureError(`${name} is covered, and not there.`)
  if (/^(?:rsa|hmac|ecdsa)/.test(algorithm))
    throw new SignatureError(`${name} cannot be covered with ${algorithm}.`)
  return String(time)
}
