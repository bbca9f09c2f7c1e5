import { type Milliseconds, milliseconds, type Seconds } from '../base/clock.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { FeedState } from '../sessions/revocation-feed.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Redis } from '../stores/redis/redis.ts'
import type { Store } from '../stores/store.ts'

/** `degraded`: requests are answered, and an operator should look. */
export type HealthStatus = 'ok' | 'degraded' | 'down'

/** The health of an instance. It holds no secrets and nothing about users or tokens. */
export interface Health {
  /** The worst status of its parts. */
  readonly status: HealthStatus
  /** Whether the store answers within a second. */
  readonly store: { readonly status: HealthStatus }
  readonly keys: { readonly status: HealthStatus }
  /**
   * The revocation feed of this process; absent if `tokens.sessions` is false. `age` is in seconds: revocations of the
   * last `age` seconds may be missing. `entries` counts revoked sessions.
   */
  readonly revocations?: {
    readonly status: HealthStatus
    readonly age: number
    readonly entries: number
  }
  /** `ahead`: seconds by which this machine's clock is ahead of the store's. Absent if the store has no clock. */
  readonly clock?: { readonly status: HealthStatus; readonly ahead: number }
  readonly redis?: { readonly status: HealthStatus }
}

/** How long the store may take to answer. */
const TIMEOUT: Milliseconds = milliseconds(1000)

/** How long a result is reused: frequent checks do not load the store. */
const REUSED: Milliseconds = milliseconds(500)

/** The age, in seconds, from which a feed is degraded. A connected one is updated several times a second. */
const LATE = 5

/** Seconds by which this machine's clock and the store's may differ. */
export const MAX_CLOCK_SKEW = 5

/** The parts of an open instance that health depends on. */
export interface HealthParts {
  readonly store: Pick<Store, 'ping' | 'time'>
  readonly ring: Pick<KeyRing, 'signing' | 'verifying'>
  readonly sessions: Pick<SessionManager, 'feed'> | undefined
  readonly redis: Pick<Redis, 'state'> | undefined
}

export interface HealthSettings {
  /** Whether an option such as `tokens.signingKey` gives the keys: then none has to be decrypted. */
  readonly hasConfiguredKeys: boolean
  /** `tokens.revocationMaxAge`. */
  readonly revocationMaxAge: Seconds
}

/** @returns a function that answers within some two seconds, and never rejects */
export function healthCheck(
  open: () => Promise<HealthParts>,
  settings: HealthSettings,
): () => Promise<Health> {
  let latest: Promise<Health> | undefined
  const ping = createPing()
  const forgetLatest = (): void => {
    latest = undefined
  }
  return () => {
    latest ??= checkHealth(open, ping, settings).finally(() =>
      setTimeout(forgetLatest, REUSED).unref(),
    )
    return latest
  }
}

/** One ping at a time: each that waits for a store that hangs would hold a connection. */
function createPing() {
  let pending: Promise<void> | undefined
  return (store: HealthParts['store']): Promise<void> => {
    pending ??= store.ping().finally(() => {
      pending = undefined
    })
    return pending
  }
}

async function checkHealth(
  open: () => Promise<HealthParts>,
  ping: (store: HealthParts['store']) => Promise<void>,
  settings: HealthSettings,
): Promise<Health> {
  const parts = await withTimeout(open())
  if (parts === undefined) return summaryOf({ store: DOWN, keys: DOWN })
  const { store, ring, sessions, redis } = parts
  const storeHealth = await withTimeout(ping(store).then(() => OK))
  return summaryOf({
    store: storeHealth ?? DOWN,
    keys: settings.hasConfiguredKeys ? await configuredHealth(ring) : ringHealth(ring),
    ...(sessions && {
      revocations: feedHealth(sessions.feed(), settings.revocationMaxAge),
    }),
    ...(store.time && { clock: clockHealth(store.time.ahead()) }),
    ...(redis && { redis: redis.state() === 'up' ? OK : DEGRADED }),
  })
}

const OK = { status: 'ok' } as const
const DEGRADED = { status: 'degraded' } as const
const DOWN = { status: 'down' } as const

/** A process that lacks the secret cannot open the generated keys. */
function ringHealth(ring: HealthParts['ring']): Health['keys'] {
  try {
    ring.signing()
    return OK
  } catch {
    return DOWN
  }
}

const REMOTE_STATUS = { fresh: OK, stale: DEGRADED, missing: DOWN } as const

/** The key set of `tokens.jwksUrl` may be unreachable; other configured keys cannot fail later. */
async function configuredHealth({
  verifying,
}: HealthParts['ring']): Promise<Health['keys']> {
  if (verifying.state === undefined) return OK
  const state = await withTimeout(verifying.state())
  return REMOTE_STATUS[state ?? 'missing']
}

export const feedHealth = (
  state: FeedState,
  maxAge: Seconds,
): NonNullable<Health['revocations']> => ({
  status: feedStatus(state, maxAge),
  age: tenths(state.age),
  entries: state.entries,
})

function feedStatus({ age, full }: FeedState, maxAge: Seconds): HealthStatus {
  // With a `maxAge` of 0 each check reads the store, at any age of the feed.
  if (maxAge > 0 && age > maxAge) return 'down'
  if (full || age > Math.min(LATE, maxAge)) return 'degraded'
  return 'ok'
}

export const clockHealth = (ahead: Seconds): NonNullable<Health['clock']> => ({
  status: Math.abs(ahead) > MAX_CLOCK_SKEW ? 'degraded' : 'ok',
  ahead: tenths(ahead),
})

const tenths = (length: Seconds): number => Math.round(length * 10) / 10

const SEVERITY: readonly HealthStatus[] = ['ok', 'degraded', 'down']

function summaryOf(parts: Omit<Health, 'status'>): Health {
  const severities = Object.values(parts).map(({ status }) => SEVERITY.indexOf(status))
  return { status: SEVERITY[Math.max(...severities)] ?? 'down', ...parts }
}

/** @returns `undefined` if it fails or takes too long */
async function withTimeout<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT, undefined)
  })
  try {
    return await Promise.race([work, timeout])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
