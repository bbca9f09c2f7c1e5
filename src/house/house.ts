import { availableParallelism } from 'node:os'
import type { AuthenticationWorld } from '../authentication/scheme.ts'
import { seconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../base/secret.ts'
import { sign, verifier } from '../jwt/index.ts'
import { givenKeyRing, type KeyRing, openKeyRing } from '../keys/ring.ts'
import { derivedKey } from '../keys/seal.ts'
import { type Passwords, passwords } from '../passwords/passwords.ts'
import { hashQueue } from '../passwords/queue.ts'
import { openSessionBook, type SessionBook } from '../sessions/book.ts'
import type { Settings } from '../settings/settings.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import type { Store } from '../stores/store.ts'
import { hmacRevokeClaim, md5RevokeClaim } from '../tokens/revoke-claim.ts'
import { developmentSecret } from './development-secret.ts'

/** Everything that an instance needs to answer, opened and ready. */
export interface House {
  readonly store: Store
  readonly passwords: Passwords
  readonly ring: KeyRing
  readonly sessions: SessionBook | undefined
  readonly world: AuthenticationWorld
  close(): Promise<void>
}

/** How many verified tokens are remembered: some 20 MB at the most. */
const CACHED_TOKENS = 20_000

/**
 * Opens the store, the keys and the sessions, and puts the parts together.
 *
 * @throws Refusal `config_refused`, `store_unavailable`
 */
export async function openHouse(settings: Settings): Promise<House> {
  const { clock, random, log, terms } = settings
  const file = typeof settings.database === 'string' ? fileOf(settings.database) : undefined
  const store = typeof settings.database === 'string' ? sqliteStore({ file: file! }) : settings.database
  await store.migrate()

  const secrets = secretsOf(settings, file)
  const ring = await openRing(settings, store, secrets)
  const sessions = settings.sessions ? await openSessions(settings, store) : undefined
  const keysWatch = store.watch(() => {
    ring
      .reload()
      .catch((error) => log({ level: 'error', event: 'signing keys could not be read', reason: String(error) }))
  })
  const revokeClaim =
    settings.revokeClaim === 'md5' || terms.checkRevoke !== 'claim'
      ? md5RevokeClaim
      : hmacRevokeClaim(secrets().map((secret) => derivedKey(secret, 'revoke claim')))

  const { verify } = verifier({
    keys: ring.verifying,
    clock,
    ...(terms.issuer === undefined ? {} : { issuer: terms.issuer }),
    ...(terms.audience === undefined ? {} : { audience: terms.audience }),
    leeway: terms.leeway,
    maxBytes: settings.maxBytes,
    cache: CACHED_TOKENS,
  })
  const world: AuthenticationWorld = {
    terms,
    clock,
    random,
    users: store.users,
    sessions,
    sign: (claims) => sign(claims, ring.signing()),
    verify,
    revokeClaimOf: revokeClaim.of,
    isRevokeClaimOf: revokeClaim.is,
    headerTypes: settings.headerTypes,
    headerName: settings.headerName,
  }
  const queue = hashQueue({ atOnce: availableParallelism() })
  const warn = (sentence: string): void => log({ level: 'warn', event: sentence })
  return {
    store,
    passwords: passwords({ queue, random, warn }),
    ring,
    sessions,
    world,
    async close() {
      keysWatch.stop()
      sessions?.close()
      await store.close()
    },
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

/** The secrets as given; else the signing key's, where it is a secret; else one made and kept beside the database. */
function secretsOf({ secrets, sharedSecret, random }: Settings, file: string | undefined): () => readonly Secret[] {
  let made: readonly Secret[] | undefined
  return () => {
    if (secrets.length > 0) return secrets
    made ??= [sharedSecret ?? developmentSecret(file ?? ':memory:', random)]
    return made
  }
}

async function openRing(settings: Settings, store: Store, secrets: () => readonly Secret[]): Promise<KeyRing> {
  const { algorithm, keys, terms, clock, random } = settings
  if (keys !== undefined) return givenKeyRing(keys.signing, keys.verifying)
  const longestLife = seconds(Math.max(terms.access, terms.refresh, terms.sliding) + terms.leeway)
  return openKeyRing({ keys: store.keys, secrets: secrets(), algorithm, longestLife, clock, random })
}

function openSessions({ terms, overlap, reuse, clock, random, log, on }: Settings, store: Store): Promise<SessionBook> {
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
      watch: (changed) => store.watch(changed),
      clock,
      random,
      reused: ({ id, userId }) => {
        log({
          level: 'warn',
          event: 'a spent refresh token came back: its session has ended',
          session: id,
          user: userId,
        })
        void on.reuseDetected?.({ sessionId: id, userId })
      },
      feedFailed: (error) => log({ level: 'error', event: 'ended sessions could not be read', reason: String(error) }),
    },
  )
}
