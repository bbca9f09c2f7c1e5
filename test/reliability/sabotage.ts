import { setTimeout as sleep } from 'node:timers/promises'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Codes } from '../../src/features/codes/code.ts'
import type { Credentials } from '../../src/features/second-factors/credential.ts'
import type { InstanceStore } from '../../src/features.ts'
import { generateKey } from '../../src/jwt/index.ts'
import type { Keys } from '../../src/keys/keys.ts'
import { seal } from '../../src/keys/seal.ts'
import type { RefreshClaims } from '../../src/sessions/rotate.ts'
import type { RotatedSession, SessionId, Sessions } from '../../src/sessions/session.ts'
import { SECRET } from '../server/secret.ts'
import { withPorts } from '../stores/open.ts'

/** Injects a fault into a store. */
type Fault = (store: InstanceStore) => InstanceStore

const withKeys = (
  store: InstanceStore,
  other: (keys: Keys) => Partial<Keys>,
): InstanceStore =>
  withPorts(store, { keys: { ...store.ports.keys, ...other(store.ports.keys) } })

const withSessions = (
  store: InstanceStore,
  other: (sessions: Sessions) => Partial<Sessions>,
): InstanceStore =>
  withPorts(store, {
    sessions: { ...store.ports.sessions, ...other(store.ports.sessions) },
  })

const withCodes = (
  store: InstanceStore,
  other: (codes: Codes) => Partial<Codes>,
): InstanceStore =>
  withPorts(store, { codes: { ...store.ports.codes, ...other(store.ports.codes) } })

const withCredentials = (
  store: InstanceStore,
  other: (credentials: Credentials) => Partial<Credentials>,
): InstanceStore => {
  const { credentials } = store.ports
  return withPorts(store, { credentials: { ...credentials, ...other(credentials) } })
}

