import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Readable } from 'node:stream'
import { AuthError } from '../base/errors.ts'
import { BODY_LIMIT } from '../http/request.ts'

export const FORM = 'application/x-www-form-urlencoded'

/** A body that a parser such as `express.json()` has read, serialized again. */
export interface ParsedByFramework {
  /** The media type of `bytes`. */
  readonly type: string
  /** `undefined` if the parser kept nothing of it. */
  readonly bytes: Uint8Array | undefined
  /** Whether they are serialized again, and not what the client has sent. */
  readonly isRewritten?: boolean
}

/** The properties in which body parsers leave the parsed body. */
export interface ParserProperties {
  readonly body?: unknown
  readonly rawBody?: unknown
}

/**
 * Serializes a body that a framework has parsed. What the parser drops (repeated fields, how a number was written) is lost.
 *
 * @returns `undefined` if the body has not been read
 */
export function bodyFromParser(
  request: IncomingMessage,
  { body, rawBody }: ParserProperties,
): ParsedByFramework | undefined {
  if (!request.readableDidRead || isPutBack(request)) return undefined
  const type = request.headers['content-type'] ?? ''
  const seen = SEEN.get(request)
  if (seen !== undefined) return { type, bytes: seen }
  if (rawBody instanceof Uint8Array) return { type, bytes: rawBody }
  if (body instanceof Uint8Array) return { type, bytes: body }
  if (typeof body === 'string') return { type, bytes: Buffer.from(body) }
  if (body === undefined) return { type, bytes: undefined }
  return { ...serialized(type, body), isRewritten: true }
}

function serialized(type: string, body: unknown): ParsedByFramework {
  if (/^\s*multipart\/form-data\b/i.test(type)) return { type: FORM, bytes: formOf(body) }
  if (type.trim().toLowerCase().startsWith(FORM)) return { type, bytes: formOf(body) }
  return { type, bytes: Buffer.from(JSON.stringify(body)) }
}

/** Serializes a parsed body as a form. Nested values are left out: no endpoint has such a field. */
export function formOf(body: unknown): Uint8Array {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(body ?? {})) {
    for (const each of [value].flat())
      if (typeof each === 'string') form.append(name, each)
  }
  return Buffer.from(form.toString())
}

/** The bodies that this module has read, for as long as their requests exist. */
const SEEN = new WeakMap<IncomingMessage, Uint8Array>()

/** Requests whose body was too large to be kept: what has been read of it is back in the stream. */
const TOO_LARGE = new WeakSet<IncomingMessage>()
const isPutBack = (request: IncomingMessage): boolean =>
  TOO_LARGE.has(request) && !request.readableEnded

const EMPTY = new Uint8Array()

/** Whether there is no body. To listen for an empty one would use up `end`, for which a later listener would wait forever. */
function isEmpty(request: IncomingMessage): boolean {
  if (request.readableLength > 0 || request.readableDidRead) return false
  // A parser that has read an empty body leaves a stream that has ended, and is destroyed.
  if (request.readableEnded) return true
  return (request.complete && !request.destroyed) || announcesNoBody(request)
}

/** For HTTP/2, which does not show early that a request is complete. */
function announcesNoBody(request: IncomingMessage): boolean {
  if (request.headers['content-length'] === '0') return true
  const { stream } = request as Partial<Pick<Http2ServerRequest, 'stream'>>
  return stream?.endAfterHeaders === true
}

/**
 * Reads the body of a request and puts it back, so that it can still be read afterwards.
 *
 * @returns `undefined` if it has been read, is too large, or has no `Content-Length`
 */
export async function peekAt(
  request: IncomingMessage,
  parsed: ParserProperties,
): Promise<Uint8Array | undefined> {
  const left = bodyFromParser(request, parsed)
  if (left !== undefined) return left.bytes
  const size = Number(request.headers['content-length'] ?? Number.NaN)
  if (!(size <= BODY_LIMIT)) return undefined
  return keepBody(request).catch(() => undefined)
}

/**
 * Reads the body of a request, which has not been read before, and puts it back.
 *
 * @param limit the most bytes
 * @throws AuthError `body_too_large`; `parse_error`
 */
export async function keepBody(
  request: IncomingMessage,
  limit = BODY_LIMIT,
): Promise<Uint8Array> {
  // The end may be in the packet of the headers, whose parsing has called this. Listening before it is parsed would use it up.
  await Promise.resolve()
  const bytes = isEmpty(request) ? EMPTY : await readAndPutBack(request, limit)
  SEEN.set(request, bytes)
  return bytes
}

/**
 * HTTP/2 does not show the end of a body of unknown length before it has been read: then nothing is put back.
 *
 * @throws AuthError `body_too_large`; `parse_error` if it breaks off
 */
function readAndPutBack(stream: IncomingMessage, limit: number): Promise<Uint8Array> {
  const expected = Number(stream.headers['content-length'] ?? Number.NaN)
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const stop = (): void => {
      stream.off('readable', take).off('end', end).off('error', fail).off('close', fail)
    }
    const finish = (bytes = joined(chunks)): void => {
      stop()
      resolve(bytes)
    }
    const end = (): void => finish()
    const refuse = (error: AuthError): void => {
      stop()
      reject(error)
    }
    const fail = (cause?: unknown): void =>
      refuse(new AuthError('parse_error', 'the body broke off', { cause }))
    const take = (): void => {
      while (stream.readableLength > 0) {
        const chunk = stream.read() as Uint8Array
        chunks.push(chunk)
        size += chunk.length
      }
      if (size > limit) giveUp()
      else if (size === expected || stream.complete) putBack()
      // Asks for more, or for the end, after which nothing can be put back.
      else stream.read()
    }
    const putBack = (): void => {
      // The same bytes, so that the body is held once.
      const bytes = joined(chunks)
      if (size > 0) stream.unshift(bytes)
      finish(bytes)
    }
    // A scheme may go on without the body: a later reader must not get only the rest of it.
    const giveUp = (): void => {
      stream.unshift(Buffer.concat(chunks, size))
      TOO_LARGE.add(stream)
      refuse(new AuthError('body_too_large'))
    }
    stream.on('readable', take).on('end', end).on('error', fail).on('close', fail)
    if (stream.destroyed) fail()
  })
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first = EMPTY, ...rest] = chunks
  return rest.length === 0 ? first : Buffer.concat(chunks)
}

/** The body of a request, which has not been read before. @throws AuthError `body_too_large`; `parse_error` */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const bytes = isEmpty(request) ? EMPTY : await readWhole(request)
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
      // The rest is not needed: stop reading.
      stream.pause()
      reject(new AuthError('body_too_large'))
    })
    stream.on('end', () => resolve(Buffer.concat(chunks)))
    stream.on('error', (cause) =>
      reject(new AuthError('parse_error', 'the body broke off', { cause })),
    )
  })
}
