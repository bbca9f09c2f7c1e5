import { call } from './call.ts'
import type { Answer, Core, PendingSignOut } from './core.ts'
import { LONGEST, later, within } from './platform.ts'
import { clear, enter } from './session.ts'
import type { Session } from './stored-state.ts'
import type { SignedOutReason } from './types.ts'

/** A sign-out that failed is sent again after 1, 4, 16 and 64 seconds; later when the page wakes. */
const RETRIES = 4

/** For `signOut`. */
export interface HowToSignOut {
  readonly everywhere?: boolean
}

export const jobOf = <U>({ clock }: Core<U>, session?: Session): PendingSignOut => ({
  out: { sid: session?.claims.sid, at: clock.wall(), access: session?.access },
  refresh: session?.refresh,
})

/** Asks the server to revoke a session, and retries if it cannot be reached. Never rejects. */
export async function sendSignOut<U>(core: Core<U>, job: PendingSignOut): Promise<void> {
  const { out, refresh, tries = 0 } = job
  const { platform, settings, unsent } = core
  job.tries = tries + 1
  unsent.add(job)
  const address = core.signOutAddress ?? `${settings.tokens}/blacklist/`
  const proof = refresh ? { body: { refresh } } : { access: out.access }
  const answer = await quietly(call(core, address, { keepalive: true, ...proof }))
  if (/200|40[01]/.test(`${answer?.status}`)) {
    unsent.delete(job)
    if (!core.session && !unsent.size) await core.confirmed?.(out)
  } else if (tries < RETRIES) {
    const again = () => unsent.has(job) && void sendSignOut(core, job)
    later(platform, 4 ** tries * 1000, again)
  }
}

const quietly = (asked: Promise<Answer>): Promise<Answer | undefined> =>
  asked.catch(() => undefined)

/** The network is back: ends the pause after its failure, and sends what is left. */
export function resume<U>(core: Core<U>): void {
  if (core.failure?.code === 'network') core.pausedUntil = 0
  for (const job of core.unsent) void sendSignOut(core, job)
}

/** A sign-in or sign-out replaces a sign-in that is under way. */
export function startTurn<U>(core: Core<U>): AbortController {
  // The answer of one with cookies must not replace those of a later one.
  if (core.cookies || core.isClosed) core.turn?.abort()
  core.turn = new AbortController()
  return core.turn
}

/** Never rejects, and takes ten seconds at most. */
export const signOut = <U>(
  core: Core<U>,
  how?: HowToSignOut,
  reason?: SignedOutReason,
): Promise<void> => within(core.platform, LONGEST / 2, signingOut(core, how, reason))

async function signingOut<U>(
  core: Core<U>,
  how: HowToSignOut = {},
  reason: SignedOutReason = 'signOut',
): Promise<void> {
  if (core.state.status === 'loading') await core.ready
  if (core.isClosed) return
  startTurn(core)
  const { session, isUnsure, settings } = core
  if (!session && !isUnsure) return
  const job = jobOf(core, session)
  clear(core, reason)
  void core.ended?.(job.out)
  core.post?.('out', session)
  if (how.everywhere) {
    const address = `${settings.accounts}/sessions/`
    const sent = { method: 'DELETE', access: session?.access, keepalive: true }
    if ((await quietly(call(core, address, sent)))?.status !== 204) enter(core, 'problem')
  }
  await sendSignOut(core, job)
}
