import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account, UserId } from '../../src/users/user.ts'
import { Chance } from '../differential/random.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { clientsOf, type Pair, type Said, timed } from './clients.ts'
import { firstMisfit, type Operation } from './history.ts'
import { type Family, operations, type Span, UNOPENED } from './model.ts'
import { storeAt } from './store.ts'
import { atLeast, exactly, type Finding, trial, type World } from './trial.ts'

/** Servers on one database. */
const SERVERS = 2

/** Clients at once: each has a sign-in that nobody else touches, and a hand in those that are everybody's. */
const CLIENTS = 8

/** Milliseconds after which an end has to be known in every process. */
const KNOWN = 1000

/** Somebody who signs in again and again. */
interface User {
  readonly id: UserId
  readonly username: string
  isActive: boolean
  /** What was done to the user, and so to every sign-in of theirs. */
  readonly history: Operation<Family>[]
}

/** Sign-ins of one user, one after the other. */
interface Place {
  readonly user: User
  signIn: SignIn | undefined
}

interface SignIn {
  readonly session: string
  readonly user: User
  readonly history: Operation<Family>[]
  /** The refresh tokens that were answered, by their generation. */
  readonly tokens: Said[]
  readonly accesses: string[]
  /** When it was first known for sure to have ended. */
  endedAt: number
}

/** R4. */
export const randomHistory = trial({
  name: 'R4',
  promise: 'whatever clients do at once, every answer is one that a server with one client at a time would give',
  databases: ['sqlite', 'postgres'],
  long: { seconds: 60, places: 12, overlap: 2 },
  short: { seconds: 3, places: 4, overlap: 1 },
  sabotages: [
    { name: 'drop-generation' },
    { name: 'ignore-row-count' },
    { name: 'stale-judgement' },
    { name: 'lost-end' },
    { name: 'new-jti-on-replay' },
    { name: 'overlap-for-all' },
    { name: 'deaf' },
  ],
  async run(world, { seconds, places, overlap }) {
    const seed = randomInt(1, 2 ** 31)
    const crowd = await aCrowd(world, new Chance(seed), places, overlap)
    world.progress(`seed ${seed}`)

    await crowd.act(seconds * 1000)

    const operations = crowd.signIns.reduce((sum, { history }) => sum + history.length, 0)
    const misfits = crowd.signIns.flatMap((signIn) => misfitOf(signIn, world))
    world.progress(
      `${crowd.signIns.length} sign-ins, ${operations} operations, ${crowd.strange.length} strange answers`,
    )
    for (const answer of crowd.strange.slice(0, 3)) world.progress(answer)
    return [
      atLeast(seconds * 10, 'operations', operations),
      exactly(0, 'sign-ins whose answers fit no order', misfits.length),
      ...crowd.findings(),
      exactly(0, 'answers that are none of the wire’s', crowd.strange.length),
    ]
  },
})

