import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { AuthError } from '../base/errors.ts'
import { FetchRequest } from '../http/fetch-request.ts'
import { type AuthRequest, BODY_LIMIT } from '../http/request.ts'
import { NodeRequest } from './node.ts'
import { FORM, formOf } from './node-body.ts'

/**
 * A Hono request as the house sees it. On `@hono/node-server` it is read as node has it: there no `Request` has to be made,
 * and headers that came twice can be told apart.
 */
export class HonoRequest implements AuthRequest {
  readonly #c: Context
  readonly #seen: AuthRequest
  readonly url: string

  /** @param url as the client sent it, where a framework has cut something off */
  constructor(c: Context, url?: string) {
    const { incoming } = (c.env ?? {}) as OnNode
    this.#c = c
    this.#seen =
      incoming === undefined
        ? new FetchRequest(c.req.raw, { address: addressOf(c) })
        : new NodeRequest(incoming)
    this.url = url ?? this.#seen.url
  }

  /** Hono's word: a middleware such as `methodOverride` decides which route is asked. */
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
    return this.#form === undefined ? this.#c.req.header(name) : FORM
  }

  /** Somebody in front may have read it: Hono remembers. */
  async body(): Promise<Uint8Array> {
    const { req } = this.#c
    if (this.#form !== undefined) return formOf(Object.fromEntries(await this.#form))
    const declared = Number(req.header('content-length') ?? Number.NaN)
    if (declared > BODY_LIMIT) throw new AuthError('body_too_large')
    const isRemembered = Object.keys(req.bodyCache).length > 0
    if (!isRemembered && Number.isNaN(declared)) return new FetchRequest(req.raw).body()
    const bytes = new Uint8Array(await req.arrayBuffer())
    if (bytes.length > BODY_LIMIT) throw new AuthError('body_too_large')
    return bytes
  }

  /** What Hono remembers is there for others, too. */
  async peek(): Promise<Uint8Array | undefined> {
    const { req } = this.#c
    const isRemembered = Object.keys(req.bodyCache).length > 0
    if (!isRemembered && req.header('content-length') === undefined) return undefined
    return this.body().catch(() => undefined)
  }

  /** The form that somebody in front has read the body as. */
  get #form(): Promise<FormData> | undefined {
    const { formData, arrayBuffer } = this.#c.req.bodyCache
    return arrayBuffer === undefined
      ? (formData as Promise<FormData> | undefined)
      : undefined
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

/** What Bun and Deno say of who is connected, where the application was given their second argument of `fetch`. */
function addressOf({ env, req }: Context): string | undefined {
  const { server = env, remoteAddr } = (env ?? {}) as OnDeno & { readonly server?: OnBun }
  return (
    remoteAddr?.hostname ?? (server as OnBun | undefined)?.requestIP?.(req.raw)?.address
  )
}
