import { Refusal } from './refusal.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from './request.ts'

/** A web-standard request as the house sees it. */
export class FetchRequest implements AuthRequest {
  readonly #request: Request
  readonly url: string

  constructor(request: Request) {
    this.#request = request
    const { pathname, search } = new URL(request.url)
    this.url = pathname + search
  }

  get method(): string {
    return this.#request.method
  }

  /** The standard has no word for it. */
  get address(): string {
    return ''
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
