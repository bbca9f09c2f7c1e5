import assert from 'node:assert/strict'
import { guardOf, serves } from '../../src/adapters/fetch.ts'
import { createClientIn } from '../../src/client/client.ts'
import type { Client } from '../../src/client/types.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import type { Watchword } from '../../src/watchword.ts'
import { type Given, optionsOf } from './given.ts'
import { type FakePage, newPage, newProfile, type PageOptions, START_MS } from './page.ts'
import { fakeTime } from './time.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const ADA = { username: 'ada', password: PASSWORD }
export const BOB = { username: 'bob', password: PASSWORD }

/** What happens to a request. Several parts may be given. */
export interface Fault {
  /** Milliseconds before the server gets it. */
  readonly delay?: number
  /** Milliseconds before the client gets the answer. */
  readonly slow?: number
  /** The server never gets it, or its answer is lost; the client learns of it at once, or never. */
  readonly lose?: 'request' | 'answer'
  readonly silent?: boolean
  readonly answer?: () => Response
  /** The header `Date`, or how many milliseconds it differs. */
  readonly date?: number | null
  /** The body ends in the middle. */
  readonly cut?: boolean
}

export interface Sent {
  readonly method: string
  readonly path: string
  readonly url: string
  readonly headers: Headers
  readonly page: FakePage
  readonly at: number
  readonly request: Request
}

export interface BenchOptions extends TestOptions {
  /** Whether pages are of another origin. */
  readonly isOtherOrigin?: boolean
}

export const API = 'https://app.test'

/** All that a client writes to the console. */
const WARNINGS =
  /^watchword: (create only one client [\w.-]+|the storage failed: reloading the page signs out\.|serve this page over https)$/

/** The real server in memory, behind a proxy with faults, and browsers whose time is moved. */
export async function openBench(
  t: { after(cleanup: () => unknown): void },
  options: BenchOptions = {},
) {
  const { auth, clock, faults } = testInstance({ url: API, accounts: true, ...options })
  t.after(() => auth.close())
  await auth.users.create(ADA)
  await auth.users.create(BOB)
  const time = fakeTime((elapsed) => clock.set((START_MS + elapsed) / 1000))
  const route = routesOf(auth as unknown as Watchword)
  const sent: Sent[] = []
  const clients: Client[] = []
  const state: { fault: (sent: Sent, count: number) => Fault | undefined } = {
    fault: () => undefined,
  }
  const profile = newProfile(time)

  async function send(page: FakePage, request: Request): Promise<Response> {
    if (page.isKilled) return new Promise(() => {})
    const { pathname } = new URL(request.url)
    const { method, url, headers } = request
    const each = {
      method,
      path: pathname,
      url,
      headers,
      page,
      at: time.elapsed(),
      request,
    }
    sent.push(each)
    const same = sent.filter(({ path }) => path === pathname)
    const fault = state.fault(each, same.length) ?? {}
    return abortable(request.signal, answerOf(page, request, fault))
  }

  async function answerOf(page: FakePage, request: Request, fault: Fault) {
    await wait(fault.delay)
    if (fault.lose === 'request') return fail(fault)
    if (fault.answer) return fault.answer()
    const including = request.credentials === 'include'
    const response = await time.during(route(withCookies(request, including)))
    if (fault.lose === 'answer') return fail(fault)
    await wait(fault.slow)
    if (page.isKilled) return new Promise<never>(() => {})
    if (including && !request.signal.aborted) keepCookies(response)
    return time.during(dated(response, fault))
  }

  const wait = (milliseconds = 0): Promise<void> | undefined =>
    milliseconds > 0
      ? new Promise((resolve) => void time.later(milliseconds, resolve))
      : undefined

  function fail({ silent }: Fault): Promise<Response> {
    return silent ? new Promise(() => {}) : Promise.reject(new TypeError('fetch failed'))
  }

  function withCookies(request: Request, including: boolean): Request {
    const headers = new Headers(request.headers)
    const cookies = [...profile.cookies].map(([name, value]) => `${name}=${value}`)
    if (including && cookies.length > 0) headers.set('cookie', cookies.join('; '))
    if (request.method !== 'GET') headers.set('origin', API)
    return new Request(request, { headers, signal: null })
  }

  function keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/Max-Age=0(;|$)/.test(line)) profile.cookies.delete(name)
      else profile.cookies.set(name, value)
    }
  }

  async function dated(response: Response, { date = 0, cut }: Fault): Promise<Response> {
    const headers = new Headers(response.headers)
    if (date !== null)
      headers.set('date', new Date(START_MS + time.elapsed() + date).toUTCString())
    const text = await response.text()
    const { status } = response
    const body = cut ? text.slice(0, text.length / 2) : text
    return new Response(status === 204 ? null : body, { status, headers })
  }

  /** A tab with a client. */
  function open<U extends object = Record<string, unknown>>(
    given: Given<U> = {},
    pageOptions: PageOptions = {},
    on = profile,
  ) {
    const page = newPage(on, time, send, pageOptions)
    const client = createClientIn<U>(page.platform, API, optionsOf(given))
    clients.push(client as unknown as Client)
    return { client, page }
  }

  /** A tab whose client is signed in. */
  async function signedIn(given: Given<Record<string, unknown>> = {}) {
    const tab = open(given)
    await time.until(tab.client.signIn(ADA))
    return tab
  }

  t.after(() => {
    for (const client of clients) client.close()
    for (const { warnings } of profile.pages)
      for (const text of warnings) assert.match(text, WARNINGS)
  })
  const sessionsOf = async (name = 'ada') => {
    const user = await auth.users.find(name)
    const all = await auth.sessions.list(user?.id ?? '')
    return all.filter(({ revokeReason }) => revokeReason === undefined)
  }
  const count = (path: string): number => sent.filter((each) => each.path === path).length
  return {
    auth,
    clock,
    faults,
    time,
    sent,
    state,
    profile,
    open,
    signedIn,
    sessionsOf,
    count,
  }
}

export type Bench = Awaited<ReturnType<typeof openBench>>

/** The instance's endpoints, and routes behind a guard. */
function routesOf(auth: Watchword): (request: Request) => Promise<Response> {
  const guard = guardOf(auth)
  const hello = guard(async (request) => {
    const { username } = request.auth.user as { username: string }
    return Response.json({ hello: username, sent: await request.text() })
  })
  return async (request) => {
    if (serves(auth, request)) return auth.handler(request)
    const { pathname } = new URL(request.url)
    if (pathname === '/always/')
      return Response.json({ detail: 'never' }, { status: 401 })
    if (pathname === '/wrong-password/')
      return Response.json({ detail: 'wrong password' }, { status: 401 })
    return hello(request)
  }
}

function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
    promise.then(resolve, reject)
  })
}

export const REFRESH = '/api/token/refresh/'
export const BLACKLIST = '/api/token/blacklist/'

/** As a guard refuses a token. */
export const refused = (): Response =>
  Response.json(
    { code: 'token_not_valid' },
    {
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' },
    },
  )
