import { AuthError } from '../base/errors.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from './request.ts'

/** What a runtime knows of a request beside the request. */
export interface Peer {
  /** The address of who is connected; without one all are counted as one. */
  readonly address?: string | undefined
}

/** A web-standard request as the house sees it. */
export class FetchRequest implements AuthRequest {
  readonly #request: Request
  /** Whoever has read it here, so that it can be looked at again. */
  #octets: Promise<Uint8Array> | undefined
  /** The standard has no word for it. */
  readonly address: string

  constructor(request: Request, { address = '' }: Peer = {}) {
    this.#request = request
    this.address = address
  }

  get url(): string {
    const { pathname, search } = new URL(this.#request.url)
    return pathname + search
  }

  get secure(): boolean {
    return this.#request.url.startsWith('https:')
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | undefined {
    const value =
      this.#request.headers.get(name) ??
      (name === 'host' ? new URL(this.#request.url).host : undefined)
    if (name === 'authorization' && value !== undefined && isSeveral(value)) {
      throw new AuthError(
        'bad_authorization_header',
        'more than one Authorization header',
      )
    }
    return value
  }

  body(): Promise<Uint8Array> {
    this.#octets = octetsOf(this.#request)
    return this.#octets
  }

  async peek(): Promise<Uint8Array | undefined> {
    if (this.#octets !== undefined) return this.#octets
    if (this.#request.bodyUsed) return undefined
    return octetsOf(this.#request.clone()).catch(() => undefined)
  }
}

async function octetsOf({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  for (
    let read = await reader?.read();
    read !== undefined && !read.done;
    read = await reader?.read()
  ) {
    size += read.value.length
    if (size > BODY_LIMIT) {
      // Of a copy this would wait for whoever reads the other.
      void reader?.cancel().catch(() => undefined)
      throw new AuthError('body_too_large')
    }
    chunks.push(read.value)
  }
  return Buffer.concat(chunks, size)
}

/**
 * Whether an Authorization header is several: the standard joins them with a comma and a blank. Behind those, one credential
 * goes on with a parameter, outside of quotation marks (RFC 9110 §11.4); another begins with its scheme, or is empty.
 */
function isSeveral(value: string): boolean {
  if (!value.includes(',')) return false
  const [, ...rest] = value.replace(QUOTED, '""').split(/, |,$/)
  return !rest.every((part) => PARAMETER.test(part))
}
const QUOTED = /"(?:[^"\\]|\\.)*"/g
const PARAMETER = /^\s*[!#$%&'*+.^_`|~\w-]+\s*=\s*[^=\s]/

/** @param method of the request, where it is known: HEAD is answered with the length alone (RFC 9110 §9.3.2) */
export function toResponse(
  { status, headers, body }: AuthReply,
  method?: string,
): Response {
  const response = new Response(body === '' || method === 'HEAD' ? null : body, {
    status,
    headers: headers.map(([name, value]) => [name, value]),
  })
  if (method === 'HEAD')
    response.headers.set('Content-Length', String(Buffer.byteLength(body)))
  return response
}
