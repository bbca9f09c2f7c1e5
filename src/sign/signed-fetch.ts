import { SignatureError } from '../signatures/message.ts'
import { addressOf, type RequestToSign } from './message.ts'
import type { Signer } from './signer.ts'

type Fetch = typeof fetch
type Input = Parameters<Fetch>[0]
type Init = NonNullable<Parameters<Fetch>[1]>

export interface SignedFetchOptions {
  /** Sends the requests. Default: the platform's. */
  readonly fetch?: (request: Request) => Promise<Response>
  /**
   * Whether a stream is read into memory before it is sent, to sign its digest. Otherwise a body that is a stream is an error.
   *
   * @default false
   */
  readonly buffer?: boolean
}

/**
 * `fetch` that signs each request. Bodies are read into memory, since a signature covers their digest.
 *
 * Redirects are not followed: a signature is for one address. With `redirect: 'manual'` the program gets them.
 *
 * @throws TypeError if the body is a stream and `buffer` is not set; SignatureError if the request cannot be signed, or the server
 *   redirects it; what `fetch` throws
 */
export function signedFetch(
  signer: Signer,
  { fetch: send = (request) => fetch(request), buffer = false }: SignedFetchOptions = {},
): Fetch {
  return async (input: Input, init: Init = {}) => {
    if (!buffer) refuseStream(init.body)
    const request = requestOf(input, init)
    const parts = await partsOf(request)

    const attempt = async (): Promise<readonly [Response, boolean]> => {
      const result = await signer.sign(parts)
      const answer = await send(signedRequest(request, parts, result.headers))
      if (request.redirect === 'follow') refuseRedirect(answer, parts)
      return [answer, (await signer.readAnswer?.(answer, parts, result)) === true]
    }

    const [answer, isAgain] = await attempt()
    if (!isAgain) return answer
    // Not awaited: the connection is of no more use.
    answer.body?.cancel().catch(() => undefined)
    return (await attempt())[0]
  }
}

function refuseStream(body: Init['body']): void {
  const given: object = Object(body)
  const isStream =
    'getReader' in given || (Symbol.asyncIterator in given && !ArrayBuffer.isView(given))
  if (isStream)
    throw new TypeError(
      'A signature covers the digest of the body, and a stream has none before it is sent. Pass a string or bytes, or set `buffer: true` in signedFetch() to read it into memory.',
    )
}

function requestOf(input: Input, init: Init): Request {
  // Needed for a stream, and ignored otherwise.
  const all = { duplex: 'half', ...init } as Init
  if (typeof input === 'object' && 'url' in input) return new Request(input, all)
  // Browsers resolve others against the address of the page.
  return new Request(URL.canParse(String(input)) ? addressOf(input) : input, all)
}

async function partsOf(request: Request): Promise<RequestToSign> {
  const { method, url, headers } = request
  if (method === 'GET' || method === 'HEAD') return { method, url, headers }
  return { method, url, headers, body: await request.arrayBuffer() }
}

function signedRequest(
  request: Request,
  { body }: RequestToSign,
  added: Readonly<Record<string, string>>,
): Request {
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(added)) headers.set(name, value)
  const redirect = request.redirect === 'error' ? 'error' : 'manual'
  return new Request(request, {
    headers,
    redirect,
    ...(body !== undefined && { body: body as ArrayBuffer }),
  })
}

/** Following it would send a signature to an address that it is not for. */
function refuseRedirect(answer: Response, { url }: RequestToSign): void {
  const location = answer.headers.get('location')
  const isRedirect =
    answer.type === 'opaqueredirect' ||
    (answer.status >= 300 && answer.status < 400 && location !== null)
  if (!isRedirect) return
  const target = location === null ? 'another address' : new URL(location, url).href
  throw new SignatureError(
    `${url} redirects to ${target}, and the signature is not for that. Send the request there, or set \`redirect: 'manual'\` and read the answer.`,
  )
}