/** Known mistakes; a trial that detects none of them proves nothing. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  /**
   * The compare-and-swap without `generation = :generation and jti = :jti`: any token moves the
   * session on.
   */
  'drop-generation': (store) =>
    withSessions(store, (sessions) => ({
      rotate: (rotation) => rotateAnyToken(sessions, rotation),
    })),

  /** The affected-row count is ignored: every caller assumes that its swap succeeded. */
  'ignore-row-count': (store) =>
    withSessions(store, (sessions) => ({
      async recover(rotation) {
        const session =
          (await sessions.recover(rotation)) ??
          (await sessions.find(rotation.id))?.session
        return (
          session && {
            ...session,
            generation: rotation.unused.generation + 1,
            jti: rotation.newJti,
          }
        )
      },
      async rotate(rotation) {
        const session =
          (await sessions.rotate(rotation)) ?? (await sessions.find(rotation.id))?.session
        return (
          session && {
            ...session,
            generation: rotation.generation + 1,
            jti: rotation.newJti,
          }
        )
      },
    })),

  /** A session is judged by its first read, as from a lagging replica. */
  'stale-judgement': (store) =>
    withSessions(store, (sessions) => {
      const read = new Map<SessionId, Awaited<ReturnType<Sessions['find']>>>()
      return {
        async rotate(rotation) {
          if (!read.has(rotation.id))
            read.set(rotation.id, await sessions.find(rotation.id))
          return sessions.rotate(rotation)
        },
        find: async (id) => read.get(id) ?? sessions.find(id),
      }
    }),

  /** A revocation is rolled back with the request that it refuses. */
  'lost-end': (store) =>
    withSessions(store, () => ({ revoke: async () => true, revokeAll: async () => [] })),

  /** A repeated refresh gets a different successor. */
  'new-jti-on-replay': (store) =>
    withSessions(store, (sessions) => ({
      async find(id) {
        const state = await sessions.find(id)
        return (
          state && { ...state, session: { ...state.session, jti: hexId(systemRandom) } }
        )
      },
    })),

  /** The overlap applies to every spent token, not to the last alone. */
  'overlap-for-all': (store) =>
    withSessions(store, (sessions) => {
      const presented = new Map<SessionId, RefreshClaims>()
      return {
        rotate(rotation) {
          presented.set(rotation.id, rotation)
          return sessions.rotate(rotation)
        },
        async find(id) {
          const state = await sessions.find(id)
          const last = presented.get(id)
          if (
            state === undefined ||
            last === undefined ||
            last.generation >= state.session.generation
          )
            return state
          return { ...state, session: asIfNext(state.session, last) }
        },
      }
    }),

  /** A late token moves the session on although its successor was presented. */
  'late-for-all': (store) =>
    withSessions(store, (sessions) => {
      const presented = new Map<SessionId, RefreshClaims>()
      return {
        rotate(rotation) {
          presented.set(rotation.id, rotation)
          return sessions.rotate(rotation)
        },
        recover: ({ unused, ...rotation }) => sessions.rotate({ ...rotation, ...unused }),
        async find(id) {
          const state = await sessions.find(id)
          const last = presented.get(id)
          if (state === undefined || last === undefined) return state
          return { ...state, session: asIfLate(state.session, last) }
        },
      }
    }),

  /** The unused successor of a lost answer is no trap: who has it goes on, too. */
  'unused-stays-valid': (store) =>
    withSessions(store, (sessions) => ({
      async rotate(rotation) {
        const session = await sessions.rotate(rotation)
        if (session !== undefined) return session
        const current = (await sessions.find(rotation.id))?.session
        const isUnused =
          current !== undefined &&
          current.lostAnswers > 0 &&
          current.generation === rotation.generation + 1
        return isUnused ? rotateAnyToken(sessions, rotation) : undefined
      },
    })),

  /** The limit of lost answers counts from the last use of the token, not from the first. */
  'limit-from-last': (store) =>
    withSessions(store, (sessions) => ({
      recover: (rotation) =>
        sessions.recover({ ...rotation, spentSince: 0 as UnixSeconds }),
      async find(id) {
        const state = await sessions.find(id)
        if (state === undefined) return state
        const { session } = state
        return { ...state, session: { ...session, spentAt: session.rotatedAt } }
      },
    })),

  /** A session is inserted without a look at its user, in the epoch that the user has now. */
  'open-without-epoch': (store) =>
    withSessions(store, (sessions) => ({
      async open(session, require) {
        const account = await store.ports.users.find('id', session.userId ?? '')
        const epoch = account?.user.epoch ?? session.epoch
        return sessions.open({ ...session, epoch }, require)
      },
    })),

  /** A password that was hashed is set whatever has happened since. */
  'password-without-epoch': (store) =>
    withPorts(store, {
      users: {
        ...store.ports.users,
        setPassword: (id, hash) => store.ports.users.setPassword(id, hash),
      },
    }),

  /** A session is inserted also if its user has been deactivated. */
  'open-inactive': (store) =>
    withSessions(store, (sessions) => ({
      open: (session) => sessions.open(session, { active: false }),
    })),

  /** A session is inserted without a condition, as the user was read before the hash. */
  'open-unconditionally': (store) =>
    withSessions(store, (sessions) => ({
      async open(session) {
        await sessions.adopt(session)
        return true
      },
    })),

  /** A change of what tokens name begins no epoch. */
  'same-epoch': (store) =>
    withPorts(store, {
      users: {
        ...store.ports.users,
        change: (id, { beginsEpoch: _, ...change }) =>
          store.ports.users.change(id, change),
      },
    }),

  /** Every process uses its own clock. */
  'clock-of-each': ({ time: _, ...store }) => store,

  /** A restart forgets spent tokens: the first refresh of a session in this process succeeds. */
  'forget-spent': (store) =>
    withSessions(store, (sessions) => {
      const known = new Set<SessionId>()
      return {
        rotate(rotation) {
          if (known.has(rotation.id)) return sessions.rotate(rotation)
          known.add(rotation.id)
          return rotateAnyToken(sessions, rotation)
        },
      }
    }),

  /** Answers before the write. */
  'answer-early': (store) =>
    withSessions(store, (sessions) => ({
      async open(session, require) {
        void sleep(50).then(() => sessions.open(session, require).catch(() => {}))
        return true
      },
      async rotate(rotation) {
        const state = await sessions.find(rotation.id)
        void sleep(50).then(() => sessions.rotate(rotation).catch(() => {}))
        if (state?.session.jti !== rotation.jti) return undefined
        const { session } = state
        return {
          ...session,
          generation: session.generation + 1,
          jti: rotation.newJti,
          previousJti: session.jti,
          rotatedAt: rotation.now,
        }
      },
    })),

  /** Every process counts the wrong digits of a code for itself. */
  'attempts-alone': (store) =>
    withCodes(store, (codes) => {
      const wrong = new Map<string, number>()
      return {
        async attempt(presented, now, mode) {
          const code = await codes.find(presented)
          const isRight = code && presented.digests.includes(code.digest)
          if (code?.form !== 'digits' || isRight)
            return codes.attempt(presented, now, mode)
          const attempts = (wrong.get(code.id) ?? 0) + 1
          if (attempts > (code.maxAttempts ?? 0)) return undefined
          wrong.set(code.id, attempts)
          return { code: { ...code, attempts }, isRight: false }
        },
      }
    }),

  /** The tokens of a user are counted before the statement that inserts another. */
  'count-before-insert': (store) =>
    withPorts(store, {
      apiTokens: {
        ...store.ports.apiTokens,
        async insertWithin({ limit }, token, user) {
          const { apiTokens } = store.ports
          if ((await apiTokens.list(token.userId)).length >= limit) return 'full'
          await sleep(1000)
          return (await apiTokens.insert(token, user)) ? { revoked: 0 } : 'user changed'
        },
      },
    }),

  /** A one-time code is marked as redeemed behind the answer. */
  'redeem-behind': (store) =>
    withCodes(store, (codes) => ({
      async attempt(presented, now, mode) {
        if (mode === 'redeem')
          void sleep(50).then(() => codes.attempt(presented, now, mode).catch(() => {}))
        return codes.attempt(presented, now, 'check')
      },
    })),

  /** A reset ends the sessions before there is a new password. */
  'ends-at-redemption': (store) =>
    withCodes(store, (codes) => ({
      async attempt(presented, now, mode) {
        const attempted = await codes.attempt(presented, now, mode)
        const id = attempted?.code.user?.id
        if (mode === 'redeem' && id !== undefined)
          await store.ports.sessions.revokeAll(id, 'password', now)
        return attempted
      },
    })),

  /** A reset removes the old password before it has the new one. */
  'password-first': (store) =>
    withCodes(store, (codes) => ({
      async attempt(presented, now, mode) {
        const attempted = await codes.attempt(presented, now, mode)
        const id = attempted?.code.user?.id
        if (mode === 'redeem' && attempted?.isRight === true && id !== undefined)
          await store.ports.users.setPassword(id, '!')
        return attempted
      },
    })),

  /** An invitation is spent before there is the user. */
  'invitation-first': (store) =>
    withCodes(store, (codes) => ({
      attempt(presented, now, mode) {
        const isInvitation = presented.purpose === 'invitation'
        return codes.attempt(presented, now, isInvitation ? 'redeem' : mode)
      },
      redeemIn: async () => undefined,
    })),

  /** A step of an authenticator is accepted again. */
  'step-again': (store) =>
    withCredentials(store, (credentials) => ({
      async advance(...args) {
        await credentials.advance(...args)
        return true
      },
    })),

  /** A recovery code is looked up, and deleted later. */
  'recovery-code-again': (store) =>
    withCredentials(store, (credentials) => ({
      async redeem(userId, digests) {
        const rows = await credentials.list(userId)
        return rows.some(({ secret }) => digests.includes(secret))
      },
    })),

  /** The ticket of a second step is checked, and not redeemed. */
  'ticket-again': (store) =>
    withCodes(store, (codes) => ({
      attempt: (presented, now, mode) =>
        codes.attempt(
          presented,
          now,
          presented.purpose === 'second_factor' ? 'check' : mode,
        ),
    })),

  /** A factor that was removed is still there. */
  'factor-stays': (store) =>
    withCredentials(store, () => ({ deleteTotp: async () => true })),

  /** An administrator removes nothing. */
  'factors-stay': (store) => withCredentials(store, () => ({ deleteAll: async () => 0 })),

  /** The recovery codes outlive the last factor, and others that replace them. */
  'codes-stay': (store) =>
    withCredentials(store, (credentials) => ({
      async replaceRecoveryCodes(_, rows) {
        for (const row of rows) await credentials.insert(row)
        return true
      },
    })),

  /** Sessions that were started without a factor go on with it. */
  'sessions-without-factor': (store) =>
    withSessions(store, (sessions) => ({
      revokeAll: async (id, reason, now, except) =>
        reason === 'admin' ? [] : sessions.revokeAll(id, reason, now, except),
    })),

  /** An authorization code opens its session also if its user has changed. */
  'code-without-epoch': (store) =>
    withPorts(store, {
      grants: {
        ...store.ports.grants,
        redeem: (_, session) => store.ports.sessions.open(session, { active: true }),
      },
    }),

  /** A code that is presented again does not end its session. */
  'reuse-goes-on': (store) =>
    withSessions(store, (sessions) => ({
      revoke: async (id, reason, now) =>
        reason === 'reuse' ? false : sessions.revoke(id, reason, now),
    })),

  /** An authorization code is redeemed before its session is opened. */
  'grant-apart': (store) =>
    withPorts(store, {
      grants: {
        ...store.ports.grants,
        async redeem(code, session, now) {
          const { codes, sessions } = store.ports
          const attempted = await codes.attempt(code, now, 'redeem')
          if (attempted?.isRight !== true) return false
          return sessions.open(session, { active: true })
        },
      },
    }),

  /** A notice is not written in the transaction of the change. */
  'notice-behind': (store) =>
    withPorts(store, {
      credentials: {
        ...store.ports.credentials,
        confirm: (id, use, onlyAsFirst) =>
          store.ports.credentials.confirm(id, use, onlyAsFirst),
        deleteTotp: (id, userId) => store.ports.credentials.deleteTotp(id, userId),
        replaceRecoveryCodes: (userId, rows) =>
          store.ports.credentials.replaceRecoveryCodes(userId, rows),
      },
      users: {
        ...store.ports.users,
        change: (id, change, onlyIf) => store.ports.users.change(id, change, onlyIf),
        setPassword: (id, hash, read) => store.ports.users.setPassword(id, hash, read),
      },
    }),

  /** A retired key no longer verifies. */
  'hasty-retirement': (store) =>
    withKeys(store, (keys) => ({
      rotate: (turn) => keys.rotate({ ...turn, verifiesUntil: turn.fresh.createdAt }),
    })),

  /** The key to be published next signs at once. */
  'unpublished-key': (store) =>
    withKeys(store, (keys) => ({
      async rotate(turn) {
        const { fresh, verifiesUntil } = turn
        const turned = await keys.rotate(turn)
        const { kid: id, publicJwk, privatePem } = generateKey(fresh.algorithm)
        const sealed = seal(privatePem, id, [new Secret(SECRET)], systemRandom)
        const another = { ...fresh, id, publicJwk, sealed }
        if (turned)
          await keys.rotate({
            current: turn.next,
            next: fresh.id,
            fresh: another,
            verifiesUntil,
          })
        return turned
      },
    })),

  /** An unavailable database is reported as an unexpected error. */
  'outage-as-bug': (store) =>
    withPorts(store, {
      sessions: around(store.ports.sessions, async (call) => {
        try {
          return await call()
        } catch (error) {
          throw error instanceof AuthError ? new Error(error.message) : error
        }
      }),
    }),

  /** Retries until the database answers, without a time limit. */
  'retry-without-limit': (store) =>
    withPorts(store, {
      sessions: around(store.ports.sessions, async (call) => {
        for (;;) {
          try {
            return await call()
          } catch {
            await sleep(100)
          }
        }
      }),
    }),

  /** Changes of other processes are never delivered. */
  deaf: (store) => ({
    ...store,
    watch: (listener) => store.watch({ ...listener, changed() {} }),
  }),
}

