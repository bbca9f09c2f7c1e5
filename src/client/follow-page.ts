import { attempts } from './attempts.ts'
import type { Core } from './core.ts'
import type { Platform } from './platform.ts'
import { tryRefresh, untilAllowed } from './refresh.ts'
import { secondsLeft } from './session.ts'
import { durationOf } from './settings.ts'
import { resume } from './sign-out.ts'

/** A page that becomes visible refreshes if the token expires within so many seconds. */
const SOON = 30

export const isHidden = ({ document }: Platform): boolean =>
  document?.visibilityState === 'hidden'

/** For sessions that a page keeps: follows its events, and sends a refresh again while there is no answer. */
export function followPage(core: Core): void {
  if (core.wake) return
  const { platform, clock } = core
  const overlap = durationOf(core.options.overlap)

  async function wake(): Promise<void> {
    if (core.isClosed || core.state.status === 'loading') return
    resume(core)
    await core.readAgain?.()
    const isSoon = core.isUnsure || secondsLeft(core) < SOON
    if (isSoon && untilAllowed(core) <= 0) void tryRefresh(core)
    else core.schedule?.()
  }

  const changed = () => {
    if (!isHidden(platform)) void wake()
  }
  core.wake = wake
  core.attempts = (send) => {
    const end = clock.now() + overlap * 0.8
    return attempts(send, () => clock.now() < end, platform)
  }
  listen(core, changed, 'visibilitychange', 'resume', 'pageshow', 'online')
  if (platform.isSecureContext === false) core.warn('serve this page over https')
}

/** Listens to events of the page, those of the document included, for as long as the client is open. */
export function listen(
  { platform, life: { signal } }: Core,
  run: () => void,
  ...types: readonly string[]
): void {
  for (const type of types) platform.addEventListener?.(type, run, { signal })
}