/** Servers, users and clients that act at random, and everything that they saw. */
async function aCrowd(world: World, chance: Chance, places: number, overlapSeconds: number) {
  const { database, sabotage } = world
  const options = { tokens: { overlap: overlapSeconds }, throttle: { login: null } }
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++) {
    servers.push(await startServer(world, { database, options, sabotage, user: i === 0 ? ADA : undefined }))
  }
  const agent = new Agent({ keepAlive: true })
  world.after(() => agent.destroy())
  const { signIn, refresh, signOut, greet } = clientsOf(agent)
  const { signedIn, refreshed, ended, endedAll, activated, deactivated } = operations(overlapSeconds)

  const users = await theirUsers(world, CLIENTS + Math.ceil(places / 2))
  const own: Place[] = users.slice(0, CLIENTS).map((user) => ({ user, signIn: undefined }))
  const common = Array.from({ length: places }, (_, i): Place => {
    return { user: users[CLIENTS + Math.floor(i / 2)]!, signIn: undefined }
  })
  const signIns: SignIn[] = []
  const strange: string[] = []
  const seen = { honest: 0, loggedOut: 0, afterEnd: 0, afterwards: 0, accessAfterEnd: 0 }
  const successors = new Map<string, Set<string>>()
  const server = (): ServerProcess => chance.pick(servers)

  const learn = (signIn: SignIn, { refresh, access }: Pair): void => {
    signIn.tokens[refresh.generation] = refresh
    signIn.accesses.push(access)
    const key = `${signIn.session} ${refresh.generation}`
    successors.set(key, (successors.get(key) ?? new Set()).add(refresh.jti))
  }
  const isOver = (signIn: SignIn, { ended }: Span): void => {
    signIn.endedAt = Math.min(signIn.endedAt, ended)
  }

  async function enter(place: Place): Promise<void> {
    const { user } = place
    const { span, answer } = await signIn(server(), user.username, ADA.password)
    if ('status' in answer) {
      // A user who is being deactivated cannot sign in, and the hashes may be too many for a moment.
      if (answer.status !== 401 && answer.status !== 503) strange.push(`sign-in: ${answer.status} ${answer.body}`)
      return
    }
    const { session } = answer.refresh
    const made: SignIn = { session, user, history: [], tokens: [], accesses: [], endedAt: Number.POSITIVE_INFINITY }
    made.history.push(signedIn(span, answer.refresh))
    learn(made, answer)
    signIns.push(made)
    place.signIn = made
  }

  async function exchange(signIn: SignIn, token: Said) {
    const { span, answer, pair } = await refresh(server(), token)
    signIn.history.push(...refreshed(span, token, answer))
    if (answer.kind === 'other') strange.push(`refresh: ${answer.status} ${answer.body}`)
    else if (answer.kind !== 'pair') isOver(signIn, span)
    if (pair !== undefined) {
      if (span.began > signIn.endedAt) seen.afterEnd += 1
      learn(signIn, pair)
    }
    return { span, answer }
  }

  /** One who behaves: one call at a time, of which an answer may get lost; or two tabs that refresh at once. */
  async function behave(place: Place): Promise<void> {
    const { signIn } = place
    if (signIn === undefined) return enter(place)
    const token = signIn.tokens.at(-1)!
    const first = exchange(signIn, token)
    const second = chance.once(3)
      ? exchange(signIn, token)
      : chance.once(2)
        ? first.then(() => exchange(signIn, token))
        : first
    const both = await Promise.all([first, second])
    const isLate = both[1].span.ended - both[0].span.began > overlapSeconds * 1000
    const isRefused = both.some(({ answer }) => answer.kind !== 'pair')
    seen.honest += 1
    if (isRefused && !isLate) seen.loggedOut += 1
    if (isRefused) place.signIn = undefined
  }

  const misdeeds: readonly (readonly [weight: number, (place: Place, signIn: SignIn) => Promise<unknown>])[] = [
    [40, (_, signIn) => exchange(signIn, signIn.tokens.at(-1)!)],
    [16, (_, signIn) => exchange(signIn, signIn.tokens.at(-2) ?? signIn.tokens.at(-1)!)],
    [6, (_, signIn) => exchange(signIn, chance.pick(signIn.tokens.filter(Boolean)))],
    [12, (_, signIn) => enterAt(signIn)],
    [12, () => enterAt(chance.pick(signIns))],
    [4, (_, signIn) => leave(signIn)],
    [2, (_, signIn) => end(signIn)],
    [1, ({ user }) => endAll(user)],
    [3, ({ user }) => deactivate(user)],
    [6, ({ user }) => activate(user)],
    [
      7,
      async (place, signIn) => {
        if (signIn.endedAt < Number.POSITIVE_INFINITY && place.signIn === signIn) await enter(place)
      },
    ],
  ]
  const lots = misdeeds.flatMap(([weight, deed]) => Array.from({ length: weight }, () => deed))

  async function misbehave(place: Place): Promise<unknown> {
    return place.signIn === undefined ? enter(place) : chance.pick(lots)(place, place.signIn)
  }

  async function enterAt(signIn: SignIn, at = server()): Promise<void> {
    const { span, answer } = await greet(at, chance.pick(signIn.accesses))
    if (typeof answer !== 'boolean') strange.push(`greeting: ${answer.status} ${answer.body}`)
    if (span.began <= signIn.endedAt + KNOWN) return
    seen.afterwards += 1
    if (answer === true) seen.accessAfterEnd += 1
  }

  async function leave(signIn: SignIn): Promise<void> {
    const { span, answer } = await signOut(server(), chance.pick(signIn.tokens.filter(Boolean)))
    if (typeof answer !== 'boolean') strange.push(`sign-out: ${answer.status} ${answer.body}`)
    else signIn.history.push(ended(span, answer))
    isOver(signIn, span)
  }

  async function end(signIn: SignIn): Promise<void> {
    const { span, answer } = await timed(() => server().administer('endSession', signIn.session as never))
    signIn.history.push(ended(span, answer))
    isOver(signIn, span)
  }

  /** What is done to a user is over for every sign-in that was there when it began. */
  async function toUser(user: User, work: () => Promise<unknown>, told: (span: Span) => readonly Operation<Family>[]) {
    const there = signIns.filter((signIn) => signIn.user === user)
    const { span } = await timed(work)
    user.history.push(...told(span))
    return { span, there }
  }

  async function endAll(user: User): Promise<void> {
    const { span, there } = await toUser(
      user,
      () => server().administer('endSessions', user.id),
      (span) => [endedAll(span)],
    )
    for (const signIn of there) isOver(signIn, span)
  }

  async function deactivate(user: User): Promise<void> {
    user.isActive = false
    const { span, there } = await toUser(
      user,
      () => server().administer('changeUser', user.id, { active: false }),
      deactivated,
    )
    for (const signIn of there) isOver(signIn, span)
  }

  async function activate(user: User): Promise<void> {
    if (user.isActive) return
    user.isActive = true
    await toUser(
      user,
      () => server().administer('changeUser', user.id, { active: true }),
      (span) => [activated(span)],
    )
  }

  async function act(milliseconds: number): Promise<void> {
    for (const place of [...own, ...common]) await enter(place)
    const until = performance.now() + milliseconds
    const client = async (mine: Place): Promise<void> => {
      while (performance.now() < until) {
        if (chance.once(3)) await behave(mine)
        else await misbehave(chance.pick(common))
        if (chance.once(20)) await sleep(chance.int(50))
      }
    }
    await Promise.all(own.map(client))
    await sleep(KNOWN)
    const over = signIns.filter(({ endedAt }) => endedAt < Number.POSITIVE_INFINITY)
    for (const at of servers) for (const signIn of over) await enterAt(signIn, at)
  }

  const findings = (): readonly Finding[] => [
    atLeast(1, 'refreshes by clients that behave', seen.honest),
    exactly(0, 'of them refused', seen.loggedOut),
    exactly(0, 'tokens with two successors', [...successors.values()].filter(({ size }) => size > 1).length),
    exactly(0, 'refreshes after an end was answered', seen.afterEnd),
    atLeast(1, 'access tokens tried a second after that', seen.afterwards),
    exactly(0, 'of them taken', seen.accessAfterEnd),
  ]

  return { act, signIns, strange, findings }
}

