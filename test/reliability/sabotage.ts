import { setTimeout as sleep } from 'node:timers/promises'
import { AuthError } from '../../src/base/errors.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import { Secret } from '../../src/base/secret.ts'
import type { InstanceStore } from '../../src/features.ts'
import { generateKey } from '../../src/jwt/index.ts'
import type { Keys } from '../../src/keys/keys.ts'
import { seal } from '../../src/keys/seal.ts'
import type { Presented } from '../../src/sessions/rotate.ts'
import type { Session, SessionId, Sessions } from '../../src/sessions/session.ts'
import { withPorts } from '../stores/open.ts'

/** That of every server of the tests. */
const SECRET = 'of no worth, since every server of the tests has it'

/** Builds a fault into a store. */
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

/** What others got wrong, or could: each turns a trial red, or the trial would be worth nothing. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  /** The swap without `generation = :generation and jti = :jti`: whatever was presented, the session moves on. */
  'drop-generation': (store) =>
    withSessions(store, (sessions) => ({
      rotate: (its) => rotateWhatever(sessions, its),
    })),

  /** The number of rows that the swap changed is not read: everybody believes that it was theirs. */
  'ignore-row-count': (store) =>
    withSessions(store, (sessions) => ({
      async rotate(its) {
        const session =
          (await sessions.rotate(its)) ?? (await sessions.find(its.id))?.session
        return session && { ...session, generation: its.generation + 1, jti: its.newJti }
      },
    })),

  /** A session is judged by what was read of it first, as from a replica that lags. */
  'stale-judgement': (store) =>
    withSessions(store, (sessions) => {
      const read = new Map<SessionId, Awaited<ReturnType<Sessions['find']>>>()
      return {
        async rotate(its) {
          if (!read.has(its.id)) read.set(its.id, await sessions.find(its.id))
          return sessions.rotate(its)
        },
        find: async (id) => read.get(id) ?? sessions.find(id),
      }
    }),

  /** The end of a session is undone together with the request that it refuses. */
  'lost-end': (store) =>
    withSessions(store, () => ({ revoke: async () => true, revokeAll: async () => [] })),

  /** Whoever repeats a refresh gets a successor of their own. */
  'new-jti-on-replay': (store) =>
    withSessions(store, (sessions) => ({
      async find(id) {
        const state = await sessions.find(id)
        return (
          state && { ...state, session: { ...state.session, jti: hexId(systemRandom) } }
        )
      },
    })),

  /** The overlap is good for every spent token, not for the last alone. */
  'overlap-for-all': (store) =>
    withSessions(store, (sessions) => {
      const presented = new Map<SessionId, Presented>()
      return {
        rotate(its) {
          presented.set(its.id, its)
          return sessions.rotate(its)
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

  /** Every process goes by its own clock. */
  'clock-of-each': ({ time: _, ...store }) => store,

  /** What was spent before the start is forgotten: the first refresh of a session in this process is believed. */
  'forget-spent': (store) =>
    withSessions(store, (sessions) => {
      const known = new Set<SessionId>()
      return {
        rotate(its) {
          if (known.has(its.id)) return sessions.rotate(its)
          known.add(its.id)
          return rotateWhatever(sessions, its)
        },
      }
    }),

  /** Answered before it is written. */
  'answer-early': (store) =>
    withSessions(store, (sessions) => ({
      async open(session) {
        void sleep(50).then(() => sessions.open(session).catch(() => {}))
      },
      async rotate(its) {
        const state = await sessions.find(its.id)
        void sleep(50).then(() => sessions.rotate(its).catch(() => {}))
        if (state?.session.jti !== its.jti) return undefined
        const { session } = state
        return {
          ...session,
          generation: session.generation + 1,
          jti: its.newJti,
          previousJti: session.jti,
          rotatedAt: its.now,
        }
      },
    })),

  /** A key that signs no more verifies nothing from then on. */
  'hasty-retirement': (store) =>
    withKeys(store, (keys) => ({
      rotate: (turn) => keys.rotate({ ...turn, verifiesUntil: turn.fresh.createdAt }),
    })),

  /** The key that was to be published next signs at once. */
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

  /** A database that cannot be asked is told of as if the fault were ours. */
  'untold-fault': (store) =>
    withPorts(store, {
      sessions: around(store.ports.sessions, async (call) => {
        try {
          return await call()
        } catch (error) {
          throw error instanceof AuthError ? new Error(error.message) : error
        }
      }),
    }),

  /** It is asked until it answers, whoever waits for that. */
  'patient-store': (store) =>
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

  /** Of what other processes write nothing is told but that all has been told. */
  deaf: (store) => ({
    ...store,
    watch: (listener) => store.watch({ ...listener, changed() {} }),
  }),
}

/** The verbs of a port, each called as `how` says. */
const around = <Port extends object>(
  port: Port,
  how: (call: () => unknown) => Promise<unknown>,
): Port =>
  new Proxy(port, {
    get:
      (verbs, name) =>
      (...given: never[]) =>
        how(() => (Reflect.get(verbs, name) as (...given: never[]) => unknown)(...given)),
  })

/** The store, with the fault of this name in it where one is named. */
export function sabotaged(store: InstanceStore, name: string | undefined): InstanceStore {
  if (name === undefined) return store
  const fault = FAULTS[name]
  // Faults that are not in the store are built in by the trial that knows them.
  return fault === undefined ? store : fault(store)
}

async function rotateWhatever(
  sessions: Sessions,
  its: Parameters<Sessions['rotate']>[0],
): Promise<Session | undefined> {
  for (;;) {
    const state = await sessions.find(its.id)
    if (state === undefined) return undefined
    const { generation, jti, endReason } = state.session
    const session = await sessions.rotate({ ...its, generation, jti })
    if (session !== undefined || endReason !== undefined) return session
    const { session: after } = (await sessions.find(its.id))!
    if (after.generation === generation) return undefined
  }
}

const asIfNext = (session: Session, { generation, jti }: Presented): Session => ({
  ...session,
  generation: generation + 1,
  previousJti: jti,
})
