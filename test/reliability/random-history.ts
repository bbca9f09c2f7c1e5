import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceStore } from '../../src/features.ts'
import type { Account, UserId } from '../../src/users/user.ts'
import { Chance } from '../differential/random.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { contention, pause } from '../time.ts'
import { actionsAt, type Place, SIGN_IN_PAUSE } from './actions.ts'
import { clientsOf, SIGNED_BY_SECRET } from './clients.ts'
import type { Kind } from './databases.ts'
import { Judge } from './judging.ts'
import { lastingFor } from './lasting.ts'
import { type Family, type ModelOptions, SLACK, unopened } from './model.ts'
import { resetCodes } from './reset-codes.ts'
import { storeAt } from './store.ts'
import {
  atLeast,
  type Finding,
  type Trial,
  type TrialContext,
  trial,
  unavailable,
} from './trial.ts'
import type { Login } from './user-actions.ts'
import { KNOWN, userOf, Witness } from './witness.ts'

/** Servers on one database. */
const SERVERS = 2

/** Concurrent clients: each has a session of its own, and takes part in the shared ones. */
const CLIENTS = 8

/** Clients that lose answers: they wait for most of the time. */
const LOSERS = 8

/** R4. */
export const randomHistory = historyTrial({
  name: 'R4',
  promise:
    'histories are linearizable: every answer is possible for a server with one client at a time',
  namesByEmail: false,
})

/** R4-email. */
export const historyOfNames = historyTrial({
  name: 'R4-email',
  promise: 'the same if tokens name their users by email',
  namesByEmail: true,
})

/** Sign-ins for each second, after which a history is long enough. */
const SIGN_INS = 20

/** Milliseconds after which a process knows what another has written about a user. */
export const STALENESS: Readonly<Record<Kind, number>> = {
  sqlite: SLACK,
  postgres: KNOWN,
  none: 0,
}

function historyTrial({ name, promise, namesByEmail }: Variant): Trial {
  return trial({
    name,
    promise,
    databases: ['sqlite', 'postgres'],
    long: { seconds: 60, places: 12, overlap: 2, lostAnswer: 6 },
    short: { seconds: 7, places: 8, overlap: 2, lostAnswer: 6 },
    sabotages: [
      { name: 'drop-generation' },
      { name: 'ignore-row-count' },
      { name: 'stale-judgement' },
      { name: 'lost-end' },
      { name: 'new-jti-on-replay' },
      { name: 'overlap-for-all' },
      { name: 'late-for-all' },
      { name: 'unused-stays-valid' },
      { name: 'deaf' },
      { name: 'open-without-epoch' },
      { name: 'open-inactive' },
      { name: 'open-unconditionally' },
      { name: 'password-without-epoch' },
      ...(namesByEmail ? [{ name: 'same-epoch' }] : []),
    ],
    run: (deps, size) => histories(deps, { ...size, namesByEmail }),
  })
}

interface Size extends Omit<ModelOptions, 'staleness'> {
  readonly seconds: number
  readonly places: number
}

