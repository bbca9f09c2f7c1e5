import { randomUUID } from 'node:crypto'
import { TOTP } from 'otpauth'
import type { UnixSeconds } from '../../src/base/clock.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { StoredUser, UserId } from '../../src/users/user.ts'
import { type Answer, ask, askJson } from '../server/client.ts'
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
    'a kill -9 between the redemption of a one-time code and the answer loses nothing, neither an invitation nor a notice, and no code works twice; an authorization code is redeemed with its session or not at all',
  databases: ['sqlite', 'postgres'],
  long: { rounds: 5 },
  short: { rounds: 1 },
  sabotages: [
    { name: 'redeem-behind' },
    { name: 'ends-at-redemption' },
    { name: 'password-first' },
    { name: 'invitation-first' },
    { name: 'notice-behind' },
    { name: 'grant-apart' },
  ],
  async run(deps, { rounds }) {
    const store = await storeAt(deps.database)
    deps.after(() => store.close())
    const seen = { kills: 0, again: 0, halves: 0, lost: 0, spent: 0, notices: 0 }
    let server = await start(deps)
    for (let round = 1; round <= rounds; round++) {
      for (const use of USES) {
        for (const point of POINTS) {
          const killedUse = await killed(use, point, { server, store })
          server = await start(deps)
          seen.kills += Number(killedUse.isKilled)
          const wrong = await judge(killedUse, point, { server, store }, seen)
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
  spent: number
  notices: number
}

const findingsOf = (seen: Seen, kills: number): readonly Finding[] => [
  exactly(kills, 'kills without an answer', seen.kills),
  exactly(0, 'codes that worked again', seen.again),
  exactly(0, 'accounts neither as before nor as after', seen.halves),
  exactly(0, 'accounts that another code did not open', seen.lost),
  exactly(
    0,
    'invitations or authorization codes that were spent for nothing',
    seen.spent,
  ),
  exactly(
    0,
    'mails about a change that were lost, or that nothing was behind',
    seen.notices,
  ),
]

/** One use of a code, and what is so before and after it. */
interface Used {
  send(server: ServerProcess): Promise<Answer>
  /** Whether the code is redeemed in the transaction of what it is for. */
  readonly isJoint?: true
  /** Mails about what was done. */
  readonly notices?: number
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

interface Killed {
  readonly used: Used
  readonly isKilled: boolean
  readonly messages: number
}

async function killed(use: Use, point: CrashPoint, place: Place): Promise<Killed> {
  const used = await use(place)
  const messages = await messagesIn(place.store)
  await place.server.administer('crashAt', point)
  const answer = await used.send(place.server).catch(() => undefined)
  return { used, isKilled: answer === undefined, messages }
}

const LATER = 1e6

const messagesIn = async ({ ports: { outbox } }: InstanceStore): Promise<number> =>
  (await outbox.due((Date.now() / 1000 + LATER) as UnixSeconds, 100_000)).length

/** @returns what is wrong, for a terminal */
async function judge(
  { used, messages }: Killed,
  point: CrashPoint,
  { server, store }: Place,
  seen: Seen,
): Promise<string> {
  const before = { ...seen }
  const isUndone = point === 'redeemed'
  const mailed = (await messagesIn(store)) - messages
  if (mailed !== (isUndone ? 0 : (used.notices ?? 0))) seen.notices += 1
  const again = await used.send(server)
  const worksAgain = again.status < 400
  if (used.isJoint && isUndone) seen.spent += Number(!worksAgain)
  else seen.again += Number(worksAgain)
  const state = isUndone && !worksAgain ? 'before' : 'after'
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
    djoser: { prefix: '/djoser' },
    options: {
      url: 'https://app.example.com',
      // Nothing listens there: what is mailed stays in the outbox.
      mail: 'smtp://127.0.0.1:9?from=auth@example.com',
      accounts: { signInCodes: true },
      secondFactors: true,
      oauth: true,
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

const posting =
  (path: string, body: object) =>
  (server: ServerProcess): Promise<Answer> =>
    askJson(server, path, body)

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
    send: posting(path, { token, new_password: NEW }),
    notices: 1,
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
    send: posting(path, { token: await signInLink(store, user) }),
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
    send: posting(path, await bodyWith()),
    isJoint: true,
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
  const [first, second] = (await withFactor(username, place)).codes
  const body = { ticket: await aTicket(username, place.server), code: first }
  const sessions = await liveSessions(store, id)
  return {
    send: posting(path, body),
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

const username: Use = async (place) => {
  const { store } = place
  const user = await aUser(place)
  const next = randomUUID()
  const issue = () =>
    issueLink(store, { purpose: 'reset_username', target: `name of ${user.id}`, user })
  const send = (token: string | undefined) =>
    posting('/djoser/users/reset_username_confirm/', {
      uid: Buffer.from(user.id).toString('base64url'),
      token,
      new_username: next,
    })
  return {
    send: send(await issue()),
    notices: 1,
    async isAt(state) {
      const account = await store.ports.users.read('id', user.id)
      return account?.user.username === (state === 'before' ? user.username : next)
    },
    async canGoOn(server) {
      await send(await issue())(server)
      return (await signIn(server, next, PASSWORD)).status === 200
    },
  }
}

/** A user with a factor, and requests that change the factors with a recovery code each. */
async function changingFactors(place: Place) {
  const { id, username } = await aUser(place)
  const { access, factor, codes } = await withFactor(username, place)
  const change = (method: string, path: string, code = '') => {
    const body = JSON.stringify({ code })
    const headers = {
      'Content-Type': 'application/json',
      // Node does not send one with DELETE.
      'Content-Length': String(body.length),
      Authorization: `Bearer ${access}`,
    }
    return (server: ServerProcess) => ask(server, path, { method, headers, body })
  }
  const kept = async (): Promise<readonly string[]> =>
    (await place.store.ports.credentials.list(id)).map((each) => each.id)
  return { factor, codes, change, kept }
}

const removal: Use = async (place) => {
  const { factor, codes, change, kept } = await changingFactors(place)
  const remove = (code: string | undefined) =>
    change('DELETE', `/auth/factors/${factor}/`, code)
  return {
    send: remove(codes[0]),
    notices: 1,
    isAt: async (state) => (await kept()).includes(factor) === (state === 'before'),
    async canGoOn(server) {
      await remove(codes[1])(server)
      return !(await kept()).includes(factor)
    },
  }
}

const replacement: Use = async (place) => {
  const { factor, codes, change, kept } = await changingFactors(place)
  const replace = (code: string | undefined) =>
    change('POST', '/auth/recovery-codes/', code)
  const former = await kept()
  const isReplaced = async (): Promise<boolean> => {
    const both = (await kept()).filter((id) => former.includes(id))
    return String(both) === factor
  }
  return {
    send: replace(codes[0]),
    notices: 1,
    isAt: async (state) => (await isReplaced()) === (state === 'after'),
    async canGoOn(server) {
      if (!(await isReplaced())) await replace(codes[1])(server)
      return isReplaced()
    },
  }
}

/** RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const authorizationCode: Use = async (place) => {
  const { server, store } = place
  const user = await aUser(place)
  const redirectUri = 'https://shop.example.com/cb'
  const { client } = await server.administer('createClient', {
    name: 'Shop',
    proof: 'none',
    redirectUris: [redirectUri],
  })
  const { refresh } = await bodyOf<{ readonly refresh: string }>(
    signIn(server, user.username, PASSWORD),
  )
  const payload = {
    client: client.id,
    redirectUri,
    scopes: [],
    audiences: ['https://app.example.com'],
    challenge: CHALLENGE,
    browser: sessionIn(refresh),
  }
  const issue = () =>
    issueLink(store, { purpose: 'oauth_code', target: randomUUID(), user, payload })
  const redeem = (code = '') => {
    const fields = {
      grant_type: 'authorization_code',
      client_id: client.id,
      code,
      code_verifier: VERIFIER,
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = String(new URLSearchParams(fields))
    return (to: ServerProcess) => ask(to, '/oauth/token', { headers, body })
  }
  const consents = async (): Promise<number> => {
    const all = await store.ports.sessions.list(user.id)
    return all.filter(({ clientId }) => clientId === client.id).length
  }
  return {
    send: redeem(await issue()),
    isJoint: true,
    isAt: async (state) => (await consents()) === (state === 'before' ? 0 : 1),
    canGoOn: async (to) => (await redeem(await issue())(to)).status === 200,
  }
}

const sessionIn = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid

const USES: readonly Use[] = [
  reset,
  signInCode,
  invitation,
  ticket,
  username,
  removal,
  replacement,
  authorizationCode,
]

const aTicket = async (username: string, server: ServerProcess): Promise<string> =>
  (await bodyOf<{ readonly ticket: string }>(signIn(server, username, PASSWORD))).ticket

/** A new authenticator app of a user, with recovery codes. */
async function withFactor(username: string, { server }: Place) {
  const { access } = await bodyOf<{ readonly access: string }>(
    signIn(server, username, PASSWORD),
  )
  const headers = {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${access}`,
  }
  const post = async (path: string, body: object) =>
    JSON.parse((await ask(server, path, { headers, body: JSON.stringify(body) })).body)
  const { id, secret } = await post('/auth/totp/', { current_password: PASSWORD })
  const code = new TOTP({ secret }).generate()
  const confirmed = await post('/auth/totp/confirm/', { id, code })
  return {
    access,
    factor: String(id),
    codes: confirmed.recovery_codes as readonly string[],
  }
}
