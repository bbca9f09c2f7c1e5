import type { Seconds } from '../base/clock.ts'
import type { KeyRing } from '../keys/ring.ts'
import type { FeedState } from '../sessions/revocation-feed.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Store } from '../stores/store.ts'

/** `degraded`: it answers, and somebody should look. */
export type HealthStatus = 'ok' | 'degraded' | 'down'

/** How an instance is. Nothing in it is a secret, and nothing of users or tokens. */
export interface Health {
  /** The worst of its parts. */
  readonly status: HealthStatus
  /** Whether the store answers within a second. */
  readonly store: { readonly status: HealthStatus }
  readonly keys: { readonly status: HealthStatus }
  /** What this process knows of sessions that have ended: for how many seconds it may have missed something. */
  readonly revocations?: {
    readonly status: HealthStatus
    readonly age: number
    readonly entries: number
  }
  /** Seconds by which this machine's clock is ahead of the store's; negative: behind. Where the store has one. */
  readonly clock?: { readonly status: HealthStatus; readonly ahead: number }
  readonly redis?: { readonly status: HealthStatus }
}

/** Milliseconds for which the store may think about its answer. */
const PATIENCE = 1_000

/** Milliseconds for which an answer is given again: whoever asks more often loads nobody. */
const KEPT = 500

/** Seconds of silence after which a feed counts as cut: it is heard of several times a second. */
const SILENCE = 5

/** Seconds by which clocks may differ (R13). */
export const MAX_CLOCK_SKEW = 5

/** The parts of an instance that are checked. */
export interface HealthDeps {
  readonly store: Store
  readonly sessions: Pick<SessionManager, 'feed'> | undefined
  readonly ring: KeyRing
  readonly redis: { state(): 'up' | 'down' } | undefined
}

export interface HealthSettings {
  readonly revocationMaxAge: Seconds
  /** Whether the keys come from the options. */
  readonly hasConfiguredKeys: boolean
}

/** Answers how an instance is; never rejects, and within some two seconds. */
export function healthCheck(
  open: () => Promise<HealthDeps>,
  settings: HealthSettings,
): () => Promise<Health> {
  let asked: Promise<Health> | undefined
  let pinging: Promise<void> | undefined
  /** A store that hangs is not asked a second time before it has answered: what waits there holds connections. */
  const ping = (store: Pick<Store, 'ping'>): Promise<void> => {
    pinging ??= store.ping().finally(() => {
      pinging = undefined
    })
    return pinging
  }
  return () => {
    asked ??= examined(open, ping, settings).finally(() => {
      setTimeout(() => {
        asked = undefined
      }, KEPT).unref()
    })
    return asked
  }
}

async function examined(
  open: () => Promise<HealthDeps>,
  ping: (store: Store) => Promise<void>,
  settings: HealthSettings,
): Promise<Health> {
  const instance = await inTime(open())
  if (instance === undefined) return summed({ store: DOWN, keys: DOWN })
  const { store, sessions, redis } = instance
  return summed({
    store: (await inTime(ping(store).then(() => OK))) ?? DOWN,
    keys: keysOf(instance, settings),
    ...(sessions && {
      revocations: feedHealth(sessions.feed(), settings.revocationMaxAge),
    }),
    ...(store.time && { clock: clockHealth(store.time.ahead()) }),
    ...(redis && {
      redis: { status: redis.state() === 'up' ? 'ok' : 'degraded' } as const,
    }),
  })
}

const OK = { status: 'ok' } as const
const DOWN = { status: 'down' } as const

/** Given keys are there with the settings; made ones, when somebody has opened them. */
function keysOf({ ring }: HealthDeps, settings: HealthSettings): Health['keys'] {
  if (settings.hasConfiguredKeys) return OK
  try {
    ring.signing()
    return OK
  } catch {
    return DOWN
  }
}

export function feedHealth(
  { age, entries, full }: FeedState,
  maxAge: Seconds,
): NonNullable<Health['revocations']> {
  const isLate = age > Math.min(SILENCE, maxAge)
  // Where the settings trust no memory, the store is asked each time, whatever the feed says.
  const isCut = maxAge > 0 && age > maxAge
  return {
    status: isCut ? 'down' : isLate || full ? 'degraded' : 'ok',
    age: tenths(age),
    entries,
  }
}

export const clockHealth = (ahead: Seconds): NonNullable<Health['clock']> => ({
  status: Math.abs(ahead) > MAX_CLOCK_SKEW ? 'degraded' : 'ok',
  ahead: tenths(ahead),
})

const tenths = (seconds: Seconds): number => Math.round(seconds * 10) / 10

const SEVERITY: readonly HealthStatus[] = ['ok', 'degraded', 'down']

function summed(parts: Omit<Health, 'status'>): Health {
  const worst = Math.max(
    ...Object.values(parts).map(({ status }) => SEVERITY.indexOf(status)),
  )
  return { status: SEVERITY[worst] ?? 'down', ...parts }
}

/** @returns `undefined` where it fails or takes too long */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let patience: NodeJS.Timeout | undefined
  const over = new Promise<undefined>((resolve) => {
    patience = setTimeout(() => resolve(undefined), PATIENCE)
  })
  try {
    return await Promise.race([work, over])
  } catch {
    return undefined
  } finally {
    clearTimeout(patience)
  }
}
