import { hideToken, isOfThisPage } from './address-bar.ts'
import { type Answer, errorOf, isDefinite, reasonOf, sessionOf } from './answer.ts'
import { attempts } from './attempts.ts'
import { callerOf } from './calls.ts'
import { claimsOf, userOf } from './claims.ts'
import { clockOf } from './clock.ts'
import { CSRF_HEADER, credentials, csrfCookie } from './csrf.ts'
import { AuthError, closed, late } from './error.ts'
import { abortable, fetching, type Held, isOurs, isSafe } from './fetching.ts'
import { type Ended, type Found, isNewer, type Session } from './kept.ts'
import { aheadOf, restOf } from './life.ts'
import { locked } from './lock.ts'
import {
  LONGEST,
  later,
  type PageEvent,
  type Platform,
  sleep,
  type WebStorage,
  within,
} from './platform.ts'
import { settingsOf } from './settings.ts'
import { isLeft, isRecent, tellerOf, type Unsent } from './signing-out.ts'
import { shelfOf, webStorage } from './storage.ts'
import { type Kind, type Said, tabsOf } from './tabs.ts'
import type {
  AuthEvent,
  AuthState,
  Client,
  ClientOptions,
  Credentials,
  SignedOutReason,
  TokenUser,
} from './types.ts'

/** Milliseconds between refreshes that no 401 asks for, and after a 401. */
const BETWEEN = 10_000
const BETWEEN_401 = 1000
/** Seconds before its end at which a token counts as expired. */
const TRAVEL = 5
/** Seconds of life below which a page that comes to the front refreshes. */
const SOON = 30
/** After so long without input, a page no longer refreshes ahead. */
const IDLE = 1_800_000
const LOADING = /* @__PURE__ */ Object.freeze({ status: 'loading' as const })

const NAMES = /* @__PURE__ */ new Set<string>()

/** What `passkeys()` uses of a client. */
export interface Internals<U> {
  post(path: string, body: object): Promise<Answer>
  signIn(path: string, body: object): Promise<U>
}

export const INTERNALS: unique symbol = /* @__PURE__ */ Symbol.for('watchword.client')

