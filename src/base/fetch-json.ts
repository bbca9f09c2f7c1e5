import { AuthError } from './errors.ts'

export interface FetchJsonOptions {
  /** What it is that is asked for, at the beginning of a sentence. */
  readonly what: string
  /** The most seconds that it may take. */
  readonly patience: number
  /** Media types that are understood. */
  readonly accept?: string
  /** Octets that the answer may have. Default 1 MiB. */
  readonly longest?: number
  readonly get: typeof fetch
}

const MEBIBYTE = 1_048_576

/**
 * The JSON that an address answers with. In any runtime.
 *
 * @throws Error that says why there is none: another status than 200, a redirection, too long, too late, no JSON
 */
export async function fetchJson(
  url: string,
  {
    what,
    patience,
    accept = 'application/json',
    longest = MEBIBYTE,
    get,
  }: FetchJsonOptions,
): Promise<unknown> {
  const response = await get(url, {
    headers: { accept },
    // Its status is not 200. Not every runtime knows `error`.
    redirect: 'manual',
    signal: AbortSignal.timeout(patience * 1000),
  })
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => undefined)
    throw new Error(`${what} answers with status ${response.status}`)
  }
  return JSON.parse(await textOf(response, what, longest))
}

async function textOf(
  { body }: Response,
  what: string,
  longest: number,
): Promise<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const reader = body?.getReader()
  let text = ''
  let size = 0
  for (
    let read = await reader?.read();
    read !== undefined && !read.done;
    read = await reader?.read()
  ) {
    size += read.value.length
    if (size > longest) {
      void reader?.cancel().catch(() => undefined)
      throw new Error(`${what} is longer than ${longest} octets`)
    }
    text += utf8.decode(read.value, { stream: true })
  }
  return text + utf8.decode()
}

/**
 * An address that answers can be believed from.
 *
 * @throws AuthError `invalid_config`, naming the option, where it is not https (plain http is for loopback addresses)
 */
export function parseTrusted(url: string, option: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(address?.hostname ?? '')
  if (address?.protocol === 'https:' || (address?.protocol === 'http:' && isLoopback))
    return address.href
  throw new AuthError(
    'invalid_config',
    `${option} must begin with https:// (plain http is for loopback addresses).`,
  )
}

/** Tells somebody who may fail in their turn; whatever was at hand goes on all the same. */
export function describeFailure(failed: (error: unknown) => void, error: unknown): void {
  try {
    failed(error)
  } catch {
    // Nobody is left to tell.
  }
}
