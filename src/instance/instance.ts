import { userAdmin, userChanger } from '../admin/users.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { bearerReader } from '../authentication/bearer-token.ts'
import type { LibrarySchemeDeps } from '../authentication/scheme.ts'
import { callHook } from '../base/call-hook.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Browsing, BrowsingSettings } from '../features/browsable-api/browse.ts'
import type { Exposure } from '../features/browsable-api/exposure.ts'
import type { AddedCredential, Core, SectionReader, SignedOut } from '../features/core.ts'
import type { KeySettings } from '../features/tokens/parse-tokens.ts'
import { EVENT_KINDS, FEATURE_LIST, type InstanceStore } from '../features.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { type Counters, createCounters } from '../observability/counters.ts'
import { type HealthSettings, healthCheck } from '../observability/health.ts'
import { observedSessions } from '../observability/observed-sessions.ts'
import { statsOf } from '../observability/stats.ts'
import { openTracing, type Trace } from '../observability/tracing.ts'
import type { Encodings } from '../passwords/encodings.ts'
import type { Roles } from '../permissions/rights.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { SignInCheck } from '../sign-in/complete-sign-in.ts'
import type { Redis } from '../stores/redis/redis.ts'
import type { Hits } from '../throttling/hits.ts'
import type { TokenCookies } from '../tokens/token-cookies.ts'
import type { TokenDeps } from '../tokens/token-settings.ts'
import { createUser } from '../users/create.ts'
import type { UserFields } from '../users/fields.ts'
import { Closers } from './closers.ts'
import { keyOfRequest, type OpenDpopSettings, openDpop } from './open-dpop.ts'
import { openKeys, watchKeys } from './open-keys.ts'
import { chooseHits } from './open-redis.ts'
import {
  type OpenSessionsDeps,
  openSessions,
  type SessionSettings,
} from './open-sessions.ts'
import { type OpenSignInSettings, openSignIn, type SignIns } from './open-sign-in.ts'
import { openStorage, type Storage, type StorageSettings } from './open-storage.ts'
import type { openStore } from './open-store.ts'
import { type OpenTokensSettings, openTokens } from './open-tokens.ts'
import { derivedKeysFrom } from './secrets.ts'
import { type UserAdminTokens, userAdminDeps, userAdminSettings } from './user-admin.ts'

/** The parts of an open instance. */
export interface Instance extends SignIns {
  readonly store: InstanceStore
  /** `undefined` without the option `redis`. */
  readonly redis: Pick<Redis, 'state'> | undefined
  readonly clock: Clock
  readonly audit: AuditLog<string>
  readonly ring: KeyRing
  readonly sessions: SessionManager | undefined
  /** The counters of throttles. */
  readonly hits: Hits
  readonly counters: Counters
  /** `undefined` if the option `telemetry` is off. */
  readonly trace: Trace | undefined
  /** What schemes are passed. */
  readonly deps: LibrarySchemeDeps
  /** What features are passed. */
  readonly core: Core
  /** `undefined`: the browsable API is off. */
  readonly browsing: Browsing | undefined
  close(): Promise<void>
}

/** The settings of the parts, and which of them there are. */
export interface InstanceSettings
  extends StorageSettings,
    IssuingSettings,
    OpenSignInSettings,
    CoreSettings,
    Omit<SchemeSettings, 'tokens'> {
  readonly tokens: IssuingSettings['tokens'] &
    SchemeSettings['tokens'] &
    CoreSettings['tokens'] &
    BrowsingSettings['tokens']
  readonly keys: IssuingSettings['keys'] & CoreSettings['keys']
  readonly users: OpenSignInSettings['users'] & CoreSettings['users']
  readonly on: IssuingSettings['on'] & OpenSignInSettings['on'] & CoreSettings['on']
  readonly counts: 'memory' | 'store' | 'redis'
  readonly endpoints: BrowsingSettings['endpoints']
  readonly telemetry: boolean
  readonly addressOf: BrowsingSettings['addressOf']
  readonly exposure: Exposure | undefined
  readonly authentication: BrowsingSettings['authentication']
}

/** What `watchword/testing` replaces; no option reaches it. */
export interface InstanceDeps {
  readonly openStore?: typeof openStore
  /** Default: the encodings of passwords at their full cost. */
  readonly encodings?: Encodings
  /** Called after those of the features. */
  readonly signInChecks?: readonly SignInCheck[]
}

/**
 * Opens the parts in the order in which they need each other. If one cannot be opened, the others are closed.
 *
 * @throws AuthError `invalid_config`, `store_unavailable`
 */