/** `createClient` on a given platform. */
export function createClientIn<U extends object = TokenUser>(
  platform: Platform,
  url?: string,
  options: ClientOptions<U> = {},
): Client<U> {
  const settings = settingsOf(url, options, platform)
  const { transport, tokens, accounts, name, base } = settings
  const label = `watchword.${name}`
  const isBody = transport === 'body'
  const { document } = platform
  /** Node.js has locks and channels, too, and its clients share nothing. */
  const inBrowser = platform.location !== undefined
  const isShared = inBrowser && (!isBody || options.storage === 'browser')
  const readsCookies = isOfThisPage(platform, base)
  // Looked up at each request: tracing libraries replace it.
  const send: typeof fetch = options.fetch ?? ((...args) => platform.fetch(...args))
  const clock = clockOf(platform)
  const { wall, now } = clock

  let state: AuthState<U> = LOADING
  let session: Session | undefined
  let epoch = 0
  let turn = 0
  let heldAt = 0
  let refreshedAt = Number.NEGATIVE_INFINITY
  let quietUntil = 0
  let jitter = 1
  let failures = 0
  let pausedUntil = 0
  let pausedBy: AuthError | undefined
  let uncertain: Session | undefined
  let isUnsure = false
  let isAsking = false
  let isClosed = false
  let lastCsrf: string | undefined
  let lastInput = 0
  let timer: unknown
  let pending: Promise<void> | undefined
  let stopWaiting = () => {}
  const life = new AbortController()
  let requests = new AbortController()
  let signingIn = new AbortController()
  const unsent = new Set<Unsent>()
  const warned = new Set<string>()
  const listeners = new Set<(state: AuthState<U>, event: AuthEvent) => void>()

  // ---- state

  function emit(event: AuthEvent): void {
    const seen = state
    void Promise.resolve().then(() => {
      for (const listener of [...listeners]) {
        try {
          listener(seen, event)
        } catch (error) {
          platform.setTimeout(() => {
            throw error
          }, 0)
        }
      }
    })
  }

  function become(next: AuthState<U>, event: AuthEvent): void {
    state = Object.freeze(next)
    emit(event)
  }

  function warn(text: string): void {
    if (warned.has(text)) return
    warned.add(text)
    platform.console?.warn(`watchword: ${text}`)
  }

  function show(next: Session, event: AuthEvent, given?: U): void {
    session = next
    heldAt = now()
    jitter = 1 - platform.Math.random() / 10
    isUnsure = false
    lastCsrf = next.csrf ?? lastCsrf
    const { claims } = next
    const user = given ?? options.user?.(claims) ?? (userOf(claims) as U)
    const before = state
    const isSame = before.status === 'signedIn' && isEqual(before.user, user)
    if (!isSame || before.problem)
      state = Object.freeze({ status: 'signedIn', user: isSame ? before.user : user })
    emit(event)
    if (!isSame && event === 'refreshed' && before.status === 'signedIn')
      emit('userChanged')
    arm()
  }

  /** Ends the session here: what is under way belongs to the past. */
  function leave(reason?: SignedOutReason): void {
    session = undefined
    isUnsure = false
    pass()
    become({ status: 'signedOut', ...(reason && { reason }) }, 'signedOut')
  }

  function pass(): void {
    epoch++
    requests.abort()
    requests = new AbortController()
    pausedUntil = 0
    failures = 0
    refreshedAt = Number.NEGATIVE_INFINITY
    quietUntil = 0
    pending = undefined
    platform.clearTimeout(timer)
    stopWaiting()
  }

  function report(error: AuthError): void {
    if (state.status === 'signedIn')
      become({ status: 'signedIn', user: state.user, problem: error }, 'problem')
    else emit('problem')
  }

  // ---- storage, tabs

  const storage = storageOf()
  const shelf =
    storage &&
    shelfOf(storage, label, platform, (cause) => {
      if (!isBody || warned.has(NO_STORAGE)) return
      warn(NO_STORAGE)
      report(new AuthError('storage', NO_STORAGE, { cause }))
    })

  function storageOf() {
    const { storage: given = 'memory' } = options
    if (typeof given === 'object') return given
    if (!inBrowser || (isBody && given === 'memory')) return undefined
    const from = given === 'tab' ? 'sessionStorage' : 'localStorage'
    return webStorage(() => platform[from] as WebStorage)
  }

  function keep(next: Session): Promise<void> | undefined {
    if (isBody) return shelf?.write({ session: next })
    if (readsCookies || !lastCsrf) return shelf?.remove()
    return shelf?.write({ csrf: lastCsrf })
  }

  const tabs = inBrowser ? tabsOf(label, platform, receive) : undefined
  const post = (kind: Kind, of = session): void => tabs?.say(kind, of)

  function receive({ kind, sid, session: next }: Said): void {
    if (isClosed) return
    const isMine = session !== undefined && session.claims.sid === sid
    if (!isShared && !(isMine && sid)) return
    if (kind === 'out') {
      if (isMine || isUnsure) leaveWith('signOutElsewhere')
    } else if (kind === 'ask') {
      if (isMine) post('refreshed')
    } else adopt(next, kind === 'in')
  }

  /** Takes over what another tab has. */
  function adopt(next: Session, isSignIn: boolean): void {
    const isSame = session !== undefined && session.claims.sid === next.claims.sid
    const isKnown = session !== undefined && !isNewer(next, session)
    const isStray = !isSignIn && !session && !isUnsure && state.status !== 'loading'
    if (isStray || (isKnown && (isSame || !isSignIn))) return
    const event = session ? (isSame ? 'refreshed' : 'userChanged') : 'signedIn'
    if (!isSame && session) pass()
    if (isSame) {
      // A repeated request of the other tab may still be on its way.
      refreshedAt = now()
      quietUntil = refreshedAt + BETWEEN
    }
    show(next, event)
    stopWaiting()
  }

  async function readAgain(): Promise<void> {
    const found = await shelf?.read()
    if (found && !isClosed) apply(found)
  }

  function apply({ session: next, out }: Found): void {
    if (next) adopt(next, true)
    if (!out) return
    // A browser has one session of cookies.
    const isItsOwn = session ? !isBody || out.sid === session.claims.sid : isUnsure
    if (isItsOwn) leave('signOutElsewhere')
    if (!session && !out.told && !unsent.size) void tell({ out })
  }

  function listen(
    target: Pick<Platform, 'addEventListener'> | undefined,
    run: (event: PageEvent) => void,
    ...types: readonly string[]
  ): void {
    for (const type of types)
      target?.addEventListener?.(type, run, { signal: life.signal })
  }

  // ---- requests of its own

  const csrfToken = (): string => (readsCookies && csrfCookie(platform)) || lastCsrf || ''

  const call = callerOf({
    platform,
    settings,
    clock,
    send,
    csrfToken,
    isClosed: () => isClosed,
  })

  // ---- time

  /** Seconds that the access token lives. */
  const rest = (): number =>
    session && (session.access || !isBody) ? restOf(session, clock, heldAt) : 0

  const isVisible = (): boolean => document?.visibilityState !== 'hidden'
  const isIdle = (): boolean => document !== undefined && now() - lastInput > IDLE

  function arm(): void {
    platform.clearTimeout(timer)
    if (isClosed || options.refreshAhead === false) return
    if (!isUnsure && rest() === Number.POSITIVE_INFINITY) return
    if ((!session && !isUnsure) || !isVisible()) return
    timer = later(platform, Math.max(wait(), 100), () => {
      if (!isVisible() || isIdle()) return
      if (wait() > 0) arm()
      else void refresh().catch(() => {})
    })
  }

  /** Milliseconds until a refresh is due. */
  const wait = (): number =>
    Math.max(
      isUnsure ? 0 : (rest() - aheadOf(session) * jitter) * 1000,
      refreshedAt + BETWEEN - now(),
      pausedUntil - now(),
    )

  // ---- refreshing

  /** One at a time. Resolves also if a sign-in or sign-out came first. @throws AuthError */
  function refresh(): Promise<void> {
    if (pending) return pending
    const own = within(platform, LONGEST, refreshing(), () => {
      throw late()
    }).finally(() => {
      if (pending === own) pending = undefined
    })
    pending = own
    return own
  }

  async function refreshing(): Promise<void> {
    const left = pausedUntil - now()
    if (left > 0 && pausedBy)
      throw new AuthError(pausedBy.code, pausedBy.message, {
        ...pausedBy,
        retryAfter: Math.ceil(left / 1000),
      })
    const before = session
    const start = epoch
    const isCurrent = () => epoch === start && session === before && !isClosed
    const work = () => exchange(before, isCurrent)
    let finish: (() => void) | undefined
    if (isShared) {
      const lock = locked(label, platform, work)
      stopWaiting = lock.stopWaiting
      finish = await lock.done
    } else finish = await work()
    if (isCurrent()) finish?.()
  }

  /** What the lock is held for. @returns what follows, outside of the lock */
  async function exchange(
    before: Session | undefined,
    isCurrent: () => boolean,
  ): Promise<(() => void) | undefined> {
    const newer = await newerThan(before, isCurrent)
    if (newer) return () => adopt(newer, false)
    if (!isCurrent()) return undefined
    const round = requests
    let count = 0
    try {
      const answer = await attempts(
        async () => {
          // Aborted by a sign-in or sign-out: not sent again.
          if (!isCurrent()) throw closed()
          count++
          return ask(before, round.signal)
        },
        settings.overlap * 0.8,
        now,
        platform,
      )
      round.abort()
      if (round === requests) requests = new AbortController()
      if (!isCurrent()) return undefined
      if (isEnd(answer)) return () => ended(before, answer)
      if (answer.status !== 200) throw errorOf(answer, 'unavailable')
      const next = sessionOf(answer, transport, wall(), before)
      await keep(next)
      // One that is still on its way must not arrive after the next token was used: it would look stolen.
      const isAlone = count < 2 && !(before && uncertain === before)
      return () => refreshed(next, isAlone ? BETWEEN_401 : BETWEEN)
    } catch (error) {
      return () => failed(before, error as AuthError)
    }
  }

  const isEnd = (answer: Answer): boolean =>
    isDefinite(answer) ||
    (transport === 'session' && answer.status === 403 && 'detail' in answer.body)

  /** What another tab has written or announced. */
  async function newerThan(
    before: Session | undefined,
    isCurrent: () => boolean,
  ): Promise<Session | undefined> {
    if (isAsking) {
      isAsking = false
      post('ask')
      await sleep(platform, 100)
    }
    const read = async () => {
      const { session: found } = (isBody && (await shelf?.read())) || {}
      return found && before && isNewer(found, before) ? found : undefined
    }
    const first = await read()
    if (first || !isShared || !isCurrent()) return first
    // A value written by another tab may be seen late.
    await sleep(platform, 50)
    return read()
  }

  const ask = (before: Session | undefined, signal: AbortSignal): Promise<Answer> =>
    transport === 'session'
      ? call(`${accounts}/me/`, { method: 'GET', signal })
      : call(`${tokens}/refresh/`, {
          signal,
          body: isBody ? { refresh: before?.refresh } : undefined,
        })

  function refreshed(next: Session, quiet: number): void {
    const event = session ? 'refreshed' : 'restored'
    quietUntil = now() + quiet
    refreshedAt = now()
    failures = 0
    pausedUntil = 0
    show(next, event)
    post('refreshed')
  }

  function ended(before: Session | undefined, answer: Answer): void {
    const reason = reasonOf(answer)
    const isOwnFault = before !== undefined && uncertain === before
    leaveWith(before && (isOwnFault && reason === 'revoked' ? 'unknown' : reason), before)
    if (before) post('out', before)
  }

  /** Leaves a session that the server has ended. */
  function leaveWith(reason: SignedOutReason | undefined, of = session): void {
    if (of && isShared)
      void shelf?.write({ out: { sid: of.claims.sid, at: wall(), told: true } })
    else void shelf?.remove()
    leave(reason)
  }

  function failed(before: Session | undefined, error: AuthError): never {
    const { code, retryAfter } = error
    if (code === 'network' || code === 'timeout') uncertain = before
    const backOff = Math.min(60, 2 ** failures++) * (0.5 + platform.Math.random() / 2)
    pausedUntil = now() + (retryAfter ?? backOff) * 1000
    pausedBy = error
    report(error)
    arm()
    throw error
  }

  /** The session for a request, refreshed if its token has expired. @throws AuthError */
  async function hold(least = TRAVEL): Promise<Held | undefined> {
    if (isClosed) throw closed()
    await ready
    lastInput = now()
    const isDue = now() - refreshedAt >= BETWEEN && rest() <= least
    if (session && isDue)
      await refresh().catch((error) => {
        if (rest() <= 0) throw error
      })
    return session && { session, epoch }
  }

  async function recover(held: Held): Promise<boolean> {
    const isOld = () => epoch !== held.epoch || !session
    if (isOld()) return false
    if (session !== held.session) return true
    if (now() < quietUntil) return false
    await refresh().catch(() => {})
    return !isOld() && session !== held.session && transport !== 'session'
  }

  // ---- signing in and out

  async function signInAt(address: string, body: object): Promise<U> {
    const mine = nextTurn()
    const answer = await call(address, { body, signal: signingIn.signal }).catch(
      (error) => {
        throw mine === turn ? error : superseded()
      },
    )
    if (answer.status >= 300) throw errorOf(answer, 'invalid_credentials')
    return accept(sessionOf(answer, transport, wall()), mine)
  }

  const superseded = (): AuthError =>
    new AuthError('superseded', 'Another sign-in or sign-out came first.')

  /** A sign-in or sign-out replaces one that is under way. The answer of one with cookies must not replace those of a later one. */
  function nextTurn(): number {
    if (!isBody) signingIn.abort()
    signingIn = new AbortController()
    return ++turn
  }

  async function accept(next: Session, mine: number): Promise<U> {
    if (mine !== turn || isClosed) {
      if (isBody) void tell(endingOf(next))
      throw superseded()
    }
    const old = session
    pass()
    if (isBody && old) void tell(endingOf(old))
    if (!isBody) unsent.clear()
    lastInput = now()
    lastCsrf = next.csrf
    show(next, 'signedIn')
    post('in')
    await keep(next)
    if (state.status !== 'signedIn' || mine !== turn) throw superseded()
    return state.user
  }

  const endingOf = (of: Session | undefined): Unsent => ({
    out: { sid: of?.claims.sid, at: wall(), access: of?.access },
    refresh: of?.refresh,
  })

  const addressOf = (credentials: Readonly<Record<string, unknown>>): string => {
    if ('ticket' in credentials) return `${accounts}/second-factor/`
    if (!('password' in credentials)) return `${accounts}/code/redeem/`
    return transport === 'session' ? `${accounts}/login/` : `${tokens}/`
  }

  async function signIn(credentials: Credentials): Promise<U> {
    const { token } = credentials
    if (typeof token === 'string') hideToken(platform, token)
    return signInAt(addressOf(credentials), credentials)
  }

  async function signUp(fields: Readonly<Record<string, unknown>>): Promise<void> {
    const mine = nextTurn()
    const answer = await call(`${accounts}/users/`, { body: fields })
    if (answer.status >= 300) throw errorOf(answer, 'refused')
    if ('access' in answer.body) await accept(sessionOf(answer, transport, wall()), mine)
  }

  async function signOut(how: { readonly everywhere?: boolean } = {}): Promise<void> {
    if (isClosed) return
    nextTurn()
    const limit = (job: Promise<unknown>) => within(platform, LONGEST / 2, job, () => {})
    if (state.status === 'loading') {
      await limit(ready.then(() => signOut(how)))
      return
    }
    const old = session
    if (!old && !isUnsure) return
    const ending = endingOf(old)
    leave('signOut')
    void shelf?.write({ out: ending.out })
    post('out', old)
    await limit(tell({ ...ending, ...how }))
  }

  const tell = tellerOf(call, settings, platform, unsent, told, () => emit('problem'))

  function told({ sid, at }: Ended): Promise<void> | undefined {
    if (session || unsent.size) return undefined
    return isShared ? shelf?.write({ out: { sid, at, told: true } }) : shelf?.remove()
  }

  // ---- the life of a page

  async function start(): Promise<void> {
    const mine = epoch
    const isOver = () => state.status !== 'loading' || mine !== epoch
    if (options.initial) return begin(options.initial)
    const found = (await shelf?.read()) ?? {}
    if (isOver()) return
    const { session: kept, out, csrf } = found
    lastCsrf = csrf
    const isUntold = out !== undefined && !out.told && isRecent(out, wall())
    if (isUntold) void tell({ out })
    if (kept) {
      isAsking = !isShared && tabs !== undefined
      show(kept, 'restored')
      if (document) wake()
      return
    }
    if (isBody || !document || isUntold || (readsCookies && !csrfToken())) return leave()
    isUnsure = true
    await refresh().catch(() => {})
    if (isOver()) return
    leave('unknown')
    isUnsure = true
    arm()
  }

  function begin({ access, user }: NonNullable<typeof options.initial>): void {
    const claims = access ? claimsOf(access) : ((user ?? {}) as Session['claims'])
    show({ access, claims }, 'restored', user)
  }

  function wake(): void {
    if (isClosed || state.status === 'loading') return
    lastInput = now()
    for (const job of unsent) if (isLeft(job) && isRecent(job.out, wall())) void tell(job)
    void readAgain().then(() => {
      const isSoon = session !== undefined && rest() < SOON
      if ((isSoon || isUnsure) && now() - refreshedAt >= BETWEEN)
        void refresh().catch(() => {})
      else arm()
    })
  }

  function wakeIfVisible(): void {
    if (isVisible()) wake()
    else platform.clearTimeout(timer)
  }

  function online(): void {
    // The fault is over.
    if (pausedBy?.code === 'network') pausedUntil = 0
    for (const job of unsent) void tell(job)
    wake()
  }

  const touch = () => {
    const wasIdle = isIdle()
    lastInput = now()
    if (wasIdle) arm()
  }

  function close(): void {
    isClosed = true
    platform.clearTimeout(timer)
    life.abort()
    requests.abort()
    signingIn.abort()
    tabs?.close()
    NAMES.delete(name)
    listeners.clear()
  }

  if (document && NAMES.has(name))
    warn(`there are two clients of the name ${name}. Create one.`)
  if (document) NAMES.add(name)
  if (platform.isSecureContext === false)
    warn('this page is not secure: serve it over https.')
  lastInput = now()

  listen(document, wakeIfVisible, 'visibilitychange', 'resume')
  listen(platform, wakeIfVisible, 'pageshow')
  listen(platform, online, 'online')
  listen(platform, touch, 'pointerdown', 'keydown')
  listen(
    platform,
    ({ key, newValue }) => {
      if (isShared && newValue && key === label) void readAgain()
    },
    'storage',
  )

  const ready = within(platform, LONGEST, start(), () => {}).then(() => {
    if (state.status === 'loading' && !session) leave(isBody ? undefined : 'unknown')
  })

  const authFetch = fetching({
    settings,
    platform,
    send,
    hold,
    credentialsOf,
    recover,
  })

  function credentialsOf(
    held: Held | undefined,
    isUnsafe: boolean,
  ): Record<string, string> {
    return credentials(held?.session.access, !isBody && isUnsafe && csrfToken())
  }

  const client: Client<U> & { [INTERNALS]: Internals<U> } = {
    get state() {
      return state
    },
    get user() {
      return state.status === 'signedIn' ? state.user : undefined
    },
    // Of a client that knows more when it is created: what was rendered.
    initialState: state,
    ready,
    signIn,
    signUp,
    signOut,
    fetch: authFetch,
    async getAccessToken({ fresh = false, signal } = {}) {
      const find = async () => {
        await ready
        if (fresh && session && now() >= quietUntil) await refresh()
        return (await hold())?.session.access
      }
      return abortable(find(), signal)
    },
    async headersFor(to, method) {
      if (!isOurs(new URL(to, base), settings)) return {}
      // With cookies the header shows `recoverFrom401` whose request it was.
      return credentialsOf(await hold(), !isBody || !isSafe(method))
    },
    async recoverFrom401(sent) {
      await ready
      if (!session) return false
      const access = sent.Authorization?.split(' ')[1]
      if (access && access !== session.access)
        return claimsOf(access).sid === session.claims.sid
      if (!access && (isBody || sent[CSRF_HEADER] !== csrfToken())) return false
      // A cookie does not show whether it was the newest.
      if (!access && now() - refreshedAt < BETWEEN) return true
      return recover({ session, epoch })
    },
    subscribe(listener) {
      const own: typeof listener = (...args) => listener(...args)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    wake,
    close,
    [INTERNALS]: {
      post: async (path, body) => {
        const held = await hold()
        return call(accounts + path, { body, access: held?.session.access })
      },
      signIn: (path, body) => signInAt(accounts + path, body),
    },
  }
  return client
}

const NO_STORAGE = 'The storage failed: a reload signs out.'

const isEqual = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
