import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AuthError } from '../base/errors.ts'
import { BODY_LIMIT } from '../http/request.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** What a parser in front, such as `express.json()`, has left of a body whose octets are gone. */
export interface ParsedByFramework {
  /** The media type of `octets`. */
  readonly type: string
  /** `undefined`: they are gone, and nothing is left. */
  readonly bytes: Uint8Array | undefined
}

/** Where parsers leave what they have read. */
export interface Parsed {
  readonly body?: unknown
  readonly rawBody?: unknown
}

/**
 * Puts the body of a request together again. What a parser forgets (that a field came twice, how a number was written) stays
 * forgotten.
 *
 * @returns `undefined` where nobody has read the body
 */
export function bodyLeftBy(
  request: IncomingMessage,
  { body, rawBody }: Parsed,
): ParsedByFramework | undefined {
  if (!request.readableDidRead) return undefined
  const type = request.headers['content-type'] ?? ''
  const seen = SEEN.get(request)
  if (seen !== undefined) return { type, bytes: seen }
  if (rawBody instanceof Uint8Array) return { type, bytes: rawBody }
  if (body instanceof Uint8Array) return { type, bytes: body }
  if (typeof body === 'string') return { type, bytes: Buffer.from(body) }
  if (body === undefined) return { type, bytes: undefined }
  if (/^\s*multipart\/form-data\b/i.test(type)) return { type: FORM, bytes: formOf(body) }
  return {
    type,
    bytes: type.trim().toLowerCase().startsWith(FORM)
      ? formOf(body)
      : Buffer.from(JSON.stringify(body)),
  }
}

/** Of nested values, which are fields of other names, nothing is told. */
export function formOf(body: unknown): Uint8Array {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const each of [value].flat())
      if (typeof each === 'string') form.append(name, each)
  }
  return Buffer.from(form.toString())
}

/** Bodies that were read here, while their requests live. */
const SEEN = new WeakMap<IncomingMessage, Uint8Array>()

/**
 * The body of a request, which stays where it is for whoever reads it after.
 *
 * @returns `undefined` where it is gone, too large, or of a length that was not told
 */
export async function peekAt(
  request: IncomingMessage,
  parsed: Parsed,
): Promise<Uint8Array | undefined> {
  const left = bodyLeftBy(request, parsed)
  if (left !== undefined) return left.bytes
  const size = Number(request.headers['content-length'] ?? Number.NaN)
  if (!(size <= BODY_LIMIT)) return undefined
  const bytes = size === 0 ? Buffer.alloc(0) : await readAndPutBack(request, size)
  if (bytes !== undefined) SEEN.set(request, bytes)
  return bytes
}

/** @returns `undefined` where the stream ends before `size` octets */
function readAndPutBack(stream: Readable, size: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let got = 0
    const stop = (bytes?: Uint8Array): void => {
      stream.off('readable', take).off('end', fail).off('error', fail).off('close', fail)
      resolve(bytes)
    }
    const fail = (): void => stop()
    const take = (): void => {
      while (got < size) {
        const chunk = stream.read() as Uint8Array | null
        if (chunk === null) return
        chunks.push(chunk)
        got += chunk.length
      }
      const bytes = Buffer.concat(chunks, got)
      // At once: as soon as the stream is empty and has ended, nothing can be put back.
      stream.unshift(bytes)
      stop(bytes)
    }
    stream.on('readable', take).on('end', fail).on('error', fail).on('close', fail)
  })
}

/** The body of a request that nobody has read. @throws AuthError `body_too_large`; `parse_error` */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const bytes = await readWhole(request)
  SEEN.set(request, bytes)
  return bytes
}

/** Reads a stream of octets whole. @throws AuthError `body_too_large`; `parse_error` where it breaks off */
export function readWhole(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // Of one that broke off before, nothing more is heard.
    if (stream.destroyed)
      return reject(new AuthError('parse_error', 'the body broke off'))
    const chunks: Uint8Array[] = []
    let size = 0
    stream.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size <= BODY_LIMIT) return void chunks.push(chunk)
      // What comes behind it is not even taken apart.
      stream.pause()
      reject(new AuthError('body_too_large'))
    })
    stream.on('end', () =>
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)),
    )
    stream.on('error', (cause) =>
      reject(new AuthError('parse_error', 'the body broke off', { cause })),
    )
  })
}
