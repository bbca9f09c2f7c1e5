import '../base/node-version.ts'

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { AuthError } from '../base/errors.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from '../http/request.ts'
import type { Principal } from '../permissions/permission.ts'
import type { PrincipalUser, Requirement, Watchword } from '../watchword.ts'
import { guardFactory, runGuard } from './guarding.ts'
import { bodyLeftBy, type Parsed, peekAt, readBody } from './node-body.ts'

/** A request behind a guard: who sends it is known. */
export type Guarded<U, Right extends string> = IncomingMessage & {
  auth: Principal<U, Right>
}
export type GuardedListener<U, Right extends string> = (
  request: Guarded<U, Right>,
  response: ServerResponse,
) => unknown

/** Puts a check in front of a listener: `guard(listener)` or `guard(need, listener)`. */
export interface Guard<U, Right extends string> {
  (listener: GuardedListener<U, Right>): RequestListener
  <const N extends Requirement<U, Right>>(
    requirement: N,
    listener: GuardedListener<PrincipalUser<N, U>, Right>,
  ): RequestListener
}

/**
 * Puts an instance's endpoints in front of a `node:http` server's own listeners. A guarded listener leaves the requests of
 * these endpoints alone; so should any other.
 */
export function mount<U, Right extends string>(
  server: Server,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  server.prependListener('request', (request, response) => {
    if (!auth.owns(request.url ?? '')) return
    auth.answer(new NodeRequest(request))?.then((reply) => send(response, reply))
  })
  return guardExcept((url) => auth.owns(url), auth)
}

/** The guard alone, where the endpoints are served elsewhere. */
export const guardOf = <U, Right extends string>(
  auth: Watchword<U, Right>,
): Guard<U, Right> => guardExcept(() => false, auth)

/** @param isOthers says of a request target that another listener answers it */
function guardExcept<U, Right extends string>(
  isOthers: (url: string) => boolean,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  type Arguments = Parameters<
    typeof guardFactory<U, Right, GuardedListener<unknown, Right>>
  >[1]
  const guard = (...told: Arguments): RequestListener => {
    const { guard, handle } = guardFactory(auth, told)
    return (request, response) => {
      if (isOthers(request.url ?? '')) return
      const admit = (who: Principal<unknown, Right>): unknown => {
        const guarded = request as Guarded<unknown, Right>
        guarded.auth = who
        return handle(guarded, response)
      }
      runGuard(guard, new NodeRequest(request), admit, (error) => {
        const reply = auth.replyToError(error)
        // Half an answer cannot be taken back; that it is no whole one can be shown.
        if (response.headersSent && !response.writableEnded) response.destroy()
        else send(response, reply)
      })
    }
  }
  return guard as Guard<U, Right>
}

/** A `node:http` request as the house sees it. */
export class NodeRequest implements AuthRequest {
  readonly #request: IncomingMessage
  readonly #parsed: Parsed
  readonly url: string

  /**
   * @param url as the client sent it, where a framework has cut something off
   * @param parsed has the body, where a framework has read it and keeps it elsewhere
   */
  constructor(
    request: IncomingMessage,
    url = request.url ?? '/',
    parsed: Parsed = request as Parsed,
  ) {
    this.#request = request
    this.#parsed = parsed
    this.url = url
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get address(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get secure(): boolean {
    return (this.#request.socket as Partial<TLSSocket>).encrypted === true
  }

  /** `rawHeaders` and not `headers`: node keeps the first of two Authorization headers and says nothing (H1). */
  header(name: string): string | undefined {
    const { rawHeaders } = this.#request
    if (name !== name.toLowerCase()) return this.header(name.toLowerCase())
    let value: string | undefined
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const candidate = rawHeaders[i]!
      if (
        candidate.length !== name.length ||
        (candidate !== name && candidate.toLowerCase() !== name)
      )
        continue
      if (value !== undefined) {
        if (name === 'authorization') {
          throw new AuthError(
            'bad_authorization_header',
            'more than one Authorization header',
          )
        }
        // HTTP/2 may send each cookie for itself (RFC 9113 §8.2.3).
        if (name === 'cookie') {
          value = `${value}; ${rawHeaders[i + 1]}`
          continue
        }
        value = `${value}, ${rawHeaders[i + 1]}`
        continue
      }
      value = rawHeaders[i + 1]
    }
    if (name === 'host' && value === undefined) return this.header(':authority')
    return name === 'content-type' && value !== undefined
      ? (bodyLeftBy(this.#request, this.#parsed)?.type ?? value)
      : value
  }

  async body(): Promise<Uint8Array> {
    const left = bodyLeftBy(this.#request, this.#parsed)
    if (left !== undefined && left.bytes === undefined) {
      throw new Error(
        'the body was read before it came here, and is not in request.body either',
      )
    }
    const size = left?.bytes?.length ?? Number(this.header('content-length') ?? 0)
    if (size > BODY_LIMIT) throw new AuthError('body_too_large')
    return left?.bytes ?? readBody(this.#request)
  }

  peek(): Promise<Uint8Array | undefined> {
    return peekAt(this.#request, this.#parsed)
  }
}

export function send(response: ServerResponse, reply: AuthReply): void {
  if (response.headersSent || response.destroyed) return
  const headers = reply.headers.flat()
  // A 204 has no length (RFC 9110 §8.6).
  if (reply.status !== 204)
    headers.push('Content-Length', String(Buffer.byteLength(reply.body)))
  if (reply.status === 413) headers.push('Connection', 'close')
  response.writeHead(reply.status, headers)
  response.end(reply.body)
}
