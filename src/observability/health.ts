import type { Seconds } from '../base/clock.ts'
import type { FeedState } from '../sessions/revocation-feed.ts'
import type { Settings } from '../settings/settings.ts'
import type { Store } from '../stores/store.ts'
import type { House } from '../instance/instance.ts'

/** `degraded`: it answers, and somebody should look. */
export type Condition = 'ok' | 'degraded' | 'down'

/** How an instance is. Nothing in it is a secret, and nothing of users or tokens. */
export interface Health {
  /** The worst of its parts. */
  readonly status: Condition
  /** Whether the store answers within a second. */
  readonly store: { readonly status: Condition }
  readonly keys: { readonly status: Condition }
  /** What this process knows of sessions that have ended: for how many seconds it may have missed something. */
  readonly revocations?: { readonly status: Condition; readonly age: number; readonly entries: number }
  /** Seconds by which this machine's clock is ahead of the store's; negative: behind. Where the store has one. */
  readonly clock?: { readonly status: Condition; readonly ahead: number }
  readonly redis?: { readonly status: Condition }
}

/** Milliseconds for which the store may think about its answer. */
const PATIENCE = 1_000

/** Milliseconds for which an answer is given again: whoever asks more often loads nobody. */
const KEPT = 500

/** Seconds of silence after which a feed counts as cut: it is heard of several times a second. */
const SILENCE = 5

/** Seconds by which clocks may differ (R13). */
export const SKEW = 5

/** Answers how an instance is; never rejects, and within some two seconds. */
export function healthVia(open: () => Promise<House>, settings: Settings): () => Promise<Health> {
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
  open: () => Promise<House>,
  ping: (store: Store) => Promise<void>,
  settings: Settings,
): Promise<Health> {
  const house = await inTime(open())
  if (house === undefined) return summed({ store: DOWN, keys: DOWN })
  const { store, sessions, redis } = house
  return summed({
    store: (await inTime(ping(store).then(() => OK))) ?? DOWN,
    keys: keysOf(house, settings),
    ...(sessions && { revocations: feedOf(sessions.feed(), settings.revocationMaxAge) }),
    ...(store.time && { clock: clockOf(store.time.ahead()) }),
    ...(redis && { redis: { status: redis.state() === 'up' ? 'ok' : 'degraded' } as const }),
  })
}

const OK = { status: 'ok' } as const
const DOWN = { status: 'down' } as const

/** Given keys are there with the settings; made ones, when somebody has opened them. */
function keysOf({ ring }: House, { keys }: Settings): Health['keys'] {
  if (keys !== undefined) return OK
  try {
    ring.signing()
    return OK
  } catch {
    return DOWN
  }
}

export function feedOf({ age, entries, full }: FeedState, maxAge: Seconds): NonNullable<Health['revocations']> {
  const isLate = age > Math.min(SILENCE, maxAge)
  // Where the settings trust no memory, the store is asked each time, whatever the feed says.
  const isCut = maxAge > 0 && age > maxAge
  return { status: isCut ? 'down' : isLate || full ? 'degraded' : 'ok', age: tenths(age), entries }
}

export const clockOf = (ahead: Seconds): NonNullable<Health['clock']> => ({
  status: Math.abs(ahead) > SKEW ? 'degraded' : 'ok',
  ahead: tenths(ahead),
})

const tenths = (seconds: Seconds): number => Math.round(seconds * 10) / 10

const SEVERITY: readonly Condition[] = ['ok', 'degraded', 'down']

function summed(parts: Omit<Health, 'status'>): Health {
  const worst = Math.max(...Object.values(parts).map(({ status }) => SEVERITY.indexOf(status)))
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
