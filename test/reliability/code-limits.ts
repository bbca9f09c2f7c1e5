import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import type { InstanceStore } from '../../src/features.ts'
import type { StoredUser, UserId } from '../../src/users/user.ts'
import { type Answer, ask } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { aRedis } from '../services/redis.ts'
import { contention, untilAvailable } from '../time.ts'
import { issueDigits } from './reset-codes.ts'
import { storeAt } from './store.ts'
import {
  atMost,
  exactly,
  type Finding,
  type TrialContext,
  trial,
  unavailable,
} from './trial.ts'

const SERVERS = 4

/** The limits of the servers. */
const ATTEMPTS = 5
const WRONG = 10
const PER_TARGET = 5
const PER_CLIENT = 20
const IN_TOTAL = 60
const TOKENS = 3

/** Requests at once, more than each limit. */
const MANY = 100

const RIGHT = '246810'

const PROMISE =
  'the limits of one-time codes and of tokens hold for all processes together'

/** R3-codes. */
export const codeLimits = trial({
  name: 'R3-codes',
  promise: PROMISE,
  databases: ['sqlite', 'postgres'],
  long: { rounds: 5 },
  short: { rounds: 1 },
  sabotages: [
    { name: 'count-alone' },
    { name: 'attempts-alone' },
    { name: 'count-before-insert' },
  ],
  run: (deps, { rounds }) => limitsHold(deps, rounds, undefined),
})

/** R3-redis. */
export const codeLimitsInRedis = trial({
  name: 'R3-redis',
  promise: `${PROMISE}, counted in Redis`,
  databases: ['postgres'],
  long: { rounds: 5 },
  short: { rounds: 1 },
  sabotages: [{ name: 'count-alone' }],
  async run(deps, { rounds }) {
    const redis = await aRedis()
    if (typeof redis === 'string') return deps.skip(redis)
    deps.after(() => redis.stop())
    return limitsHold(deps, rounds, redis.url)
  },
})

async function limitsHold(
  deps: TrialContext,
  rounds: number,
  redis: string | undefined,
): Promise<readonly Finding[]> {
  const before = contention()
  const clients = await theClients(deps, redis)
  const findings: Finding[] = []
  for (let round = 0; round < rounds; round++) {
    findings.push(
      ...(await attemptsOfCodes(clients)),
      ...(await wrongForTarget(clients)),
      ...(await tokensOfUser(clients)),
    )
  }
  findings.push(...(await sentCodes(clients)))
  const { lost } = clients.seen
  return [...findings, unavailable(lost, Math.max(before, contention()))]
}

/** A code is void after five wrong guesses, wherever they are checked; after four it is not. */
async function attemptsOfCodes(clients: Clients): Promise<readonly Finding[]> {
  const after = async (wrong: number): Promise<number> => {
    const { email } = await clients.aCode()
    await clients.guesses(wrong, email)
    return countOf([await clients.guess(email, RIGHT, 0)], 200)
  }
  return [
    exactly(1, `sign-in after ${ATTEMPTS - 1} wrong codes`, await after(ATTEMPTS - 1)),
    exactly(0, `sign-ins after ${ATTEMPTS} wrong codes`, await after(ATTEMPTS)),
  ]
}

/** Over all of the codes of a target. */
async function wrongForTarget(clients: Clients): Promise<readonly Finding[]> {
  const { user, email } = await clients.aCode()
  const first = await clients.guesses(MANY, email)
  await clients.issue(user)
  const second = await clients.guesses(MANY, email)
  const compared = countOf([...first, ...second], 400)
  return [
    atMost(WRONG, `of ${2 * MANY} wrong codes answered 400`, compared),
    exactly(0, 'of them after another code', countOf(second, 400)),
    exactly(0, 'other answers', countOther([...first, ...second], 400, 429)),
  ]
}

async function tokensOfUser(clients: Clients): Promise<readonly Finding[]> {
  const answers = await clients.signIns(MANY / 5, await clients.aUser())
  return [
    exactly(TOKENS, 'tokens of a user', countOf(answers, 200)),
    exactly(0, 'other answers', countOther(answers, 200, 403)),
  ]
}

