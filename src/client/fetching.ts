import { jsonOf } from './answer.ts'
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
export const fetching =
  (deps: FetchDeps) =>
  async (input: Input, init: Init = {}): Promise<Response> => {
    const { settings, send } = deps
    const request = typeof input === 'object' && 'url' in input ? input : undefined
    const url = tried(() => new URL(request?.url ?? String(input), settings.base))
    const headers = new Headers(init.headers ?? request?.headers)
    if (!url || !isOurs(url, settings) || headers.has('authorization'))
      return send(input, init)
    return sendOurs({ input: request ?? url.href, request, url, headers, init }, deps)
  }

interface Sending {
  readonly input: Input
  readonly request: Request | undefined
  readonly url: URL
  readonly headers: Headers
  readonly init: Init
}

async function sendOurs(sending: Sending, deps: FetchDeps): Promise<Response> {
  const { input, request, init } = sending
  const signal = init.signal ?? request?.signal
  const mayRepeat = !isStream(init, request)
  const isUnsafe = !isSafe(init.method ?? request?.method)
  const hasBody = isUnsafe && request !== undefined && request.body !== null
  const attempt = (credentials: Record<string, string>) => {
    const headers = new Headers(sending.headers)
    for (const [name, value] of Object.entries(credentials)) headers.set(name, value)
    const again = mayRepeat && hasBody ? request.clone() : input
    const including = deps.settings.transport === 'body' ? {} : INCLUDE
    return deps.send(again, { ...init, ...including, headers })
  }
  const held = await abortable(deps.hold(mayRepeat ? undefined : 30), signal)
  const credentials = deps.credentialsOf(held, isUnsafe)
  const response = await attempt(credentials)
  if (!mayRepeat) return response
  const next = await abortable(
    credentialsAgain({ ...sending, held, credentials, response, isUnsafe }, deps),
    signal,
  )
  if (next === undefined) return response
  await response.body?.cancel()
  return attempt(next)
}

const INCLUDE = { credentials: 'include' } as const

interface Sent extends Sending {
  readonly held: Held | undefined
  readonly credentials: Record<string, string>
  readonly response: Response
  readonly isUnsafe: boolean
}

type Credentials = Record<string, string>

/** What to send the request again with; `undefined` if its answer stands. */
async function credentialsAgain(
  sent: Sent,
  deps: FetchDeps,
): Promise<Credentials | undefined> {
  const { held, credentials, response, isUnsafe } = sent
  if (response.status === 403 && isUnsafe) {
    const now = deps.credentialsOf(held, isUnsafe)
    const isStale = now[CSRF_HEADER] !== credentials[CSRF_HEADER]
    const hasFailed = isStale && /"CSRF Failed/.test(await startOf(response, deps))
    return hasFailed ? now : undefined
  }
  if (response.status !== 401 || held === undefined || isOwn(sent, deps)) return undefined
  if (isUnsafe && !(await isRefusedToken(response, deps))) return undefined
  if (!(await deps.recover(held))) return undefined
  const next = await deps.hold()
  return next?.epoch === held.epoch ? deps.credentialsOf(next, isUnsafe) : undefined
}

export const CSRF_HEADER = 'X-CSRFToken'

/** Endpoints whose 401 is about what was sent to them. */
const isOwn = ({ url }: Sending, { settings: { tokens, accounts } }: FetchDeps) =>
  url.href.startsWith(`${tokens}/`) ||
  (url.href.startsWith(accounts) &&
    /^\/(log(in|out)|code|second-factor|passkeys\/sign-in)\//.test(
      url.href.slice(accounts.length),
    ))

/** Whether the credentials were refused before the handler ran. */
async function isRefusedToken(response: Response, deps: FetchDeps): Promise<boolean> {
  if (/error="invalid_token"/.test(response.headers.get('www-authenticate') ?? ''))
    return true
  const { code, detail } = jsonOf(await startOf(response, deps))
  return CODES.test(String(code)) || detail === NOT_PROVIDED
}

const CODES = /^(token_not_valid|user_not_found|user_inactive|password_changed)$/
/** Of a request whose access cookie has expired. */
const NOT_PROVIDED = 'Authentication credentials were not provided.'

/** The start of a JSON body, without reading the caller's. */
async function startOf(response: Response, { platform }: FetchDeps): Promise<string> {
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
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
    ? true
    : typeof (body as ReadableStream | undefined)?.getReader === 'function'
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
