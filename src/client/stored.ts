import type { Core } from './core.ts'
import { AuthError } from './error.ts'
import { followPage } from './follow-page.ts'
import type { locked } from './lock.ts'
import type { PageEvent } from './platform.ts'
import { report } from './refresh.ts'
import { clear, show } from './session.ts'
import { sendSignOut } from './sign-out.ts'
import { storageSlotOf } from './storage.ts'
import type { Session, SignedOutSession, StoredState } from './stored-state.ts'
import { tabsPart } from './tabs.ts'
import type { TokenStorage } from './types.ts'

/** How long a sign-out is worth sending. */
const DAY = 86_400_000
/** For how long a sign-out is left to the tab in which it was. */
const TURN = 10_000

/** What differs between storages. */
export interface Storing {
  readonly storage: TokenStorage
  /** Whether tabs share the session; then they take turns. */
  readonly lock?: typeof locked | undefined
  /** What is stored of a session; nothing if `undefined`. */
  stateOf(session: Session): StoredState | undefined
  /** Whether a stored sign-out is that of the session in memory. */
  isOwn(out: SignedOutSession): boolean
}

/** Keeps a session in a storage, and shares it with other tabs. */
export function storeIn(core: Core, storing: Storing) {
  const { platform, settings, clock, options } = core
  const given = options.name ?? settings.tokens
  const name = `watchword.${given.replace(/[^\w.-]+/g, '_')}`
  const { storage, lock, stateOf, isOwn } = storing
  const isShared = lock !== undefined
  let hasFailed = false
  const failed = (cause: unknown): void => {
    if (hasFailed || core.cookies) return
    hasFailed = true
    core.warn('the storage failed: reloading the page signs out.')
    report(core, new AuthError('storage', { cause }))
  }
  followPage(core)
  warnOfTwo(core, name)
  const slot = storageSlotOf(storage, name, platform, failed)
  const { adopt, askFirst, keepQuiet, ...tabs } = tabsPart(core, name, slot.read, lock)

  async function readAgain(): Promise<void> {
    const { epoch } = core
    const { session, out } = await slot.read()
    // A sign-in or sign-out that came meanwhile is not yet what was read.
    if (core.isClosed || core.epoch !== epoch) return
    if (session) adopt(session, true)
    if (!out) return
    if (isOwn(out)) clear(core, 'signOutElsewhere')
    const isLeft = clock.wall() - out.at > TURN && !core.session && !core.unsent.size
    if (isLeft) resume(out)
  }

  /** Sends a sign-out that was stored. @returns whether there is one */
  function resume(out: SignedOutSession | undefined): boolean {
    const isUnsent = out !== undefined && !out.sent && clock.wall() - out.at < DAY
    if (isUnsent) void sendSignOut(core, { out })
    return isUnsent
  }

  if (isShared)
    platform.addEventListener?.(
      'storage',
      ({ key, newValue }: PageEvent) => {
        if (key === name && newValue) void readAgain()
      },
      { signal: core.life.signal },
    )

  Object.assign(core, tabs, {
    readAgain,
    async restore() {
      const { session, out } = await slot.read()
      if (core.state.status !== 'loading') return
      resume(out)
      if (!session) return
      askFirst()
      keepQuiet(session)
      show(core, session, 'restored')
      if (platform.document) core.wake?.()
    },
    keep(session: Session) {
      const state = stateOf(session)
      return state ? slot.write(state) : slot.remove()
    },
    ended: (out: SignedOutSession) => slot.write({ out }),
    confirmed(out: SignedOutSession | undefined) {
      if (!out || !isShared) return slot.remove()
      return slot.write({ out: { sid: out.sid, at: out.at, sent: true } })
    },
  })
  return { read: slot.read, resume }
}

const NAMES = /* @__PURE__ */ new Set<string>()

/** Two clients of one page that share a storage. */
function warnOfTwo({ platform, life, warn }: Core, name: string): void {
  if (!platform.document) return
  if (NAMES.has(name)) warn(`create only one client ${name}`)
  NAMES.add(name)
  life.signal.addEventListener('abort', () => NAMES.delete(name))
}
