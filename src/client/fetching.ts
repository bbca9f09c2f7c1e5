import { jsonOf } from './claims.ts'
import { CSRF_HEADER } from './csrf.ts'
import type { Session } from './kept.ts'
import { later, type Platform, tried } from './platform.ts'
import { originOf, type Settings } from './settings.ts'

type Input = Parameters<typeof fetch>[0]
type Init = NonNullable<Parameters<typeof fetch>[1]>

/** The session that a request was sent with. */
export interface Held {
  readonly session: Session
  /** Changes with the user. */
  readonly epoch: number
}

export interface FetchDeps {
  readonly settings: Settings
  readonly platform: Platform
  readonly send: typeof fetch
  /** @param rest seconds that the token must live */
  hold(rest?: number): Promise<Held | undefined>
  credentialsOf(held: Held | undefined, isUnsafe: boolean): Record<string, string>
  /** After a 401: whether a request can be sent again. */
  recover(held: Held): Promise<boolean>
}

const SAFE = /^(GET|HEAD|OPTIONS)$/

export const isSafe = (method = 'GET'): boolean => SAFE.test(method.toUpperCase())

export const isOurs = (url: URL, { origins }: Settings): boolean =>
  origins.has(originOf(url))

/** The client's `fetch`: the platform's, with credentials, and a repeat after a 401. */
export function fetching(deps: FetchDeps): typeof fetch {
  const { settings, platform, send, hold, credentialsOf, recover } = deps
  const { transport, tokens, accounts, base } = settings
  const including = transport === 'body' ? {} : INCLUDE

  return async (input: Input, init: Init = {}) => {
    const request = typeof input === 'object' && 'url' in input ? input : undefined
    const url = tried(() => new URL(request?.url ?? String(input), base))
    const given = new Headers(init.headers ?? request?.headers)
    if (!url || !isOurs(url, settings) || given.has('authorization'))
      return send(input, init)
    const signal = init.signal ?? request?.signal
    const mayRepeat = !isStream(init, request)
    const isUnsafe = !isSafe(init.method ?? request?.method)
    const mustClone =
      mayRepeat && isUnsafe && request !== undefined && request.body !== null
    const attempt = (credentials: Credentials) => {
      const headers = new Headers(given)
      for (const [name, value] of Object.entries(credentials)) headers.set(name, value)
      const again = mustClone ? request.clone() : (request ?? url.href)
      return send(again, { ...init, ...including, headers })
    }
    const held = await abortable(hold(mayRepeat ? undefined : 30), signal)
    const credentials = credentialsOf(held, isUnsafe)
    const response = await attempt(credentials)
    if (!mayRepeat) return response
    const again = credentialsAgain(response, held, credentials, isUnsafe, url.href)
    const next = await abortable(again, signal)
    if (next === undefined) return response
    await response.body?.cancel()
    return attempt(next)
  }

  /** What to send a request again with; `undefined` if its answer stands. */
  async function credentialsAgain(
    response: Response,
    held: Held | undefined,
    sent: Credentials,
    isUnsafe: boolean,
    address: string,
  ): Promise<Credentials | undefined> {
    if (response.status === 403 && isUnsafe) {
      const now = credentialsOf(held, isUnsafe)
      const isStale = now[CSRF_HEADER] !== sent[CSRF_HEADER]
      const hasFailed = isStale && /"CSRF Failed/.test(await startOf(response, platform))
      return hasFailed ? now : undefined
    }
    if (response.status !== 401 || held === undefined || isOwn(address)) return undefined
    if (isUnsafe && !(await isRefusedToken(response, platform))) return undefined
    if (!(await recover(held))) return undefined
    const next = await hold()
    return next?.epoch === held.epoch ? credentialsOf(next, isUnsafe) : undefined
  }

  /** Endpoints whose 401 is about what was sent to them. */
  function isOwn(address: string): boolean {
    return (
      address.startsWith(`${tokens}/`) ||
      (address.startsWith(accounts) && OWN.test(address.slice(accounts.length)))
    )
  }
}

type Credentials = Record<string, string>

const INCLUDE = { credentials: 'include' } as const
const OWN = /^\/(log(in|out)|code|second-factor|passkeys\/sign-in)\//

/** Whether the credentials were refused before the handler ran. */
async function isRefusedToken(response: Response, platform: Platform): Promise<boolean> {
  if (/error="invalid_token"/.test(response.headers.get('www-authenticate') ?? ''))
    return true
  const text = await startOf(response, platform)
  const { code, detail } = jsonOf(() => text)
  return CODES.test(String(code)) || detail === NOT_PROVIDED
}

const CODES = /^(token_not_valid|user_not_found|user_inactive|password_changed)$/
/** Of a request whose access cookie has expired. */
const NOT_PROVIDED = 'Authentication credentials were not provided.'

/** The start of a JSON body, without reading the caller's. */
async function startOf(response: Response, platform: Platform): Promise<string> {
  if (!/json/.test(response.headers.get('content-type') ?? '')) return ''
  const copy = response.clone()
  const reader = copy.body?.getReader()
  if (reader === undefined) return copy.text()
  const stop = () => void reader.cancel().catch(() => {})
  const timer = later(platform, 1000, stop)
  let text = ''
  while (text.length < 4096) {
    const { done, value } = await reader.read()
    if (done) break
    text += String.fromCharCode(...value.subarray(0, 4096))
  }
  platform.clearTimeout(timer)
  stop()
  return text
}

/** A body that can be sent once. */
function isStream({ body, ...init }: Init, request: Request | undefined): boolean {
  if (request !== undefined && 'duplex' in init) return true
  const given: object = Object(body)
  return Symbol.asyncIterator in given || 'getReader' in given
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
