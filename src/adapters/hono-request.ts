import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { AuthError } from '../base/errors.ts'
import { FetchRequest } from '../http/fetch-request.ts'
import { type AuthRequest, BODY_LIMIT } from '../http/request.ts'
import { FORM, formOf } from './node-body.ts'
import { NodeRequest } from './node-request.ts'

/**
 * A Hono request as the core sees it. On `@hono/node-server` node's own request is read: that makes no `Request`, and shows
 * repeated headers.
 */
export class HonoRequest implements AuthRequest {
  readonly #c: Context
  readonly #seen: AuthRequest
  readonly url: string

  /** @param url as the client sent it, if a framework has removed a prefix */
  constructor(c: Context, url?: string) {
    const { incoming } = (c.env ?? {}) as OnNode
    this.#c = c
    this.#seen =
      incoming === undefined
        ? new FetchRequest(c.req.raw, { address: addressOf(c) })
        : new NodeRequest(incoming)
    this.url = url ?? this.#seen.url
  }

  /** Hono's, because a middleware such as `methodOverride` may change it. */
  get method(): string {
    return this.#c.req.method
  }

  get address(): string {
    return this.#seen.address
  }

  get secure(): boolean {
    return this.#seen.secure
  }

  header(name: string): string | undefined {
    if (name !== 'content-type') return this.#seen.header(name)
    if (this.#form === undefined) return this.#c.req.header(name)
    return FORM
  }

  /** Another middleware may have read it: Hono caches it. */
  async body(limit = BODY_LIMIT): Promise<Uint8Array> {
    const { req } = this.#c
    if (this.#form !== undefined) return formOf(Object.fromEntries(await this.#form))
    const declared = Number(req.header('content-length') ?? Number.NaN)
    if (declared > limit) throw new AuthError('body_too_large')
    const isCached = Object.keys(req.bodyCache).length > 0
    if (!isCached && Number.isNaN(declared)) return this.#limitedBody(limit)
    const bytes = new Uint8Array(await req.arrayBuffer())
    if (bytes.length > limit) throw new AuthError('body_too_large')
    return bytes
  }

  get isBodyRewritten(): boolean {
    const { json, text, arrayBuffer } = this.#c.req.bodyCache
    const isParsed = json !== undefined && text === undefined && arrayBuffer === undefined
    return this.#form !== undefined || isParsed
  }

  /** A body of unknown length, cached as Hono caches it. */
  async #limitedBody(limit: number): Promise<Uint8Array> {
    const { req } = this.#c
    const bytes = await new FetchRequest(req.raw).takeBody(limit)
    Object.assign(req.bodyCache, {
      arrayBuffer: Promise.resolve(new Uint8Array(bytes).buffer),
    })
    return bytes
  }

  /** Hono caches what is read, so others can read it afterwards. */
  async peek(): Promise<Uint8Array | undefined> {
    const { req } = this.#c
    const isCached = Object.keys(req.bodyCache).length > 0
    if (!isCached && req.header('content-length') === undefined) return undefined
    return this.body().catch(() => undefined)
  }

  /** The form that another middleware has parsed. */
  get #form(): Promise<FormData> | undefined {
    const { formData, arrayBuffer } = this.#c.req.bodyCache
    if (arrayBuffer !== undefined) return undefined
    return formData as Promise<FormData> | undefined
  }
}

interface OnNode {
  readonly incoming?: IncomingMessage
}
interface OnBun {
  requestIP?(request: Request): { readonly address: string } | null
}
interface OnDeno {
  readonly remoteAddr?: { readonly hostname: string }
}

/** The peer's address on Bun and Deno, if the application passes on the second argument of their `fetch`. */
function addressOf({ env, req }: Context): string | undefined {
  const { server = env, remoteAddr } = (env ?? {}) as OnDeno & { readonly server?: OnBun }
  return (
    remoteAddr?.hostname ?? (server as OnBun | undefined)?.requestIP?.(req.raw)?.address
  )
}
