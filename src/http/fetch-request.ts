import { AuthError } from '../base/errors.ts'
import { originForm, targetOfUrl } from '../base/request-target.ts'
import { type AuthReply, type AuthRequest, BODY_LIMIT } from './request.ts'

/** What a runtime knows of a request's connection. */
export interface Peer {
  /** The peer's address; without it, throttles count all clients as one. */
  readonly address?: string | undefined
  /**
   * The path and query as the client sent them. Without it they are read from `request.url`, in which most runtimes have resolved `..`
   * and `%2e%2e`: a proxy that allows `/public/` alone would let `/public/%2e%2e/api/token/` through.
   */
  readonly target?: string | undefined
  /** Node's request, as `@hono/node-server` passes it: has both. */
  readonly incoming?: NodePeer | undefined
}

interface NodePeer {
  readonly url?: string | undefined
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** The path and query of a request, as the client sent them if the runtime shows that. */
export const targetOf = (
  { url }: Pick<Request, 'url'>,
  { target, incoming }: Peer = {},
): string => originForm(target ?? incoming?.url ?? targetOfUrl(url))

/** A web-standard request as the core sees it. */
export class FetchRequest implements AuthRequest {
  readonly #request: Request
  /** The body, once it has been read here. */
  #bytes: Promise<Uint8Array> | undefined
  readonly #peer: Peer

  constructor(request: Request, peer: Peer = {}) {
    this.#request = request
    this.#peer = peer
  }

  get address(): string {
    return this.#peer.address ?? this.#peer.incoming?.socket.remoteAddress ?? ''
  }

  get url(): string {
    return targetOf(this.#request, this.#peer)
  }

  get secure(): boolean {
    return this.#request.url.startsWith('https:')
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | undefined {
    const value = this.#request.headers.get(name) ?? undefined
    if (name === 'host') return value ?? new URL(this.#request.url).host
    if (name === 'authorization' && value !== undefined && isSeveral(value)) {
      throw new AuthError(
        'bad_authorization_header',
        'more than one Authorization header',
      )
    }
    return value
  }

  body(limit = BODY_LIMIT): Promise<Uint8Array> {
    this.#bytes ??= bytesOf(this.#copy(), limit)
    return within(limit, this.#bytes)
  }

  async scanBody(take: (part: Uint8Array) => void, limit = BODY_LIMIT): Promise<void> {
    if (this.#bytes === undefined) await eachPart(this.#copy(), limit, take)
    else take(await within(limit, this.#bytes))
  }

  /** Of which the body can be read, so that handlers can still read it. */
  #copy(): Request {
    if (this.#request.bodyUsed) throw new Error(BODY_IS_GONE)
    return this.#request.clone()
  }

  takeBody(limit = BODY_LIMIT): Promise<Uint8Array> {
    this.#bytes ??= bytesOf(this.#request, limit)
    return within(limit, this.#bytes)
  }

  async peek(): Promise<Uint8Array | undefined> {
    if (this.#bytes === undefined && this.#request.bodyUsed) return undefined
    return this.body().catch(() => undefined)
  }
}

/** Who has read the body before may have allowed more. @throws AuthError `body_too_large` */
async function within(limit: number, read: Promise<Uint8Array>): Promise<Uint8Array> {
  const bytes = await read
  if (bytes.length > limit) throw new AuthError('body_too_large')
  return bytes
}

const BODY_IS_GONE =
  'Something has read the body of this request: let the guard run before it, or let it read a copy, such as request.clone().json().'

async function bytesOf(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  await eachPart(request, limit, (part) => chunks.push(part))
  return Buffer.concat(chunks)
}

/** @throws AuthError `body_too_large` */
async function eachPart(
  { body }: Request,
  limit: number,
  take: (part: Uint8Array) => void,
): Promise<void> {
  let size = 0
  const reader = body?.getReader()
  for (
    let read = await reader?.read();
    read !== undefined && !read.done;
    read = await reader?.read()
  ) {
    size += read.value.length
    if (size > limit) {
      // Not awaited: cancelling one branch of a clone waits for the other one's reader.
      void reader?.cancel().catch(() => undefined)
      throw new AuthError('body_too_large')
    }
    take(read.value)
  }
}

/**
 * Whether an Authorization header is several that the Fetch standard has joined with `, `. Within one credential a parameter
 * follows the comma (RFC 9110 §11.4); a second credential begins with its scheme, or is empty.
 */
function isSeveral(value: string): boolean {
  if (!value.includes(',')) return false
  const [, ...rest] = withoutQuotedStrings(value).split(/, |,$/)
  return !rest.every((part) => PARAMETER.test(part))
}
const PARAMETER = /^\s*[!#$%&'*+.^_`|~\w-]+\s*=\s*[^=\s]/

/** Replaces quoted strings (RFC 9110 §5.6.4) by empty ones. A quote that is not closed is left, and so are all after it. */
function withoutQuotedStrings(value: string): string {
  let result = ''
  let rest = 0
  for (let open = value.indexOf('"'); open !== -1; open = value.indexOf('"', rest)) {
    REST_OF_QUOTED.lastIndex = open + 1
    // Every later quote is escaped, as seen from this one: looking for their ends would take quadratic time.
    if (!REST_OF_QUOTED.test(value)) break
    result += `${value.slice(rest, open)}""`
    rest = REST_OF_QUOTED.lastIndex
  }
  return result + value.slice(rest)
}
const REST_OF_QUOTED = /(?:[^"\\]|\\.)*"/y

/** @param method of the request: a response to HEAD has the length alone (RFC 9110 §9.3.2) */
export function toResponse(reply: AuthReply, method?: string): Response {
  const { status, headers, body, parts } = reply
  const init = {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  }
  if (method !== 'HEAD') return new Response(bodyOf(reply), init)
  const response = new Response(null, init)
  if (parts === undefined)
    response.headers.set('Content-Length', String(Buffer.byteLength(body)))
  return response
}

const bodyOf = ({ body, parts }: AuthReply): string | ReadableStream | null =>
  (parts && streamOf(parts)) ?? (body || null)

/** Produces a part when one is read. */
function streamOf(parts: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
