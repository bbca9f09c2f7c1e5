import { type Seconds, toMilliseconds } from './clock.ts'
import { type AuthError, configError } from './errors.ts'
import { decodeUtf8 } from './utf8.ts'

export interface FetchJsonOptions {
  /** The document's name, as the subject of error messages. */
  readonly what: string
  /** Time limit of the whole request. */
  readonly timeout: Seconds
  /** Default `application/json`. */
  readonly accept?: string
  /** Size limit of the body, in bytes. Default 1 MiB. */
  readonly maxBytes?: number
  readonly fetch: typeof fetch
}

const MEBIBYTE = 1_048_576

export interface FetchedJson {
  readonly document: unknown
  readonly headers: Headers
}

/**
 * Fetches a JSON document, in any runtime.
 *
 * @throws Error if the status is not 200 (a redirect is not followed), or the body is too large, late or not JSON
 */
export async function fetchJson(
  url: string,
  options: FetchJsonOptions,
): Promise<FetchedJson> {
  const { what, timeout, accept = 'application/json', maxBytes = MEBIBYTE } = options
  const response = await options.fetch(url, {
    headers: { accept },
    // Some runtimes do not know `error`; with `manual` the status is not 200.
    redirect: 'manual',
    signal: AbortSignal.timeout(toMilliseconds(timeout)),
  })
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => undefined)
    throw new Error(`${what} answers with status ${response.status}, expected 200`)
  }
  const text = decodeUtf8(await readBody(response, what, maxBytes))
  if (text === undefined) throw new Error(`${what} is not UTF-8`)
  return { document: JSON.parse(withoutByteOrderMark(text)), headers: response.headers }
}

/**
 * The seconds for which a response is still fresh (RFC 9111 §4.2), as a private cache counts them.
 *
 * @returns 0 if it must not be reused; `undefined` if it does not say
 */
export function freshnessOf(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '').toLowerCase()
  if (/(^|[,\s])no-(store|cache)\b/.test(directives)) return 0
  const [, maxAge] = /(?:^|[,\s])max-age="?(\d{1,10})/.exec(directives) ?? []
  if (maxAge === undefined) return undefined
  const [age = '0'] = /^\d{1,10}$/.exec(headers.get('age') ?? '') ?? []
  return Math.max(0, Number(maxAge) - Number(age))
}

/** A receiver may ignore a byte order mark (RFC 8259 §8.1), as `Response.json()` does. */
const withoutByteOrderMark = (text: string): string => text.replace(/^\ufeff/, '')

async function readBody(
  { body }: Response,
  what: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const reader = body?.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const chunk = await reader?.read()
    if (chunk === undefined || chunk.done) return concatenate(chunks, size)
    size += chunk.value.length
    if (size > maxBytes) {
      void reader?.cancel().catch(() => undefined)
      throw new Error(`${what} is larger than ${maxBytes} bytes`)
    }
    chunks.push(chunk.value)
  }
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Parses an address whose answer is trusted, so it must not be read over plain http, except from this machine.
 *
 * @param option its name, for the message
 * @throws AuthError `invalid_config`
 */
export function parseSecureUrl(url: string, option: string): string {
  if (!URL.canParse(url)) throw insecureUrl(option)
  const { href, protocol, hostname } = new URL(url)
  if (protocol === 'https:') return href
  if (protocol === 'http:' && LOOPBACK.includes(hostname)) return href
  throw insecureUrl(option)
}

const insecureUrl = (option: string): AuthError =>
  configError(
    `${option} must be an address that begins with https:// (http:// is allowed for localhost).`,
  )

/** Passes an error to a hook of the user's. An error of the hook itself is dropped: there is no log to write it to. */
export function reportError(onError: (error: unknown) => void, error: unknown): void {
  try {
    onError(error)
  } catch {
    // See above.
  }
}