/** With one password, which is hashed once. */
async function theirUsers({ database, after }: World, count: number): Promise<readonly User[]> {
  const store = await storeAt(database)
  after(() => store.close())
  await store.migrate()
  const { user: ada, hash } = (await store.users.find('username', ADA.username)) as Account
  const names = Array.from({ length: count }, (_, i) => `user${i}`)
  for (const name of names) {
    const { epoch: _, lastLoginAt: __, ...like } = ada
    await store.users.insert({ ...like, id: name as UserId, username: name, usernameKey: name, hash })
  }
  return names.map((name) => ({ id: name as UserId, username: name, isActive: true, history: [] }))
}

/** @returns the answer that is wrong, with what was known around it */
function misfitOf({ session, history, user }: SignIn, { progress }: World): readonly Operation<Family>[] {
  const all = [...history, ...user.history].sort((a, b) => a.began - b.began)
  const misfit = firstMisfit(all, UNOPENED)
  if (misfit === undefined) return []
  const around = all.filter(({ ended, began }) => ended >= misfit.began - 500 && began <= misfit.ended)
  progress(`session ${session}: this fits no order: ${misfit.says}`)
  for (const { says, began, ended } of around.slice(-20)) {
    progress(`  ${began.toFixed(1)} – ${ended.toFixed(1)}  ${says}`)
  }
  return [misfit]
}