/** The methods of a port, each wrapped by `how`. */
const around = <Port extends object>(
  port: Port,
  how: (call: () => unknown) => Promise<unknown>,
): Port =>
  new Proxy(port, {
    get:
      (methods, name) =>
      (...given: never[]) =>
        how(() =>
          (Reflect.get(methods, name) as (...given: never[]) => unknown)(...given),
        ),
  })

/** The store, with the named fault if there is one. */
export function sabotaged(store: InstanceStore, name: string | undefined): InstanceStore {
  if (name === undefined) return store
  const fault = FAULTS[name]
  // Faults outside the store are injected by their trials.
  return fault === undefined ? store : fault(store)
}

async function rotateAnyToken(
  sessions: Sessions,
  rotation: Parameters<Sessions['rotate']>[0],
): Promise<RotatedSession | undefined> {
  for (;;) {
    const state = await sessions.find(rotation.id)
    if (state === undefined) return undefined
    const { generation, jti, revokeReason } = state.session
    const session = await sessions.rotate({ ...rotation, generation, jti })
    if (session !== undefined || revokeReason !== undefined) return session
    const { session: after } = (await sessions.find(rotation.id))!
    if (after.generation === generation) return undefined
  }
}

/** A spent token as the previous one of its session, spent at the last refresh and long after the overlap. */
const asIfLate = <S extends RotatedSession>(
  session: S,
  { generation, jti }: RefreshClaims,
): S => {
  if (generation >= session.generation) return session
  const lostAnswers = session.generation - 1 - generation
  return {
    ...session,
    previousJti: jti,
    lostAnswers,
    spentAt: session.rotatedAt,
    rotatedAt: 0 as UnixSeconds,
  }
}

const asIfNext = <S extends RotatedSession>(
  session: S,
  { generation, jti }: RefreshClaims,
): S => ({
  ...session,
  generation: generation + 1,
  previousJti: jti,
  lostAnswers: 0,
})
