import type { SignedRequest } from '../signatures/message.ts'

/** The fields of a message: what `new Headers()` takes. */
export type HeadersInput = ConstructorParameters<typeof Headers>[0]

/** A request that is to be signed. */
export interface RequestToSign {
  /** As it is sent: case-sensitive. Default `"GET"`. */
  readonly method?: string
  /** The absolute address. */
  readonly url: string | URL
  /** The fields that are sent, as far as signatures cover them. */
  readonly headers?: HeadersInput
  /**
   * The bytes that are sent; a string is sent as UTF-8. Without them a field `Content-Digest` is signed as it is, for a body whose digest
   * is known already.
   */
  readonly body?: string | Uint8Array | ArrayBuffer | undefined
}

/** A request in the form that signatures are made of, with its body. */
export interface OutgoingRequest extends SignedRequest {
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** @throws TypeError if the address is not absolute */
export function outgoing({
  method = 'GET',
  url,
  headers,
  body,
}: RequestToSign): OutgoingRequest {
  const { origin, pathname, search } = addressOf(url)
  return {
    method,
    origin,
    target: pathname + search,
    fields: [...new Headers(headers)],
    body: bytesOf(body),
  }
}

/** As `fetch` of Node.js sends it: without the fragment, and without the `?` of an empty query. */
export function addressOf(address: string | URL): URL {
  const url = new URL(address)
  url.hash = ''
  if (url.search === '') url.search = ''
  return url
}

const encoder = new TextEncoder()

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text)

export function bytesOf(body: RequestToSign['body']): OutgoingRequest['body'] {
  if (typeof body === 'string') return utf8(body)
  return body && new Uint8Array(body)
}
