import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { AuthError } from '../base/errors.ts'
import { hostInTarget, originForm } from '../base/request-target.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from '../http/request.ts'
import {
  bodyFromParser,
  keepBody,
  type ParserProperties,
  peekAt,
  readBody,
} from './node-body.ts'

/** A `node:http` request as the core sees it. */
export class NodeRequest implements AuthRequest {
  readonly #request: IncomingMessage
  readonly #parsed: ParserProperties
  readonly url: string

  /**
   * @param url as the client sent it, if a framework has removed a prefix
   * @param parsed has the body, if a framework has read it and keeps it elsewhere
   */
  constructor(
    request: IncomingMessage,
    url = request.url ?? '/',
    parsed: ParserProperties = request as ParserProperties,
  ) {
    this.#request = request
    this.#parsed = parsed
    this.url = originForm(url)
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  get address(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get secure(): boolean {
    return (this.#request.socket as Partial<TLSSocket>).encrypted === true
  }

  header(name: string): string | undefined {
    const wanted = name === 'authorization' ? name : name.toLowerCase()
    const { rawHeaders } = this.#request
    const value = joinedHeader(rawHeaders, wanted)
    if (wanted === 'host')
      return (
        hostInTarget(this.#request.url ?? '') ??
        value ??
        joinedHeader(rawHeaders, ':authority')
      )
    if (wanted !== 'content-type' || value === undefined) return value
    return bodyFromParser(this.#request, this.#parsed)?.type ?? value
  }

  async body(limit = BODY_LIMIT): Promise<Uint8Array> {
    return this.#bodyFromParser(limit) ?? keepBody(this.#request, limit)
  }

  get isBodyRewritten(): boolean {
    return bodyFromParser(this.#request, this.#parsed)?.isRewritten === true
  }

  async takeBody(): Promise<Uint8Array> {
    return this.#bodyFromParser(BODY_LIMIT) ?? readBody(this.#request)
  }

  #bodyFromParser(limit: number): Uint8Array | undefined {
    const left = bodyFromParser(this.#request, this.#parsed)
    if (left !== undefined && left.bytes === undefined) throw new Error(BODY_IS_GONE)
    const size = left?.bytes?.length ?? Number(this.header('content-length') ?? 0)
    if (size > limit) throw new AuthError('body_too_large')
    return left?.bytes
  }

  peek(): Promise<Uint8Array | undefined> {
    return peekAt(this.#request, this.#parsed)
  }
}

const BODY_IS_GONE =
  'Another listener has read the body of this request, and it is not in request.body: mount watchword before the middleware that reads ' +
  'bodies, or let that keep the body in request.body.'

/**
 * The value of a header; several fields of one name become one value (RFC 9110 §5.3). It reads `rawHeaders` because in
 * `headers` node keeps the first of two Authorization headers and drops the other (H1).
 *
 * @param name in lower case
 * @throws AuthError `bad_authorization_header` if there are several Authorization headers
 */
function joinedHeader(rawHeaders: readonly string[], name: string): string | undefined {
  let value: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!isNamed(rawHeaders[i] as string, name)) continue
    const next = rawHeaders[i + 1] as string
    value = value === undefined ? next : join(name, value, next)
  }
  return value
}

/** Compares in place: each request is searched, and `toLowerCase` would make a string of each header of this length. */
function isNamed(candidate: string, name: string): boolean {
  if (candidate.length !== name.length) return false
  for (let i = 0; i < name.length; i++)
    if (lowerCaseOf(candidate.charCodeAt(i)) !== name.charCodeAt(i)) return false
  return true
}

/** Of a character of ASCII, as all in a header's name are. */
const lowerCaseOf = (code: number): number =>
  code >= 0x41 && code <= 0x5a ? code + 0x20 : code

function join(name: string, value: string, next: string): string {
  if (name === 'authorization')
    throw new AuthError('bad_authorization_header', 'more than one Authorization header')
  // HTTP/2 may send each cookie in a field of its own (RFC 9113 §8.2.3).
  if (name === 'cookie') return `${value}; ${next}`
  return `${value}, ${next}`
}

export function send(response: ServerResponse, reply: AuthReply): void {
  if (response.headersSent || response.destroyed) return
  const headers = reply.headers.flat()
  // A 204 has no length (RFC 9110 §8.6); that of parts is not known.
  if (reply.status !== 204 && reply.parts === undefined)
    headers.push('Content-Length', String(Buffer.byteLength(reply.body)))
  if (reply.status === 413 || hasLongRest(response.req)) {
    response.shouldKeepAlive = false
    headers.push('Connection', 'close')
  }
  response.writeHead(reply.status, headers)
  const parts = partsFor(response.req, reply)
  if (parts === undefined) response.end(reply.body)
  else pipeline(parts, response, ignoreEnd)
}

/** What is produced for a request; `undefined` if the reply has a body, or the request is HEAD. */
export const partsFor = (
  { method }: IncomingMessage,
  { parts }: AuthReply,
): Readable | undefined => {
  if (parts === undefined || method === 'HEAD') return undefined
  return Readable.from(bytesOf(parts), { objectMode: false, highWaterMark: 1 })
}

async function* bytesOf(parts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const part of parts) yield Buffer.from(part)
}

/** Both ends are closed, and who has produced the parts has reported the error. */
const ignoreEnd = (): void => undefined

/**
 * Whether a body that has not arrived may be too large to be read for the sake of the connection. If a connection closes without an
 * announcement, a proxy loses the next request on it.
 */
const hasLongRest = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && !(Number(headers['content-length'] ?? Number.NaN) <= BODY_LIMIT)
