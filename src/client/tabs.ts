import { isRecord } from './claims.ts'
import type { Core, TabsPart } from './core.ts'
import type { locked } from './lock.ts'
import { sleep, tried } from './platform.ts'
import { endSession, MIN_INTERVAL } from './refresh.ts'
import { clear, show, startEpoch } from './session.ts'
import { isNewer, type Session, type StoredState } from './stored-state.ts'
import type { AuthEvent } from './types.ts'

/** A message of another tab. */
interface TabMessage {
  readonly kind: 'in' | 'refreshed' | 'out' | 'ask'
  readonly sid: unknown
  readonly session: Session
}

export interface Tabs extends Omit<TabsPart, 'lock' | 'stopWaiting'> {
  readonly lock?: TabsPart['lock']
  adopt(next: Session, isSignIn: boolean): void
  /** Lets no 401 refresh a session that another tab, or the page before, has just got. */
  keepQuiet(next: Session): void
  /** Asks other tabs for a newer session before the next refresh. */
  askFirst(): void
}

/** @param lock if all tabs have the same session, and not only a tab and those opened by it */
export function tabsPart(
  core: Core,
  name: string,
  read: () => Promise<StoredState>,
  lock: typeof locked | undefined,
): Tabs {
  const isShared = lock !== undefined
  const { platform, clock } = core
  const { BroadcastChannel } = platform
  // Another client of this page would hear it, too.
  const from = platform.Math.random()
  const channel = BroadcastChannel && tried(() => new BroadcastChannel(name))
  let isAsking = false
  if (channel)
    channel.onmessage = ({ data }) => {
      const isForeign = isRecord(data) && data.from !== from
      if (isForeign && !core.isClosed) receive(data as unknown as TabMessage)
    }

  // In Node.js it would keep the process alive.
  channel?.unref?.()

  function post(kind: TabMessage['kind'], of: Session | undefined): void {
    const session = /in|refreshed/.test(kind) && of
    const message = { from, kind, sid: of?.claims.sid, ...(session && { session }) }
    tried(() => channel?.postMessage(message))
  }

  const isSame = (sid: unknown): boolean =>
    core.session !== undefined && core.session.claims.sid === sid

  function receive({ kind, sid, session: next }: TabMessage): void {
    const isMine = isSame(sid)
    if (!isShared && !(isMine && sid)) return
    if (kind === 'out') {
      if (!isMine && !core.isUnsure) return
      // A shared storage has the sign-out, which the server may not have confirmed yet.
      const end = isShared ? clear : endSession
      end(core, 'signOutElsewhere')
    } else if (kind === 'ask') {
      if (isMine) post('refreshed', core.session)
    } else if (isRecord(next?.claims)) adopt(next, kind === 'in')
  }

  /** A repeated request of the tab that got this session may still be on its way: after a later refresh it would count as reuse. */
  function keepQuiet({ at = 0 }: Session): void {
    const age = Math.max(clock.wall() - at, 0)
    core.quietUntil = clock.now() + MIN_INTERVAL - age
  }

  /** Adopts the session of another tab. */
  function adopt(next: Session, isSignIn: boolean): void {
    const { session, isUnsure } = core
    const isMine = isSame(next.claims.sid)
    const isKnown = session !== undefined && !isNewer(next, session)
    const isStray = !isSignIn && !session && !isUnsure && core.state.status !== 'loading'
    if (isStray || (isKnown && (isMine || !isSignIn))) return
    const event = eventOf(isMine)
    if (session && !isMine) startEpoch(core)
    if (isMine) core.refreshedAt = clock.now()
    keepQuiet(next)
    show(core, next, event)
    core.stopWaiting?.()
  }

  function eventOf(isMine: boolean): AuthEvent {
    if (!core.session) return 'signedIn'
    return isMine ? 'refreshed' : 'userChanged'
  }

  async function newer(before: Session | undefined, isCurrent: () => boolean) {
    if (isAsking) {
      isAsking = false
      post('ask', core.session)
      await sleep(platform, 100)
    }
    const look = async () => {
      const { session } = await read()
      if (!session || !before || !isNewer(session, before)) return undefined
      return () => adopt(session, false)
    }
    const first = await look()
    if (first || !isShared || !isCurrent()) return first
    // A value written by another tab may be seen late.
    await sleep(platform, 50)
    return look()
  }

  return {
    post,
    adopt,
    keepQuiet,
    newer,
    askFirst: () => {
      isAsking = !isShared && channel !== undefined
    },
    closeTabs: () => channel?.close(),
    ...(lock && {
      lock(work) {
        const { done, stopWaiting } = lock(name, platform, work)
        core.stopWaiting = stopWaiting
        return done
      },
    }),
  }
}