/** The last: these limits are for a day. */
async function sentCodes(clients: Clients): Promise<readonly Finding[]> {
  const target = anAddress()
  const toTarget = await clients.codes((i) => ({ email: target, address: `10.1.0.${i}` }))
  const forClient = await clients.codes(() => ({
    email: anAddress(),
    address: '10.2.0.1',
  }))
  const others = await clients.codes((i) => ({
    email: anAddress(),
    address: `10.3.0.${i}`,
  }))
  const all = [...toTarget, ...forClient, ...others]
  return [
    exactly(PER_TARGET, 'codes for a target', countOf(toTarget, 202)),
    exactly(PER_CLIENT, 'codes for a client', countOf(forClient, 202)),
    exactly(IN_TOTAL, 'codes in total', countOf(all, 202)),
    exactly(0, 'other answers', countOther(all, 202, 429)),
  ]
}

const anAddress = (): string => `${randomUUID()}@example.org`

const countOf = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length

const countOther = (answers: readonly Answer[], ...expected: readonly number[]): number =>
  answers.filter(({ status }) => !expected.includes(status)).length

/** Clients whose requests go to every server in turn. */
type Clients = Awaited<ReturnType<typeof theClients>>

async function theClients(deps: TrialContext, redis: string | undefined) {
  const servers = await counting(deps, redis)
  const store = await storeAt(deps.database)
  deps.after(() => store.close())
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  deps.after(() => agent.destroy())
  const seen = { lost: 0 }

  function serverAt(i: number): ServerProcess {
    const server = servers[i % SERVERS]
    if (server === undefined) throw new Error('no server has been started')
    return server
  }

  const post = (i: number, path: string, body: object, more: object = {}) =>
    untilAvailable(
      () =>
        ask(serverAt(i), path, {
          headers: { 'Content-Type': 'application/json', ...more },
          body: JSON.stringify(body),
          agent,
        }),
      () => seen.lost++,
    )
  const many = (count: number, one: (i: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length: count }, (_, i) => one(i)))
  const guess = (email: string, code: string, i: number) =>
    post(i, '/auth/code/redeem/', { email, code })

  async function aUser(): Promise<StoredUser> {
    const given = { username: randomUUID(), email: anAddress(), password: ADA.password }
    const { id } = await serverAt(0).administer('createUser', given)
    return storedUser(store, id as UserId)
  }

  const issue = (user: StoredUser) =>
    issueDigits(store, codeFor(user), { digits: RIGHT, attempts: ATTEMPTS })

  return {
    seen,
    aUser,
    issue,
    guess,
    async aCode() {
      const user = await aUser()
      await issue(user)
      return { user, email: user.email ?? '' }
    },
    /** Wrong ones, each another. */
    guesses: (count: number, email: string) =>
      many(count, (i) => guess(email, String(100_000 + i), i)),
    /** For a token each. */
    signIns: (count: number, { username }: StoredUser) => {
      const { password } = ADA
      return many(count, (i) => post(i, '/knox/login/', { username, password }))
    },
    codes: (one: (i: number) => { readonly email: string; readonly address: string }) =>
      many(MANY, (i) => {
        const { email, address } = one(i)
        return post(i, '/auth/code/', { email }, { 'X-Forwarded-For': address })
      }),
  }
}

const codeFor = (user: StoredUser) =>
  ({
    purpose: 'sign_in',
    target: user.email ?? '',
    user,
    payload: { email: user.email },
  }) as const

async function storedUser(store: InstanceStore, id: UserId): Promise<StoredUser> {
  const account = await store.ports.users.read('id', id)
  if (account === undefined) throw new Error('the user was not created')
  return account.user
}

function countsIn(redis: string | undefined, sabotage: string | undefined) {
  if (sabotage === 'count-alone') return 'memory'
  return redis === undefined ? 'store' : 'redis'
}

async function counting(
  deps: TrialContext,
  redis: string | undefined,
): Promise<readonly ServerProcess[]> {
  const { database, sabotage, after } = deps
  const options = {
    url: 'https://app.example.com',
    // Nothing listens there: what is mailed stays in the outbox.
    mail: 'smtp://127.0.0.1:9?from=auth@example.com',
    accounts: { signInCodes: true, form: 'digits' },
    proxies: 1,
    throttle: { login: null },
    codes: {
      attempts: ATTEMPTS,
      resendAfter: 0,
      wrongPerTarget: `${WRONG}/day`,
      perTarget: `${PER_TARGET}/day`,
      perClient: `${PER_CLIENT}/day`,
      inTotal: `${IN_TOTAL}/day`,
    },
    counts: countsIn(redis, sabotage),
    ...(redis !== undefined && { redis }),
  } as const
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++) {
    const knox = { credentials: 'body', limit: TOKENS } as const
    servers.push(
      await startServer(
        { after },
        { database, options, knox, sabotage, user: undefined },
      ),
    )
  }
  return servers
}
