import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account, UserId } from '../../src/users/user.ts'
import { Chance } from '../differential/random.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { pause } from '../time.ts'
import { actionsAt, type Place } from './actions.ts'
import { clientsOf } from './clients.ts'
import { firstMisfit, type Operation } from './history.ts'
import { type Family, type ModelOptions, UNOPENED } from './model.ts'
import { storeAt } from './store.ts'
import { atLeast, exactly, type TrialContext, trial } from './trial.ts'
import { KNOWN, type SignIn, type User, Witness } from './witness.ts'

/** Servers on one database. */
const SERVERS = 2

/** Concurrent clients: each has a session of its own, and takes part in the shared ones. */
const CLIENTS = 8

/** Clients that lose answers: they wait for most of the time. */
const LOSERS = 8

/** R4. */
export const randomHistory = trial({
  name: 'R4',
  promise:
    'histories are linearizable: every answer is possible for a server with one client at a time',
  databases: ['sqlite', 'postgres'],
  long: { seconds: 60, places: 12, overlap: 2, lostAnswer: 6 },
  short: { seconds: 7, places: 4, overlap: 2, lostAnswer: 6 },
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
  ],
  async run(deps, { seconds, places, ...options }) {
    const seed = randomInt(1, 2 ** 31)
    deps.progress(`seed ${seed}`)
    const chance = new Chance(seed)
    const witness = new Witness()
    const servers = await theServers(deps, options)
    const users = await theirUsers(deps, CLIENTS + LOSERS + Math.ceil(places / 2))
    const placesOf = (some: readonly User[]) =>
      some.map((user): Place => ({ user, signIn: undefined }))
    const own = placesOf(users.slice(0, CLIENTS))
    const losing = placesOf(users.slice(CLIENTS, CLIENTS + LOSERS))
    const shared = users.slice(CLIENTS + LOSERS)
    const common = placesOf(shared.flatMap((user) => [user, user]).slice(0, places))
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())
    const { enter, behave, loseAnswer, misbehave, visit } = actionsAt(
      servers,
      clientsOf(agent),
      { witness, chance, options },
    )

    for (const place of [...own, ...losing, ...common]) await enter(place)
    const until = performance.now() + seconds * 1000
    const client = async (mine: Place): Promise<void> => {
      while (performance.now() < until) {
        if (chance.once(3)) await behave(mine)
        else await misbehave(chance.pick(common))
        if (chance.once(20)) await sleep(chance.int(50))
      }
    }
    const loser = async (mine: Place): Promise<void> => {
      while (performance.now() < until) await loseAnswer(mine)
    }
    await Promise.all([...own.map(client), ...losing.map(loser)])
    await pause(KNOWN)
    for (const signIn of witness.signIns)
      for (const server of servers) await visit(signIn, server)

    const { signIns, strange } = witness
    const count = signIns.reduce((sum, { history }) => sum + history.length, 0)
    const misfits = signIns.flatMap((signIn) => misfitOf(signIn, deps))
    deps.progress(`${signIns.length} sign-ins, ${count} operations`)
    for (const answer of strange.slice(0, 3)) deps.progress(answer)
    return [
      atLeast(seconds * 10, 'operations', count),
      exactly(0, 'sessions whose answers fit no order', misfits.length),
      ...witness.findings(),
    ]
  },
})

async function theServers(
  { database, sabotage, after }: TrialContext,
  tokens: ModelOptions,
): Promise<readonly ServerProcess[]> {
  const options = { tokens, throttle: { login: null } }
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++) {
    servers.push(
      await startServer(
        { after },
        { database, options, sabotage, user: i === 0 ? ADA : undefined },
      ),
    )
  }
  return servers
}

/** With one password, hashed once. */
async function theirUsers(
  { database, after }: TrialContext,
  count: number,
): Promise<readonly User[]> {
  const store = await storeAt(database)
  after(() => store.close())
  await store.migrate()
  const { user: ada, hash } = (await store.ports.users.find(
    'username',
    ADA.username,
  )) as Account
  const names = Array.from({ length: count }, (_, i) => `user${i}`)
  for (const name of names) {
    const { epoch: _, lastLoginAt: __, ...like } = ada
    await store.ports.users.insert({
      ...like,
      id: name as UserId,
      username: name,
      usernameKey: name,
      hash,
    })
  }
  return names.map((name) => ({ id: name as UserId, username: name, history: [] }))
}

/** @returns the wrong answer, with the operations around it */
function misfitOf(
  { session, history, user }: SignIn,
  { progress }: TrialContext,
): readonly Operation<Family>[] {
  const all = [...history, ...user.history].sort((a, b) => a.began - b.began)
  const misfit = firstMisfit(all, UNOPENED)
  if (misfit === undefined) return []
  const around = all.filter(
    ({ ended, began }) => ended >= misfit.began - 500 && began <= misfit.ended,
  )
  progress(`session ${session}: this fits no order: ${misfit.says}`)
  for (const { says, began, ended } of around.slice(-20)) {
    progress(`  ${began.toFixed(1)} – ${ended.toFixed(1)}  ${says}`)
  }
  return [misfit]
}
