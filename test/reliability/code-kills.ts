import { randomUUID } from 'node:crypto'
import { TOTP } from 'otpauth'
import type { InstanceStore } from '../../src/features.ts'
import type { StoredUser, UserId } from '../../src/users/user.ts'
import { askJson } from '../server/client.ts'
import { type ServerProcess, startServer } from '../server/process.ts'
import type { CrashPoint } from './crash-point.ts'
import { issueLink } from './reset-codes.ts'
import { storeAt } from './store.ts'
import { exactly, type Finding, type TrialContext, trial } from './trial.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const NEW = 'w2pd-x9kc-qhr4-7mzt'
const NEWER = 'x9kc-qhr4-7mzt-w2pd'

const POINTS: readonly CrashPoint[] = ['redeemed', 'done']

/** R7-codes. */
export const codeKills = trial({
  name: 'R7-codes',
  promise:
    'a kill -9 between the redemption of a one-time code and the answer loses nothing, and no code works twice',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 5 },
  short: { rounds: 1 },
  sabotages: [
    { name: 'redeem-behind' },
    { name: 'ends-at-redemption' },
    { name: 'password-first' },
  ],
  async run(deps, { rounds }) {
    const store = await storeAt(deps.database)
    deps.after(() => store.close())
    const seen = { kills: 0, again: 0, halves: 0, lost: 0 }
    let server = await start(deps)
    for (let round = 1; round <= rounds; round++) {
      for (const use of USES) {
        for (const point of POINTS) {
          const told = await killed(use, point, { server, store })
          server = await start(deps)
          seen.kills += Number(told.isKilled)
          const wrong = await judge(told.used, point, server, seen)
          if (wrong !== '') deps.progress(`${use.name} killed at ${point}: ${wrong}`)
        }
      }
      deps.progress(`${seen.kills} kills`)
    }
    return findingsOf(seen, rounds * USES.length * POINTS.length)
  },
})

interface Seen {
  kills: number
  again: number
  halves: number
  lost: number
}

const findingsOf = (seen: Seen, kills: number): readonly Finding[] => [
  exactly(kills, 'kills without an answer', seen.kills),
  exactly(0, 'codes that worked again', seen.again),
  exactly(0, 'accounts neither as before nor as after', seen.halves),
  exactly(0, 'accounts that another code did not open', seen.lost),
]

/** One use of a code, and what is so before and after it. */
interface Used {
  readonly path: string
  readonly body: object
  /** Whether all of this is as if the code had not been redeemed, or as after the answer. */
  isAt(state: 'before' | 'after', server: ServerProcess): Promise<boolean>
  /** Whether the user gets what the code was for, at once or with another one. */
  canGoOn(server: ServerProcess): Promise<boolean>
}

interface Place {
  readonly server: ServerProcess
  readonly store: InstanceStore
}

type Use = (place: Place) => Promise<Used>

async function killed(use: Use, point: CrashPoint, place: Place) {
  const used = await use(place)
  await place.server.administer('crashAt', point)
  const answer = await askJson(place.server, used.path, used.body).catch(() => undefined)
  return { used, isKilled: answer === undefined }
}

/** @returns what is wrong, for a terminal */
async function judge(
  used: Used,
  point: CrashPoint,
  server: ServerProcess,
  seen: Seen,
): Promise<string> {
  const before = { ...seen }
  const again = await askJson(server, used.path, used.body)
  if (again.status < 400) seen.again += 1
  const state = point === 'redeemed' ? 'before' : 'after'
  if (!(await used.isAt(state, server))) seen.halves += 1
  if (!(await used.canGoOn(server))) seen.lost += 1
  const names = Object.keys(seen) as (keyof Seen)[]
  return names.filter((name) => seen[name] > before[name]).join(', ')
}

const start = ({ database, sabotage, after }: TrialContext): Promise<ServerProcess> =>
  startServer({ after } as never, {
    database,
    sabotage,
    user: undefined,
    options: {
      url: 'https://app.example.com',
      // Nothing listens there: what is mailed stays in the outbox.
      mail: 'smtp://127.0.0.1:9?from=auth@example.com',
      accounts: { signInCodes: true },
      secondFactors: true,
      codes: { resendAfter: 0, wrongPerTarget: null },
      throttle: { login: null },
    },
  })

async function aUser({ server, store }: Place): Promise<StoredUser> {
  const username = randomUUID()
  const email = `${username}@example.com`
  const given = { username, email, emailVerified: true, password: PASSWORD }
  const { id } = await server.administer('createUser', given as never)
  const account = await store.ports.users.read('id', id as UserId)
  if (account === undefined) throw new Error('the user was not created')
  return account.user
}

const statusOf = async (
  server: ServerProcess,
  path: string,
  body: object,
): Promise<number> => (await askJson(server, path, body)).status

const signIn = (server: ServerProcess, username: string, password: string) =>
  askJson(server, '/api/token/', { username, password })