export async function openInstance(
  settings: InstanceSettings,
  deps: InstanceDeps = {},
): Promise<Instance> {
  const closers = new Closers()
  try {
    return await openParts(settings, deps, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}

async function openParts(
  settings: InstanceSettings,
  deps: InstanceDeps,
  closers: Closers,
): Promise<Instance> {
  const { random, log } = settings
  const storage = await openStorage(settings, closers, deps.openStore)
  const { store, redis, clock, audit } = storage
  const counters = createCounters()
  const hits = chooseHits(settings.counts, store.ports, redis)

  const issuing = await openIssuing(settings, storage, counters, closers)
  const signIns = openSignIn(settings, {
    users: store.ports.users,
    hits,
    clock,
    random,
    log,
    audit,
    counters,
    tokens: issuing.tokens,
    keyOf: keyOfRequest(settings, issuing.tokens.dpop),
    signInChecks: [...featureChecks(() => core), ...(deps.signInChecks ?? [])],
    encodings: deps.encodings,
  })
  const parts = { ...storage, ...issuing, ...signIns, hits, counters }
  const core: Core = coreOf(settings, parts)
  const mounted = new Set(settings.endpoints.map(({ name }) => name))
  for (const feature of FEATURE_LIST) {
    const close = await feature.onOpen?.(core, mounted)
    if (close !== undefined) closers.add(close)
  }

  return {
    ...parts,
    trace: settings.telemetry ? await openTracing() : undefined,
    deps: schemeDepsOf(settings, parts),
    core,
    browsing: await openBrowsing(settings, core),
    close: () => closers.close(),
  }
}

/** Its code is loaded only if it is on. */
async function openBrowsing(
  { exposure, ...settings }: InstanceSettings,
  core: Core,
): Promise<Browsing | undefined> {
  if (exposure === undefined) return undefined
  const { createBrowsing } = await import('../features/browsable-api/browse.ts')
  return createBrowsing({ ...settings, exposure }, core)
}

/** @param core called at a sign-in, when the instance is open */
const featureChecks = (core: () => Core): readonly SignInCheck[] =>
  FEATURE_LIST.flatMap((feature) =>
    feature.signInCheck === undefined
      ? []
      : (account, attempt) => feature.signInCheck?.(account, attempt, core()),
  )

/** The parts that issue tokens. */
interface IssuingParts {
  readonly ring: KeyRing
  readonly sessions: SessionManager | undefined
  readonly tokens: TokenDeps
  readonly derivedKeys: Core['derivedKeys']
}

type Parts = Storage & IssuingParts & SignIns & Pick<Instance, 'hits' | 'counters'>

interface IssuingSettings extends Omit<OpenDpopSettings, 'tokens'> {
  readonly random: Random
  readonly log: Log
  readonly on: OpenSessionsDeps['on']
  readonly keys: KeySettings
  readonly tokens: OpenTokensSettings &
    SessionSettings & {
      /** Whether sessions are stored. */
      readonly sessions: boolean
    }
}

async function openIssuing(
  settings: IssuingSettings,
  { store, clock, audit, secrets }: Storage,
  counters: Counters,
  closers: Closers,
): Promise<IssuingParts> {
  const { random, log, on } = settings
  const deps = { clock, random, log, audit, on, watch: store.watch }
  const ring = await openKeys(settings.keys, { ...deps, keys: store.ports.keys }, secrets)
  let sessions: SessionManager | undefined
  if (settings.tokens.sessions) {
    const opened = await openSessions(settings.tokens, {
      ...deps,
      sessions: store.ports.sessions,
    })
    sessions = observedSessions(opened, { audit, counters, log })
    closers.add(() => opened.close())
  }
  closers.add(watchKeys(ring, deps))
  const derivedKeys = derivedKeysFrom(secrets)
  const dpop = openDpop(settings, { proofs: store.ports.proofs, clock, derivedKeys })
  const tokens = openTokens(settings.tokens, {
    ring,
    dpop,
    clock,
    random,
    users: store.ports.users,
    sessions,
    derivedKeys,
  })
  return { ring, sessions, tokens, derivedKeys }
}

interface CoreSettings {
  readonly random: Random
  readonly log: Log
  readonly on: { readonly signedOut?: (event: SignedOut) => unknown }
  readonly section: SectionReader
  readonly url: string | undefined
  readonly roles: Roles
  readonly tokens: UserAdminTokens & Pick<HealthSettings, 'revocationMaxAge'>
  readonly keys: { readonly configured: object | undefined }
  readonly describeOptions: Core['describeOptions']
  readonly users: { readonly loginField: Core['loginField'] }
  readonly user: UserFields
  readonly tokenCookies: TokenCookies | undefined
  readonly behindProxy: boolean
}

function coreOf(settings: CoreSettings, parts: Parts): Core {
  const { random, log, on, section, url, roles, tokenCookies, behindProxy } = settings
  const { clock, audit, store, sessions, ring, tokens, hits, counters } = parts
  const { passwords, strength } = parts
  const { derivedKeys, ports, checkPassword, checkPasswordUntrimmed, completeSignIn } =
    parts
  const ofUsers = [
    userAdminSettings(settings),
    async () => userAdminDeps({ ...parts, core }),
  ] as const
  const core: Core = {
    clock,
    random,
    log,
    audit,
    users: store.ports.users,
    userAdmin: userAdmin(...ofUsers),
    changeUser: userChanger(...ofUsers),
    passwords,
    strength,
    counters,
    loginField: settings.users.loginField,
    userFields: settings.user,
    events: store.ports.events,
    roles,
    url,
    sessions,
    keys: ring,
    hits,
    proofs: store.ports.proofs,
    tokens,
    tokenCookies,
    behindProxy,
    derivedKeys,
    ports,
    section,
    describeOptions: settings.describeOptions,
    eventKinds: EVENT_KINDS,
    health: healthCheck(async () => parts, {
      revocationMaxAge: settings.tokens.revocationMaxAge,
      hasConfiguredKeys: settings.keys.configured !== undefined,
    }),
    stats: () => statsOf(parts),
    checkPassword,
    checkPasswordUntrimmed,
    completeSignIn,
    async userRecords(id) {
      const asked = FEATURE_LIST.flatMap(
        (feature) => feature.userRecords?.(id, core) ?? [],
      )
      return (await Promise.all(asked)).flat()
    },
    async signedOut({ sessionId, userId }) {
      void audit.record({ kind: 'signed_out', userId, sessionId })
      await callHook(log, 'on.signedOut', () => on.signedOut?.({ sessionId, userId }))
    },
    signInRows: () =>
      FEATURE_LIST.flatMap((feature) => feature.signInRows?.(section) ?? []),
    ...accountEvents(() => core),
    ...pageParts(() => core),
  }
  return core
}

/** What features put on pages. */
const pageParts = (
  core: () => Core,
): Pick<Core, 'signInButtons' | 'accountSections'> => ({
  async signInButtons(visit) {
    const asked = FEATURE_LIST.map((each) => each.signInButtons?.(visit, core()) ?? [])
    return (await Promise.all(asked)).flat()
  },
  accountSections: (visit) =>
    FEATURE_LIST.flatMap((each) => each.accountSections?.(visit, core()) ?? []),
})

/** What features do when something happens to an account or an application, one after the other. */
const accountEvents = (
  core: () => Core,
): Pick<Core, 'recovered' | 'takenOver' | 'signedOutElsewhere' | 'clientDeleted'> => ({
  async recovered(id, since) {
    const added: AddedCredential[] = []
    for (const feature of FEATURE_LIST)
      added.push(...((await feature.onRecovered?.(id, since, core())) ?? []))
    return added
  },
  async takenOver(id) {
    for (const feature of FEATURE_LIST) await feature.onTakenOver?.(id, core())
  },
  async clientDeleted(id) {
    for (const feature of FEATURE_LIST) await feature.onClientDeleted?.(id, core())
  },
  async signedOutElsewhere(id, request) {
    for (const feature of FEATURE_LIST)
      await feature.onSignedOutElsewhere?.(id, request, core())
  },
})

interface SchemeSettings {
  readonly random: Random
  readonly url: string | undefined
  readonly behindProxy: boolean
  readonly tokenCookies: TokenCookies | undefined
  readonly tokens: Pick<LibrarySchemeDeps, 'headerTypes' | 'headerName'>
}

function schemeDepsOf(
  {
    tokens: { headerTypes, headerName },
    random,
    url,
    behindProxy,
    tokenCookies,
  }: SchemeSettings,
  { tokens, ports, derivedKeys, passwords, store, clock, audit, ...signIns }: Parts,
): LibrarySchemeDeps {
  const { users } = store.ports
  return {
    ...tokens,
    ports,
    proofs: store.ports.proofs,
    url,
    derivedKeys,
    readBearer: bearerReader({ ...tokens, headerTypes }),
    headerTypes,
    headerName,
    behindProxy,
    tokenCookies,
    checkPassword: signIns.checkPasswordOfRequest,
    async createUser(username) {
      const user = await createUser({ username }, { users, passwords, clock, random })
      void audit.record({ kind: 'user_created', userId: user.id })
      return user
    },
  }
}
