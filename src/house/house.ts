import { availableParallelism } from 'node:os'
import type { AuthenticationWorld } from '../authentication/scheme.ts'
import { type Clock, seconds, systemClock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../base/secret.ts'
import { sign, verifier } from '../jwt/index.ts'
import { givenKeyRing, type KeyRing, openKeyRing } from '../keys/ring.ts'
import { derivedKey } from '../keys/seal.ts'
import { type Passwords, passwords } from '../passwords/passwords.ts'
import { hashQueue } from '../passwords/queue.ts'
import { openSessionBook, type SessionBook } from '../sessions/book.ts'
import type { Log } from '../settings/log.ts'
import type { Settings } from '../settings/settings.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import type { Store } from '../stores/store.ts'
import type { Hits } from '../throttling/hits.ts'
import { LOGIN_LIMIT, type LoginThrottle, loginThrottle } from '../throttling/login.ts'
import { memoryHits } from '../throttling/memory-hits.ts'
import type { DeriveWorld } from '../tokens/derived-token.ts'
import { hmacRevokeClaim, md5RevokeClaim } from '../tokens/revoke-claim.ts'
import { createUser } from '../users/create.ts'
import { derivingIn } from './api-tokens.ts'
import { developmentSecret } from './development-secret.ts'
import { checkPasswordVia } from './sign-in.ts'
import { tell } from './tell.ts'

/** Everything that an instance needs to answer, opened and ready. */
export interface House {
  readonly store: Store
  readonly passwords: Passwords
  /** Whoever asks what time it is asks this. */
  readonly clock: Clock
  readonly ring: KeyRing
  readonly sessions: SessionBook | undefined
  /** Where throttles count. */
  readonly hits: Hits
  /** Counts wrong passwords; `undefined`: nobody does. */
  readonly loginThrottle: LoginThrottle | undefined
  readonly world: AuthenticationWorld
  /** Where API tokens are derived that can be shown again. */
  readonly deriving: DeriveWorld
  close(): Promise<void>
}

/** How many verified tokens are remembered: some 40 MB of them, where they are of the usual length. */
const CACHED_TOKENS = 20_000

/**
 * Opens the store, the keys and the sessions, and puts the parts together.
 *
 * @throws Refusal `config_refused`, `store_unavailable`
 */
export async function openHouse(settings: Settings): Promise<House> {
  const file = typeof settings.database === 'string' ? fileOf(settings.database) : undefined
  const store = typeof settings.database === 'string' ? sqliteStore({ file: file! }) : settings.database
  // What has been opened is closed again where the rest cannot be.
  const opened: (() => void | Promise<void>)[] = [() => store.close()]
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    await store.migrate()
    // Processes on several machines agree about the time by going by their store's.
    const timed = { ...settings, clock: settings.clock ?? store.time?.now ?? systemClock }
    return { ...(await furnish(timed, store, secretsOf(settings, file), opened)), store, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The settings, once it is known whose clock counts. */
type Timed = Settings & { readonly clock: Clock }

/** @param opened gets what has to be closed, the last first */
async function furnish(
  settings: Timed,
  store: Store,
  secrets: Secrets,
  opened: (() => void)[],
): Promise<Pick<House, 'passwords' | 'clock' | 'ring' | 'sessions' | 'hits' | 'loginThrottle' | 'world' | 'deriving'>> {
  const { clock, random, log, terms } = settings
  const ring = await openRing(settings, store, secrets)
  const sessions = settings.sessions ? await openSessions(settings, store) : undefined
  opened.push(() => sessions?.close(), followKeys(ring, store, log))
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
  const queue = hashQueue({ atOnce: availableParallelism() })
  const warn = (sentence: string): void => log({ level: 'warn', event: sentence })
  const hits = settings.counts === 'store' ? store.hits : memoryHits()
  const { login = LOGIN_LIMIT } = settings.throttle
  const rooms = {
    store,
    clock,
    hits,
    loginThrottle: login === null ? undefined : loginThrottle(login, { hits, clock }),
    passwords: passwords({ queue, random, warn }),
  }
  // Trimming is for the endpoints that trim there; credentials of a header count as they are (specification 6.2).
  const checkPassword = checkPasswordVia({ ...settings, users: { ...settings.users, trimPassword: false } })
  const world: AuthenticationWorld = {
    terms,
    clock,
    random,
    users: store.users,
    apiTokens: store.apiTokens,
    sessions,
    sign: (claims) => sign(claims, ring.signing()),
    verify: verifier({ ...expected, cache: CACHED_TOKENS }).verify,
    verifyOnce: verifier(expected).verify,
    revokeClaimOf: revokeClaim.of,
    isRevokeClaimOf: revokeClaim.is,
    headerTypes: settings.headerTypes,
    headerName: settings.headerName,
    checkPassword: (login, password, request) => checkPassword(login, password, request, rooms),
    createUser: (username) =>
      createUser({ username }, { users: store.users, passwords: rooms.passwords, clock, random }),
  }
  const deriving = derivingIn(settings, store.apiTokens, secrets)
  return {
    passwords: rooms.passwords,
    clock,
    hits,
    loginThrottle: rooms.loginThrottle,
    ring,
    sessions,
    world,
    deriving,
  }
}

/** Milliseconds before signing keys that could not be read are read again. */
const RETRY = 500

/** Reads the keys again whenever another process may have turned the ring. @returns ends that */
function followKeys(ring: KeyRing, store: Store, log: Log): () => void {
  let retry: NodeJS.Timeout | undefined
  const read = (): void => {
    clearTimeout(retry)
    ring.reload().catch((error) => {
      log({ level: 'error', event: 'signing keys could not be read', reason: String(error) })
      retry = setTimeout(read, RETRY).unref()
    })
  }
  const watch = store.watch({
    changed: ({ kind }) => void (kind === 'ended' || read()),
    upToDate() {},
  })
  return () => {
    watch.stop()
    clearTimeout(retry)
  }
}

/** `sqlite:` in front of a file is understood; another kind of database is not there yet. */
function fileOf(database: string): string {
  const kind = /^([a-z][a-z\d+]+):/.exec(database)?.[1]
  if (kind === undefined) return database
  if (kind === 'sqlite') return database.slice('sqlite:'.length).replace(/^\/\//, '')
  throw new Refusal(
    'config_refused',
    `A database of kind "${kind}" cannot be used: name a file, or "sqlite::memory:" in tests.`,
  )
}

/** @param hasKeys whether the store holds keys that one of them has sealed */
type Secrets = (hasKeys?: boolean) => readonly Secret[]

/** The secrets as given; else the signing key's, where it is a secret; else one made and kept beside the database. */
function secretsOf({ secrets, sharedSecret, random }: Settings, file: string | undefined): Secrets {
  let made: readonly Secret[] | undefined
  return (hasKeys = false) => {
    if (secrets.length > 0) return secrets
    made ??= [sharedSecret ?? developmentSecret(file ?? ':memory:', random, hasKeys)]
    return made
  }
}

async function openRing(settings: Timed, store: Store, secretsFor: Secrets): Promise<KeyRing> {
  const { algorithm, keys, terms, clock, random } = settings
  if (keys !== undefined) return givenKeyRing(keys.signing, keys.verifying)
  const longestLife = seconds(Math.max(terms.access, terms.refresh, terms.sliding) + terms.leeway)
  const secrets = secretsFor((await store.keys.list()).length > 0)
  return openKeyRing({ keys: store.keys, secrets, algorithm, longestLife, clock, random })
}

function openSessions({ terms, overlap, reuse, clock, random, log, on }: Timed, store: Store): Promise<SessionBook> {
  return openSessionBook(
    {
      idle: terms.refresh,
      leeway: terms.leeway,
      overlap,
      reuse,
      window: seconds(Math.max(terms.access, terms.sliding) + terms.leeway),
      require: {
        user: !terms.allowUserlessRefresh,
        active: terms.rule === undefined && terms.checkActive,
        epoch: terms.checkRevoke === 'session',
      },
    },
    {
      sessions: store.sessions,
      watch: store.watch,
      clock,
      random,
      reused: ({ id, userId }) => {
        log({
          level: 'warn',
          event: 'a spent refresh token came back: its session has ended',
          session: id,
          user: userId,
        })
        void tell(log, 'on.reuseDetected', () => on.reuseDetected?.({ sessionId: id, userId }))
      },
      feedFailed: (error) => log({ level: 'error', event: 'ended sessions could not be read', reason: String(error) }),
    },
  )
}
