import { errorOfAnswer, isEnd, reasonOf, sessionOf } from './answer.ts'
import { call } from './call.ts'
import type { Core, Held } from './core.ts'
import { AuthError } from './error.ts'
import { LONGEST, within } from './platform.ts'
import { clear, enter, secondsLeft, show, userIn } from './session.ts'
import type { Session } from './stored-state.ts'
import type { SignedOutReason } from './types.ts'

/** The least milliseconds between two refreshes; after a 401, a refresh may follow sooner. */
export const MIN_INTERVAL = 10_000
const MIN_INTERVAL_AFTER_401 = 1000
/** Seconds before `exp` at which a token counts as expired, for the time that a request travels. */
const EXPIRY_MARGIN = 5

type Finish = () => void

/** Refreshes, once for concurrent callers. Resolves also if a sign-in or sign-out came first. @throws AuthError */
export function refresh<U>(core: Core<U>): Promise<void> {
  if (core.refreshing) return core.refreshing
  const late = () => {
    throw new AuthError('timeout')
  }
  const own = within(core.platform, LONGEST, refreshing(core), late).finally(() => {
    if (core.refreshing === own) core.refreshing = undefined
  })
  core.refreshing = own
  return own
}

async function refreshing<U>(core: Core<U>): Promise<void> {
  const { session: before, epoch: start, failure } = core
  const pause = pausedFor(core)
  if (failure && pause > 0)
    throw new AuthError(failure.code, { ...failure, retryAfter: Math.ceil(pause / 1000) })
  const isCurrent = () => core.epoch === start && core.session === before
  const work = () => exchange(core, before, isCurrent)
  const finish = await (core.lock?.(work) ?? work())
  if (isCurrent()) finish?.()
}

/** Refreshes, if other tabs are known while they are held off. @returns what to do after that */
async function exchange<U>(
  core: Core<U>,
  before: Session | undefined,
  isCurrent: () => boolean,
): Promise<Finish | undefined> {
  const adopt = await core.newer?.(before, isCurrent)
  if (adopt || !isCurrent()) return adopt
  const stop = new AbortController()
  core.round = stop
  const attempt = async (isRepeated?: boolean) => {
    // Answered, or ended by a sign-in or sign-out: not sent again.
    if (stop.signal.aborted || !isCurrent()) throw new AuthError('closed')
    if (isRepeated) core.uncertain = before
    return (core.ask ?? ask)(before, stop)
  }
  const ask = () =>
    call(core, `${core.settings.tokens}/refresh/`, {
      body: { refresh: before?.refresh },
      stop,
    })
  try {
    const answer = await (core.attempts?.(attempt) ?? attempt())
    stop.abort()
    if (!isCurrent()) return undefined
    if ((core.isEnd ?? isEnd)(answer)) return () => ended(core, before, reasonOf(answer))
    if (answer.status !== 200) throw errorOfAnswer(answer, 'unavailable')
    const next = sessionOf(core, answer, before)
    await core.keep?.(next)
    // An earlier attempt that is still on its way must not arrive after the next token was used: it would count as reuse.
    const quiet = core.uncertain === before ? MIN_INTERVAL : MIN_INTERVAL_AFTER_401
    return () => refreshed(core, next, quiet)
  } catch (error) {
    return () => failed(core, before, error as AuthError)
  }
}

function refreshed<U>(core: Core<U>, next: Session, quiet: number): void {
  const event = core.session ? 'refreshed' : 'restored'
  const now = core.clock.now()
  core.refreshedAt = now
  core.quietUntil = now + quiet
  core.pausedUntil = core.failures = 0
  show(core, next, event)
  core.post?.('refreshed', next)
}

function ended<U>(
  core: Core<U>,
  before: Session | undefined,
  reason: SignedOutReason,
): void {
  // Its own repeated request may be the cause.
  const isOwnFault = core.uncertain === before && reason === 'revoked'
  endSession(core, before && (isOwnFault ? 'unknown' : reason), before)
  if (before) core.post?.('out', before)
}

/** Clears a session that the server has ended. */
export function endSession<U>(
  core: Core<U>,
  reason: SignedOutReason | undefined,
  of = core.session,
): void {
  void core.confirmed?.(of && { sid: of.claims.sid, at: core.clock.wall() })
  clear(core, reason)
}

/** Of a user who stays signed in. */
export function report<U>(core: Core<U>, problem: AuthError): void {
  const user = userIn(core)
  enter(core, 'problem', user && { status: 'signedIn', user, problem })
}

function failed<U>(core: Core<U>, before: Session | undefined, error: AuthError): never {
  const { clock, platform } = core
  if (/network|timeout/.test(error.code)) core.uncertain = before
  const backOff = Math.min(60, 2 ** core.failures++) * (0.5 + platform.Math.random() / 2)
  core.pausedUntil = clock.now() + (error.retryAfter ?? backOff) * 1000
  core.failure = error
  report(core, error)
  core.schedule?.()
  throw error
}

/** Milliseconds until the end of the back-off. */
const pausedFor = <U>({ pausedUntil, clock }: Core<U>): number =>
  pausedUntil - clock.now()

const untilNext = <U>({ refreshedAt, clock }: Core<U>): number =>
  refreshedAt + MIN_INTERVAL - clock.now()

/** Milliseconds until a refresh that no 401 asked for may be sent. */
export const untilAllowed = <U>(core: Core<U>): number =>
  Math.max(untilNext(core), pausedFor(core), 0)

/** The session for a request, refreshed if its token has expired. @param least seconds that the token must live @throws AuthError */
export async function hold<U>(
  core: Core<U>,
  least: number = EXPIRY_MARGIN,
): Promise<Held | undefined> {
  if (core.isClosed) throw new AuthError('closed')
  await core.ready
  const isDue = core.isUnsure || secondsLeft(core) <= least
  if (isDue && untilNext(core) <= 0)
    await refresh(core).catch((error) => {
      if (secondsLeft(core) <= 0) throw error
    })
  const { session, epoch } = core
  return session && { session, epoch }
}

/** The newer session of the same user after a 401, to send a request again. */
export async function recover<U>(
  core: Core<U>,
  held: Held,
): Promise<Session | undefined> {
  if (core.session === held.session && core.clock.now() >= core.quietUntil)
    await tryRefresh(core)
  const { session, epoch } = core
  if (epoch !== held.epoch || session === held.session) return undefined
  return session
}

/** Never rejects. */
export const tryRefresh = <U>(core: Core<U>): Promise<void> =>
  refresh(core).catch(() => {})
