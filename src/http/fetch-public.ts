import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { type Seconds, toMilliseconds } from '../base/clock.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { parseMediaType } from './media-type.ts'
import { isPublicAddress } from './public-address.ts'

/** Where a connection goes: addresses that were checked, and the name that the certificate must have. */
export interface PublicTarget {
  readonly hostname: string
  readonly port: number
  /** At least one. */
  readonly addresses: readonly LookupAddress[]
}

/** How names become addresses and addresses connections; tests pass their own. */
export interface Network {
  /** All addresses of a name. */
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>
  /** Connects to one of the checked addresses, never to the name: it may have other addresses by now (DNS rebinding). */
  readonly connect: (target: PublicTarget) => Duplex
}

export interface FetchPublicOptions {
  /** The document's name, as the subject of error messages. */
  readonly what: string
  /** Time limit of the whole request, with the resolution of the name. */
  readonly timeout: Seconds
  readonly network: Network
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Size limit of the answer's body, in bytes. Default 64 KiB. */
  readonly maxBytes?: number
}

export interface PublicAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The resolver of the operating system, and TLS. */
export const publicNetwork: Network = {
  resolve: (hostname) => lookup(hostname, { all: true, verbatim: true }),
  connect: ({ hostname, port, addresses }) =>
    connectTls({
      host: hostname,
      port,
      // A server's name in TLS is never an address (RFC 6066 §3).
      ...(isIP(hostname) === 0 && { servername: hostname }),
      ALPNProtocols: ['http/1.1'],
      lookup: lookupAmong(addresses),
    }),
}

/** Looks up nothing, so that the socket can use the checked addresses alone. */
const lookupAmong =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (_, { all }, callback) => {
    const [first] = addresses
    if (all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }

const LARGEST_BODY = 65_536
const LARGEST_HEADERS = 16_384

/**
 * Makes a request to an address that a stranger has given: https alone, only to public addresses, without following redirects. The
 * status is the caller's to check.
 *
 * @throws Error if the address is refused, or the server does not answer in time or with a body of the size allowed
 */
export async function fetchPublic(
  address: string,
  options: FetchPublicOptions,
): Promise<PublicAnswer> {
  const { what, timeout } = options
  const signal = AbortSignal.timeout(toMilliseconds(timeout))
  const url = parsePublicUrl(address, what)
  const target = await unlessAborted(targetOf(url, options), signal)
  const response = await answerTo(url, target, options, signal)
  const { statusCode: status = 0, headers } = response
  return { status, headers, body: await bodyOf(response, options) }
}

/** @throws Error if it is not https, or has a user name */
function parsePublicUrl(address: string, what: string): URL {
  const url = URL.parse(address)
  if (url?.protocol !== 'https:') throw new Error(`${what} has no https address`)
  if (url.username !== '' || url.password !== '')
    throw new Error(`${what} has an address with a user name`)
  return url
}

/** @throws Error if one of the addresses is not public */
async function targetOf(
  { hostname: bracketed, port }: URL,
  { what, network }: FetchPublicOptions,
): Promise<PublicTarget> {
  const hostname = bracketed.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(hostname)
  const addresses =
    family === 0 ? await network.resolve(hostname) : [{ address: hostname, family }]
  const isPublic = addresses.every(({ address }) => isPublicAddress(address))
  if (addresses.length === 0 || !isPublic)
    throw new Error(`${what} is not on a public address`)
  return { hostname, port: Number(port || 443), addresses }
}

function answerTo(
  url: URL,
  target: PublicTarget,
  { network, method = 'GET', headers, body }: FetchPublicOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const outgoing = request(url, {
    method,
    headers: {
      ...headers,
      host: url.host,
      'accept-encoding': 'identity',
      connection: 'close',
    },
    signal,
    maxHeaderSize: LARGEST_HEADERS,
    createConnection: () => network.connect(target),
  })
  outgoing.on('error', reject).on('response', resolve).end(body)
  return promise
}

/** @throws Error if it is too large or incomplete */
async function bodyOf(
  response: IncomingMessage,
  { what, maxBytes = LARGEST_BODY }: FetchPublicOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop destroys the response and its socket.
  for await (const chunk of response) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`${what} is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/** For what cannot be aborted, such as a resolver: its late answer is dropped. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([work, promise])
}

export interface PublicDocument {
  readonly document: unknown
  readonly headers: IncomingHttpHeaders
}

/**
 * Fetches a JSON document from an address that a stranger has given.
 *
 * @throws Error as `fetchPublic`, and if the status is not 200 or the body is not JSON
 */
export async function fetchPublicJson(
  address: string,
  options: FetchPublicOptions,
): Promise<PublicDocument> {
  const { what } = options
  const headers = { accept: 'application/json', ...options.headers }
  const answer = await fetchPublic(address, { ...options, headers })
  if (answer.status !== 200)
    throw new Error(`${what} answers with status ${answer.status}, expected 200`)
  const { type } = parseMediaType(answer.headers['content-type'] ?? '')
  if (!/^application\/(?:json|[\w.+-]+\+json)$/.test(type))
    throw new Error(`${what} is not of the type application/json`)
  const text = decodeUtf8(answer.body)
  if (text === undefined) throw new Error(`${what} is not UTF-8`)
  return { document: JSON.parse(text), headers: answer.headers }
}
