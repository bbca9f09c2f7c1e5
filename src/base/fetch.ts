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

export const toResponse = ({ status, headers, body }: AuthReply): Response =>
  new Response(body === '' ? null : body, { status, headers: headers.map(([name, value]) => [name, value]) })