async function histories(
  deps: TrialContext,
  { seconds, places, ...tokens }: Size,
): Promise<readonly Finding[]> {
  const before = contention()
  const seed = randomInt(1, 2 ** 31)
  deps.progress(`seed ${seed}`)
  const chance = new Chance(seed)
  const witness = new Witness()
  const options = { ...tokens, staleness: STALENESS[deps.kind] }
  const servers = await theServers(deps, options)
  const store = await storeAt(deps.database)
  deps.after(() => store.close())
  const logins = await theLogins(store, CLIENTS + LOSERS + Math.ceil(places / 2))
  const own = placesOf(logins.slice(0, CLIENTS))
  const losing = placesOf(logins.slice(CLIENTS, CLIENTS + LOSERS))
  const common = placesOf(
    logins.slice(CLIENTS + LOSERS).flatMap((login) => [login, login]),
  )
  const agent = new Agent({ keepAlive: true })
  deps.after(() => agent.destroy())
  const { enter, behave, loseAnswer, misbehave, administer, judge } = actionsAt(
    servers,
    clientsOf(agent),
    { witness, chance, options, codes: resetCodes(store) },
  )

  for (const place of [...own, ...losing, ...common]) await enter(place)
  const isOver = lastingFor(seconds, {
    needs: () => witness.hasSeenEnough(),
    wants: () => witness.signIns.length > seconds * SIGN_INS,
  })
  /** Without an answer, what was done to the user is not known. */
  const tried = (act: (place: Place) => Promise<void>, place: Place): Promise<void> =>
    act(place).catch(() => {
      for (const user of [place.login.user, place.signIn?.user]) witness.unsure(user)
    })
  const client = async (mine: Place): Promise<void> => {
    while (!isOver()) {
      if (chance.once(3)) await tried(behave, mine)
      else if (chance.once(2)) await tried(misbehave, chance.pick(common))
      else await tried(administer, chance.pick(common))
      if (chance.once(20)) await sleep(chance.int(50))
    }
  }
  const loser = async (mine: Place): Promise<void> => {
    while (!isOver()) await tried(loseAnswer, mine)
  }
  await Promise.all([...own.map(client), ...losing.map(loser)])
  await pause(KNOWN)
  for (const signIn of witness.signIns)
    for (const server of servers) await judge(signIn, server)

  const { signIns, strange } = witness
  const count = witness.sure().reduce((sum, { history }) => sum + history.length, 0)
  deps.progress(`${signIns.length} sign-ins, ${count} operations`)
  for (const answer of strange.slice(0, 3)) deps.progress(answer)
  return [
    atLeast(seconds * 10, 'operations', count),
    ...misfits(witness, deps, options),
    ...witness.findings(),
    unavailable(witness.unavailable, Math.max(before, contention())),
  ]
}

const placesOf = (logins: readonly Login[]): readonly Place[] =>
  logins.map((login) => ({ login, signIn: undefined }))

function misfits(
  witness: Witness,
  deps: TrialContext,
  { namesByEmail }: ModelOptions,
): readonly Finding[] {
  const signIns = witness.sure()
  const sessions = new Judge<Family>(deps)
  for (const { session, history, user } of signIns)
    sessions.judge(
      `session ${session}`,
      [...history, ...user.history],
      unopened(user.initial),
    )
  // A new email ends a sign-in that is under way, and leaves no trace in the state that a refusal is judged by.
  const users = namesByEmail ? [] : [...new Set(signIns.map(({ user }) => user))]
  const refused = new Judge<Family>(deps)
  for (const { id, refusals, history, initial } of users)
    refused.judge(`user ${id}`, [...refusals, ...history], unopened(initial))
  return [
    ...sessions.findings('sessions whose answers fit no order'),
    ...refused.findings('users refused although they could sign in'),
  ]
}

interface Variant {
  readonly name: string
  readonly promise: string
  readonly namesByEmail: boolean
}

async function theServers(
  { database, sabotage, after }: TrialContext,
  { overlap, lostAnswer, namesByEmail }: ModelOptions,
): Promise<readonly ServerProcess[]> {
  const userIdField: 'email' | 'id' = namesByEmail ? 'email' : 'id'
  const options = {
    tokens: { ...SIGNED_BY_SECRET, overlap, lostAnswer, userIdField },
    throttle: { login: null },
    endpoints: { confirmReset: true },
  }
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++) {
    servers.push(
      await startServer(
        { after },
        {
          database,
          options,
          sabotage,
          signInPause: SIGN_IN_PAUSE,
          user: i === 0 ? ADA : undefined,
        },
      ),
    )
  }
  return servers
}

/** Users with one password, hashed once. */
async function theLogins(store: InstanceStore, count: number): Promise<readonly Login[]> {
  await store.migrate()
  const { user: ada, hash } = (await store.ports.users.find(
    'username',
    ADA.username,
  )) as Account
  const users = Array.from({ length: count }, (_, i) =>
    userOf(`user${i}` as UserId, {
      exists: true,
      isActive: true,
      epoch: 0,
      name: `user${i}`,
      email: `0-user${i}@example.org`,
      password: ADA.password,
    }),
  )
  for (const { id, initial } of users) {
    const { epoch: _, lastLoginAt: __, ...like } = ada
    const { name, email } = initial
    const named = { id, username: name, usernameKey: name, email }
    await store.ports.users.insert({ ...like, ...named, hash })
  }
  return users.map((user) => ({ user }))
}
