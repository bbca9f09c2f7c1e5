import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { Refusal } from '../base/refusal.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from '../base/request.ts'
import type { Principal } from '../permissions/principal.ts'
import type { Need, Watchword, Who } from '../watchword.ts'

/** A request behind a guard: who sends it is known. */
export type Guarded<U, Right extends string> = IncomingMessage & { auth: Principal<U, Right> }
export type GuardedListener<U, Right extends string> = (request: Guarded<U, Right>, response: ServerResponse) => unknown

/** Puts a check in front of a listener: `guard(listener)` or `guard(need, listener)`. */
export interface Guard<U, Right extends string> {
  (listener: GuardedListener<U, Right>): RequestListener
  <const N extends Need<U, Right>>(need: N, listener: GuardedListener<Who<N, U>, Right>): RequestListener
}

/**
 * Puts an instance's endpoints in front of a `node:http` server's own listeners. A guarded listener leaves the requests of
 * these endpoints alone; so should any other.
 */
export function mount<U, Right extends string>(server: Server, auth: Watchword<U, Right>): Guard<U, Right> {
  server.prependListener('request', (request, response) => {
    auth.answer(new NodeRequest(request))?.then((reply) => send(response, reply))
  })
  return guardExcept((url) => auth.owns(url), auth)
}

/** The guard alone, where the endpoints are served elsewhere. */
export const guardOf = <U, Right extends string>(auth: Watchword<U, Right>): Guard<U, Right> =>
  guardExcept(() => false, auth)

/** @param isOthers says of a request target that another listener answers it */
function guardExcept<U, Right extends string>(
  isOthers: (url: string) => boolean,
  auth: Watchword<U, Right>,
): Guard<U, Right> {
  type Listener = GuardedListener<unknown, Right>
  const guard = (need: Need<U, Right> | Listener, listener?: Listener): RequestListener => {
    const handle = listener ?? (need as Listener)
    const gate = listener === undefined ? auth.gate() : auth.gate(need as Need<U, Right>)
    return (request, response) => {
      if (isOthers(request.url ?? '')) return
      const asked = new NodeRequest(request)
      const refuse = (error: unknown): void => {
        const reply = auth.refuse(error)
        // Half an answer cannot be taken back; that it is no whole one can be shown.
        if (response.headersSent && !response.writableEnded) response.destroy()
        else send(response, reply)
      }
      const admit = (who: Principal<unknown, Right>): unknown => {
        const guarded = request as Guarded<unknown, Right>
        guarded.auth = who
        return handle(guarded, response)
      }
      try {
        const who = gate(asked)
        const done = who instanceof Promise ? who.then(admit) : admit(who)
        if (done instanceof Promise) done.catch(refuse)
      } catch (error) {
        refuse(error)
      }
    }
  }
  return guard as Guard<U, Right>
}

/** A `node:http` request as the house sees it. */
export class NodeRequest implements AuthRequest {
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get url(): string {
    return this.#request.url ?? '/'
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
    let value: string | undefined
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const candidate = rawHeaders[i]!
      if (candidate.length !== name.length || (candidate !== name && candidate.toLowerCase() !== name)) continue
      if (value !== undefined) {
        if (name === 'authorization') {
          throw new Refusal('bad_authorization_header', 'more than one Authorization header')
        }
        return `${value}, ${rawHeaders[i + 1]}`
      }
      value = rawHeaders[i + 1]
    }
    return value
  }

  body(): Promise<Uint8Array> {
    const request = this.#request
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = []
      let size = 0
      if (Number(this.header('content-length') ?? 0) > BODY_LIMIT) return reject(tooLarge())
      request.on('data', (chunk: Uint8Array) => {
        size += chunk.length
        if (size <= BODY_LIMIT) return void chunks.push(chunk)
        // What comes behind it is not even taken apart.
        request.pause()
        reject(tooLarge())
      })
      request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
      request.on('error', (cause) => reject(new Refusal('parse_error', 'the body broke off', { cause })))
    })
  }
}

const tooLarge = (): Refusal => new Refusal('body_too_large')

export function send(response: ServerResponse, reply: AuthReply): void {
  if (response.headersSent || response.destroyed) return
  const headers = reply.headers.flat()
  headers.push('Content-Length', String(Buffer.byteLength(reply.body)))
  if (reply.status === 413) headers.push('Connection', 'close')
  response.writeHead(reply.status, headers)
  response.end(reply.body)
}