async function bodyOf<Body>(answer: Promise<{ readonly body: string }>): Promise<Body> {
  return JSON.parse((await answer).body) as Body
}

const liveSessions = async (store: InstanceStore, id: UserId): Promise<number> =>
  (await store.ports.sessions.list(id)).filter(({ revokedAt }) => revokedAt === undefined)
    .length

const resetLink = (store: InstanceStore, user: StoredUser) =>
  issueLink(store, { purpose: 'reset_password', target: `of ${user.id}`, user })

const reset: Use = async (place) => {
  const { store } = place
  const path = '/auth/password/reset/confirm/'
  const user = await aUser(place)
  const { username } = user
  const { refresh } = await bodyOf<{ readonly refresh: string }>(
    signIn(place.server, username, PASSWORD),
  )
  const token = await resetLink(store, user)
  return {
    path,
    body: { token, new_password: NEW },
    async isAt(state, server) {
      const [right, wrong] = state === 'before' ? [PASSWORD, NEW] : [NEW, PASSWORD]
      const statuses = [
        (await signIn(server, username, right)).status,
        (await signIn(server, username, wrong)).status,
        await statusOf(server, '/api/token/refresh/', { refresh }),
      ]
      return String(statuses) === String([200, 401, state === 'before' ? 200 : 401])
    },
    async canGoOn(server) {
      const account = await store.ports.users.read('id', user.id)
      const another = account && (await resetLink(store, account.user))
      const body = { token: another, new_password: NEWER }
      if ((await statusOf(server, path, body)) !== 204) return false
      return (await signIn(server, username, NEWER)).status === 200
    },
  }
}

const signInLink = (store: InstanceStore, user: StoredUser) =>
  issueLink(store, {
    purpose: 'sign_in',
    target: user.email ?? '',
    user,
    payload: { email: user.email },
  })

const signInCode: Use = async (place) => {
  const { store } = place
  const path = '/auth/code/redeem/'
  const user = await aUser(place)
  return {
    path,
    body: { token: await signInLink(store, user) },
    isAt: async (state) =>
      (await liveSessions(store, user.id)) === (state === 'before' ? 0 : 1),
    async canGoOn(server) {
      return (
        (await statusOf(server, path, { token: await signInLink(store, user) })) === 200
      )
    },
  }
}

const invitation: Use = async ({ store }) => {
  const path = '/auth/users/'
  const username = randomUUID()
  const email = `${username}@example.com`
  const invite = () =>
    issueLink(store, { purpose: 'invitation', target: email, payload: { email } })
  const bodyWith = async () => ({
    username,
    password: PASSWORD,
    invitation: await invite(),
  })
  return {
    path,
    body: await bodyWith(),
    async isAt(state) {
      const found = await store.ports.users.read('username', username)
      if (state === 'before') return found === undefined
      return found?.user.email === email && found.user.emailVerifiedAt !== undefined
    },
    async canGoOn(server) {
      if ((await store.ports.users.read('username', username)) === undefined)
        await askJson(server, path, await bodyWith())
      return (await signIn(server, username, PASSWORD)).status === 200
    },
  }
}

const ticket: Use = async (place) => {
  const { store } = place
  const path = '/auth/second-factor/'
  const { id, username } = await aUser(place)
  const [first, second] = await recoveryCodes(username, place)
  const body = { ticket: await aTicket(username, place.server), code: first }
  const sessions = await liveSessions(store, id)
  return {
    path,
    body,
    async isAt(state) {
      const opened = (await liveSessions(store, id)) - sessions
      return opened === (state === 'before' ? 0 : 1)
    },
    async canGoOn(server) {
      const again = await aTicket(username, server)
      // The recovery code was used up with the first ticket.
      if ((await statusOf(server, path, { ticket: again, code: first })) !== 400)
        return false
      return (await statusOf(server, path, { ticket: again, code: second })) === 200
    },
  }
}

const USES: readonly Use[] = [reset, signInCode, invitation, ticket]

const aTicket = async (username: string, server: ServerProcess): Promise<string> =>
  (await bodyOf<{ readonly ticket: string }>(signIn(server, username, PASSWORD))).ticket

/** Those of a user with a new authenticator app. */
async function recoveryCodes(
  username: string,
  { server }: Place,
): Promise<readonly string[]> {
  const { access } = await bodyOf<{ readonly access: string }>(
    signIn(server, username, PASSWORD),
  )
  const post = async (path: string, body: object) =>
    (
      await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${access}`,
        },
        body: JSON.stringify(body),
      })
    ).json() as Promise<Record<string, string>>
  const { id, secret = '' } = await post('/auth/totp/', { current_password: PASSWORD })
  const code = new TOTP({ secret }).generate()
  const { recovery_codes: codes } = await post('/auth/totp/confirm/', { id, code })
  return codes as unknown as readonly string[]
}
