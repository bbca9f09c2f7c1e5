import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Refusal } from '../base/refusal.ts'
import { BODY_LIMIT } from '../base/request.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** What a parser in front, such as `express.json()`, has left of a body whose octets are gone. */
export interface LeftBody {
  /** The media type of `octets`. */
  readonly type: string
  readonly octets: Uint8Array
}

/**
 * Puts the body of a request together again. What a parser forgets (that a field came twice, how a number was written) stays
 * forgotten.
 *
 * @returns `undefined` where nobody has read the body
 * @throws Error where somebody has, and has not left it in `request.body`
 */
export function leftBody(request: IncomingMessage): LeftBody | undefined {
  if (!request.readableDidRead) return undefined
  const { rawBody, body } = request as { readonly rawBody?: unknown; readonly body?: unknown }
  const type = request.headers['content-type'] ?? ''
  if (rawBody instanceof Uint8Array) return { type, octets: rawBody }
  if (body instanceof Uint8Array) return { type, octets: body }
  if (typeof body === 'string') return { type, octets: Buffer.from(body) }
  if (body === undefined) throw new Error('the body was read before it came here, and is not in request.body either')
  if (/^\s*multipart\/form-data\b/i.test(type)) return { type: FORM, octets: formOf(body) }
  return { type, octets: type.trim().toLowerCase().startsWith(FORM) ? formOf(body) : Buffer.from(JSON.stringify(body)) }
}

/** Of nested values, which are fields of other names, nothing is told. */
export function formOf(body: unknown): Uint8Array {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const each of [value].flat()) if (typeof each === 'string') form.append(name, each)
  }
  return Buffer.from(form.toString())
}

/** Reads a stream of octets whole. @throws Refusal `body_too_large`; `parse_error` where it breaks off */
export function readWhole(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    stream.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size <= BODY_LIMIT) return void chunks.push(chunk)
      // What comes behind it is not even taken apart.
      stream.pause()
      reject(new Refusal('body_too_large'))
    })
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    stream.on('error', (cause) => reject(new Refusal('parse_error', 'the body broke off', { cause })))
  })
}
