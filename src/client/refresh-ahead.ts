import type { Core } from './core.ts'
import { followPage, isHidden, listen } from './follow-page.ts'
import { later } from './platform.ts'
import { tryRefresh, untilAllowed } from './refresh.ts'
import { secondsLeft } from './session.ts'
import type { RefreshAheadOption } from './types.ts'

/** Milliseconds without input after which a page no longer refreshes ahead. */
const IDLE = 1_800_000
/** A longer timer fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1

function useTimer(core: Core): void {
  const { platform } = core
  const { document } = platform
  const { now } = core.clock
  let timer: unknown
  let jitter = 0
  let lastInput = now()

  const isIdle = () => document !== undefined && now() - lastInput > IDLE

  /** Milliseconds until a refresh is due. */
  function untilRefresh(): number {
    const { exp = 0, iat = 0 } = (core.session?.claims ?? {}) as Record<string, number>
    const ahead = Math.min(60, (exp - iat) / 5) * jitter
    const left = core.isUnsure ? 0 : secondsLeft(core) - ahead
    return Math.max(untilAllowed(core), left * 1000)
  }

  function schedule(): void {
    platform.clearTimeout(timer)
    jitter = 1 - platform.Math.random() / 10
    const wait = untilRefresh()
    const isOff = core.isClosed || isHidden(platform)
    if (!isOff && wait < Number.POSITIVE_INFINITY)
      timer = later(platform, Math.min(Math.max(wait, 100), LONGEST_TIMER), due)
  }

  function due(): void {
    if (isHidden(platform) || isIdle()) return
    if (untilRefresh() > 0) schedule()
    else void tryRefresh(core)
  }

  function touch(): void {
    const wasIdle = isIdle()
    lastInput = now()
    if (wasIdle) schedule()
  }

  followPage(core)
  core.schedule = schedule
  listen(core, touch, 'visibilitychange', 'pageshow', 'online', 'pointerdown', 'keydown')
}

/** A visible page refreshes before its access token expires, until half an hour without input has passed. */
export const refreshAhead = useTimer as unknown as RefreshAheadOption
