import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AuthError } from '../base/errors.ts'
import { BODY_LIMIT } from '../http/request.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** What a parser such as `express.json()` has left of a body that it has read. */
export interface ParsedByFramework {
  /** The media type of `bytes`. */
  readonly type: string
  /** `undefined` if nothing is left. */
  readonly bytes: Uint8Array | undefined
}

/** The properties in which body parsers leave the parsed body. */
export interface Parsed {
  readonly body?: unknown
  readonly rawBody?: unknown
}

/**
 * Serializes a body that a framework has parsed. What the parser drops (repeated fields, how a number was written) is lost.
 *
 * @returns `undefined` if the body has not been read
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
  if (type.trim().toLowerCase().startsWith(FORM)) return { type, bytes: formOf(body) }
  return { type, bytes: Buffer.from(JSON.stringify(body)) }
}

/** Nested values are left out: they belong to fields of other names. */
export function formOf(body: unknown): Uint8Array {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const each of [value].flat())
      if (typeof each === 'string') form.append(name, each)
  }
  return Buffer.from(form.toString())
}

/** Bodies that were read here, as long as their requests live. */
const SEEN = new WeakMap<IncomingMessage, Uint8Array>()

/**
 * The body of a request, which can still be read afterwards.
 *
 * @returns `undefined` if it has been read, is too large, or has no `Content-Length`
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

/** @returns `undefined` if the stream ends before `size` bytes */
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
      // In the same tick: once the stream has ended, nothing can be put back.
      stream.unshift(bytes)
      stop(bytes)
    }
    stream.on('readable', take).on('end', fail).on('error', fail).on('close', fail)
  })
}

/** The body of a request, which has not been read before. @throws AuthError `body_too_large`; `parse_error` */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const bytes = await readWhole(request)
  SEEN.set(request, bytes)
  return bytes
}

/** Reads a whole stream. @throws AuthError `body_too_large`; `parse_error` if it breaks off */
export function readWhole(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // A destroyed stream emits no more events.
    if (stream.destroyed)
      return reject(new AuthError('parse_error', 'the body broke off'))
    const chunks: Uint8Array[] = []
    let size = 0
    stream.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size <= BODY_LIMIT) return void chunks.push(chunk)
      // The rest is not even parsed.
      stream.pause()
      reject(new AuthError('body_too_large'))
    })
    stream.on('end', () => resolve(Buffer.concat(chunks)))
    stream.on('error', (cause) =>
      reject(new AuthError('parse_error', 'the body broke off', { cause })),
    )
  })
}
