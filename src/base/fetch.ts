import { Refusal } from './refusal.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from './request.ts'

/** What a runtime knows of a request beside the request. */
export interface Peer {
  /** The address of who is connected; without one all are counted as one. */
  readonly address?: string | undefined
}

/** A web-standard request as the house sees it. */
export class FetchRequest implements AuthRequest {
  readonly #request: Request
  readonly url: string
  readonly secure: boolean
  /** The standard has no word for it. */
  readonly address: string

  constructor(request: Request, { address = '' }: Peer = {}) {
    this.#request = request
    const { pathname, search, protocol } = new URL(request.url)
    this.url = pathname + search
    this.secure = protocol === 'https:'
    this.address = address
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | undefined {
    const value = this.#request.headers.get(name)
    // The standard joins repeated headers with ", ", which no single credential holds.
    if (name === 'authorization' && value?.includes(', ')) {
      throw new Refusal('bad_authorization_header', 'more than one Authorization header')
    }
    return value ?? undefined
  }

  async body(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let size = 0
    if (this.#request.body !== null) {
      for await (const chunk of this.#request.body) {
        size += chunk.length
        if (size > BODY_LIMIT) throw new Refusal('body_too_large')
        chunks.push(chunk)
      }
    }
    return Buffer.concat(chunks, size)
  }
}

/** @param method of the request, where it is known: HEAD is answered with the length alone (RFC 9110 §9.3.2) */
export function toResponse({ status, headers, body }: AuthReply, method?: string): Response {
  const response = new Response(body === '' || method === 'HEAD' ? null : body, {
    status,
    headers: headers.map(([name, value]) => [name, value]),
  })
  if (method === 'HEAD') response.headers.set('Content-Length', String(Buffer.byteLength(body)))
  return response
}
