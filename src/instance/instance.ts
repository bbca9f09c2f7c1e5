import { type AuditLog, auditLog } from '../audit/audit-log.ts'
import type { SchemeDeps } from '../authentication/scheme.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { derivedTokenDeps } from '../features/api-tokens/admin.ts'
import type { DerivedTokenDeps } from '../features/api-tokens/derived-token.ts'
import type { InstanceStore } from '../features/store-extensions.ts'
import { sign, verifier } from '../jwt/index.ts'
import type { KeyRing } from '../keys/ring.ts'
import { derivedKey } from '../keys/seal.ts'
import { watchClockSkew } from '../observability/clock-skew.ts'
import { type Counters, createCounters } from '../observability/counters.ts'
import { observedSessions } from '../observability/observed-sessions.ts'
import { openTracing, type Trace } from '../observability/tracing.ts'
import { type Passwords, passwords } from '../passwords/passwords.ts'
import { hashQueue, type QueueLoad } from '../passwords/queue.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { Settings } from '../settings/settings.ts'
import { passwordCheck } from '../sign-in/sign-in.ts'
import type { Redis } from '../stores/redis/redis.ts'
import type { Hits } from '../throttling/hits.ts'
import { LOGIN_LIMIT, type LoginThrottle, loginThrottle } from '../throttling/login.ts'
import { hmacRevokeClaim, md5RevokeClaim } from '../tokens/revoke-claim.ts'
import { createUser } from '../users/create.ts'
import { chooseSecrets, openKeys, type Secrets, watchKeys } from './open-keys.ts'
import { chooseHits, openRedisIfConfigured } from './open-redis.ts'
import { openSessions } from './open-sessions.ts'
import { openStore } from './open-store.ts'

/** Everything that an instance needs to answer, opened and ready. */
export interface Instance {
  readonly store: InstanceStore
  readonly passwords: Passwords
  /** Whoever asks what time it is asks this. */
  readonly clock: Clock
  readonly ring: KeyRing
  readonly sessions: SessionManager | undefined
  /** Where throttles count. */
  readonly hits: Hits
  /** Counts wrong passwords; `undefined`: nobody does. */
  readonly loginThrottle: LoginThrottle | undefined
  readonly deps: SchemeDeps
  readonly audit: AuditLog
  /** `undefined`: nobody wants to know. */
  readonly trace: Trace | undefined
  /** What this process has done since it began. */
  readonly counters: Counters
  /** How many passwords are being hashed, and how many wait. */
  readonly hashing: () => QueueLoad
  /** Where there is one. */
  readonly redis: Pick<Redis, 'state'> | undefined
  /** Where API tokens are derived that can be shown again. */
  readonly deriving: DerivedTokenDeps
  close(): Promise<void>
}

/** How many verified tokens are remembered: some 40 MB of them, where they are of the usual length. */
const CACHED_TOKENS = 20_000

/**
 * Opens the store, the keys and the sessions, and puts the parts together.
 *
 * @throws AuthError `invalid_config`, `store_unavailable`
 */
export async function openInstance(settings: Settings): Promise<Instance> {
  const { store: kept, file } = await openStore(settings)
  // What has been opened is closed again where the rest cannot be.
  const opened: (() => void | Promise<void>)[] = [() => kept.close()]
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    await kept.migrate()
    const redis = await openRedisIfConfigured(settings)
    opened.push(() => redis?.close())
    const store = redis?.announced(kept) ?? kept
    // Processes on several machines agree about the time by going by their store's.
    const timed = { ...settings, clock: settings.clock ?? store.time?.now ?? systemClock }
    return {
      ...(await furnish(timed, store, redis, chooseSecrets(settings, file), opened)),
      store,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The settings, once it is known whose clock counts. */
export type SettingsWithClock = Settings & { readonly clock: Clock }

/** @param opened gets what has to be closed, the last first */
async function furnish(
  settings: SettingsWithClock,
  store: InstanceStore,
  redis: Redis | undefined,
  secrets: Secrets,
  opened: (() => void)[],
): Promise<Omit<Instance, 'store' | 'close'>> {
  const { clock, random, log, terms } = settings
  const ring = await openKeys(settings, store, secrets)
  const audit = auditLog(store.ports.events, settings, clock)
  opened.push(() => audit.settled(), watchClockSkew(store.time, log))
  const counted = createCounters()
  const sessions = settings.sessions
    ? observedSessions(await openSessions(settings, store, audit), {
        audit,
        counters: counted,
        log,
      })
    : undefined
  opened.push(() => sessions?.close(), watchKeys(ring, store, log, audit))
  const revokeClaim =
    settings.revokeClaim === 'md5' || terms.checkRevoke !== 'claim'
      ? md5RevokeClaim
      : hmacRevokeClaim(secrets().map((secret) => derivedKey(secret, 'revoke claim')))

  const expected = {
    keys: ring.verifying,
    clock,
    ...(terms.issuer === undefined ? {} : { issuer: terms.issuer }),
    ...(terms.audience === undefined ? {} : { audience: terms.audience }),
    leeway: terms.leeway,
    maxBytes: settings.maxBytes,
  }
  const queue = hashQueue({ atOnce: settings.hashesAtOnce })
  const warn = (message: string): void => log({ level: 'warn', event: message })
  const hits = chooseHits(settings, store, redis)
  const { login = LOGIN_LIMIT } = settings.throttle
  const rooms = {
    store,
    clock,
    hits,
    loginThrottle: login === null ? undefined : loginThrottle(login, { hits, clock }),
    audit,
    counters: counted,
    passwords: passwords({ queue, random, warn }),
  }
  // Trimming is for the endpoints that trim there; credentials of a header count as they are (specification 6.2).
  const checkPassword = passwordCheck({
    ...settings,
    users: { ...settings.users, trimPassword: false },
  })
  const deps: SchemeDeps = {
    terms,
    clock,
    random,
    users: store.ports.users,
    apiTokens: store.ports.apiTokens,
    sessions,
    sign: (claims) => sign(claims, ring.signing()),
    verify: verifier({ ...expected, cache: CACHED_TOKENS }).verify,
    verifyOnce: verifier(expected).verify,
    revokeClaimOf: revokeClaim.of,
    isRevokeClaimOf: revokeClaim.is,
    headerTypes: settings.headerTypes,
    headerName: settings.headerName,
    checkPassword: (login, password, request) =>
      checkPassword(login, password, request, rooms),
    async createUser(username) {
      const user = await createUser(
        { username },
        { users: store.ports.users, passwords: rooms.passwords, clock, random },
      )
      void audit.record({ kind: 'user_created', userId: user.id })
      return user
    },
  }
  const deriving = derivedTokenDeps(settings, store.ports.apiTokens, secrets)
  return {
    passwords: rooms.passwords,
    clock,
    hits,
    loginThrottle: rooms.loginThrottle,
    ring,
    sessions,
    deps,
    deriving,
    audit,
    trace: await openTracing(settings),
    counters: counted,
    hashing: queue.load,
    redis,
  }
}
