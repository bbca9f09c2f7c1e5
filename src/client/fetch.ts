import { credentials } from './call.ts'
import type { Core, Held } from './core.ts'
import { sleep, tried } from './platform.ts'
import { hold, recover } from './refresh.ts'
import { originOf } from './settings.ts'

type Input = Parameters<typeof fetch>[0]
type Init = NonNullable<Parameters<typeof fetch>[1]>
type Credentials = Record<string, string>

export const isSafe = (method = 'GET'): boolean => /^(GET|HEAD|OPTIONS)$/i.test(method)

/** The whole address; `undefined` if requests to it get no credentials. */
export function ownAddress<U>(
  { settings }: Core<U>,
  address: string | URL,
): string | undefined {
  const url = tried(() => new URL(address, settings.base))
  if (!url || !settings.origins.has(originOf(url))) return undefined
  return url.href
}

/** What a request was sent with. */
interface Sending {
  readonly held: Held | undefined
  readonly sent: Credentials
  readonly isUnsafe: boolean
}

/** The credentials to repeat a request with; `undefined` if it must not be repeated. */
async function credentialsAgain<U>(
  core: Core<U>,
  { held, sent, isUnsafe }: Sending,
  response: Response,
): Promise<Credentials | undefined> {
  const { status, headers } = response
  if (status === 403 && isUnsafe) return core.after403?.(response, sent)
  const wait = Number(headers.get('retry-after') ?? Number.NaN)
  if (status === 503 && !isUnsafe && wait <= 2) {
    await sleep(core.platform, wait * 1000)
    return sent
  }
  if (status !== 401 || !held) return undefined
  const isRefused =
    !isUnsafe ||
    REFUSED.test(headers.get('www-authenticate') ?? '') ||
    (await core.isRefused?.(response))
  const next = isRefused && (await (core.recover?.(held) ?? recover(core, held)))
  if (!next) return undefined
  return credentials(core, next.access, isUnsafe)
}

/** A guard refused the token before the handler ran. Of other servers, too, this is known without their bodies (RFC 6750 §3.1). */
const REFUSED = /error="invalid_token"/

/** The platform's `fetch`, with credentials, and a repeat after a 401. */
export async function authFetch<U>(
  core: Core<U>,
  input: Input,
  init: Init = {},
): Promise<Response> {
  const given = input as Request
  const { url = String(input), headers: own, body, method } = given
  const address = ownAddress(core, url)
  const headers = new Headers(init.headers ?? own)
  if (!address || headers.has('authorization')) return core.fetch(input, init)
  const signal = init.signal ?? given.signal
  const isOnce = isStream(init, body)
  const isUnsafe = !isSafe(init.method ?? method)
  const attempt = (added: Credentials) => {
    for (const [name, value] of Object.entries(added)) headers.set(name, value)
    const to = own ? copyOf(given, isOnce) : address
    return core.send(to, { ...init, ...core.cookies, headers })
  }
  const held = await abortable(hold(core, isOnce ? 30 : undefined), signal)
  const sent = credentials(core, held?.session.access, isUnsafe)
  const response = await attempt(sent)
  if (isOnce) return response
  const again = credentialsAgain(core, { held, sent, isUnsafe }, response)
  const next = await abortable(again, signal)
  if (!next) return response
  await response.body?.cancel()
  return attempt(next)
}

/** A request to send: with a body it is a copy, as long as it may have to be sent again. */
export const copyOf = (input: Input, isOnce: boolean): Input =>
  (!isOnce && (input as Request).body && (input as Request).clone()) || input

/** A body that can be sent once. @param whole the body of a Request, which can be cloned */
export function isStream(init: Init, whole: Request['body'] | undefined): boolean {
  const given: object = Object(init.body)
  return (
    (whole && 'duplex' in init) || Symbol.asyncIterator in given || 'getReader' in given
  )
}

/** The promise, or the reason of the signal. */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | null | undefined,
): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
