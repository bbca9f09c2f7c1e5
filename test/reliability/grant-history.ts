import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import type { InstanceStore } from '../../src/features.ts'
import type { UserId } from '../../src/users/user.ts'
import { Chance } from '../differential/random.ts'
import { type Answer, ask, askJson } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { type Timed, timed } from './clients.ts'
import {
  forgotten,
  type GrantState,
  GRANT_OPERATIONS as model,
  NO_GRANTS,
} from './grant-model.ts'
import type { Operation } from './history.ts'
import { Judge } from './judging.ts'
import { type Life, lives, Seen } from './lives.ts'
import { issueLink, resetCodes } from './reset-codes.ts'
import { storeAt } from './store.ts'
import { exactly, type TrialContext, trial } from './trial.ts'

/** Servers on one database. */
const SERVERS = 2

const URL_OF_APP = 'https://app.example.com'
const REDIRECT = 'https://shop.example.com/cb'

/** RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** R4-oauth. */
export const grantHistory = trial({
  name: 'R4-oauth',
  promise:
    'histories with authorization codes and consents are linearizable: a code works once, and a consent that has ended stays so',
  databases: ['sqlite', 'postgres'],
  long: { seconds: 60, users: 8 },
  short: { seconds: 7, users: 6 },
  sabotages: [
    { name: 'code-without-epoch' },
    { name: 'reuse-goes-on' },
    { name: 'lost-end' },
  ],
  async run(deps, { seconds, users }) {
    const seed = randomInt(1, 2 ** 31)
    deps.progress(`seed ${seed}`)
    const servers = await theServers(deps)
    const store = await storeAt(deps.database)
    deps.after(() => store.close())
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())
    const chance = new Chance(seed)
    const seen = new Seen(SEEN)
    const judge = new Judge<GrantState>(deps, { forget: forgotten })
    const act = actionsOf({ servers, store, agent, chance, seen })
    const begin = (number: number) => aPerson(number, servers)
    const options = { seconds, users, seen, judge, begin, act }
    const findings = await lives<GrantState, Person, What>(options, deps)
    return [
      ...findings,
      ...judge.findings('users whose answers fit no order'),
      exactly(0, 'answers outside the protocol', seen.strange.length),
    ]
  },
})

/** What a history must contain. */
const SEEN = [
  'codes redeemed',
  'codes refused',
  'consents refreshed',
  'refreshes refused',
  'consents revoked',
  'applications disconnected',
  'requests of a disabled application',
] as const

type What = (typeof SEEN)[number]

interface Tokens {
  readonly consent: number
  readonly id: string
  readonly refresh: string
}

interface Browser {
  readonly number: number
  readonly id: string
  readonly access: string
}

/** A user, and the application that it lets in. */
interface Person extends Life<GrantState> {
  readonly id: UserId
  readonly client: string
  password: string
  readonly browsers: Browser[]
  readonly codes: { readonly number: number; readonly text: string }[]
  readonly consents: Tokens[]
}

async function aPerson(i: number, [server]: readonly ServerProcess[]): Promise<Person> {
  if (server === undefined) throw new Error('no server has been started')
  const given = { username: `user${i}`, password: ADA.password }
  const { id } = await server.administer('createUser', given)
  const { client } = await server.administer('createClient', {
    name: 'Shop',
    proof: 'none',
    redirectUris: [REDIRECT],
  })
  return {
    id: id as UserId,
    name: given.username,
    client: client.id,
    password: given.password,
    initial: NO_GRANTS,
    history: [],
    isUnsure: false,
    browsers: [],
    codes: [],
    consents: [],
  }
}

interface Deps {
  readonly servers: readonly ServerProcess[]
  readonly store: InstanceStore
  readonly agent: Agent
  readonly chance: Chance
  readonly seen: Seen<What>
}

/** What the user, the application and an administrator do, on a server chosen at random. */
function actionsOf({ servers, store, agent, chance, seen }: Deps) {
  let numbers = 0
  const another = (): number => {
    numbers += 1
    return numbers
  }
  const server = (): ServerProcess => chance.pick(servers)
  const saw = (what: What): void => seen.saw(what)

  /** As the application. @returns `undefined` if it is disabled, which is noted, or the answer says nothing */
  async function asClient(
    person: Person,
    path: string,
    fields: Record<string, string>,
  ): Promise<Timed<Answer> | undefined> {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = String(new URLSearchParams({ ...fields, client_id: person.client }))
    const timedAnswer = await timed(() => ask(server(), path, { headers, body, agent }))
    const { span, answer } = timedAnswer
    if (answer.status === 200 || answer.body.includes('"invalid_grant"'))
      return timedAnswer
    if (answer.body.includes('"invalid_client"')) {
      saw('requests of a disabled application')
      note(person, model.clientRefused(span))
    } else seen.other(person, path, answer)
    return undefined
  }

  async function signIn(person: Person): Promise<void> {
    const { name: username, password } = person
    const { span, answer } = await timed(() =>
      askJson(server(), '/api/token/', { username, password }, agent),
    )
    if (answer.status !== 200) return
    const { access } = JSON.parse(answer.body)
    const number = another()
    person.browsers.push({ number, id: sessionIn(access), access })
    note(person, model.signedIn(span, number))
  }

  async function signOut(person: Person): Promise<void> {
    const browser = person.browsers.shift()
    if (browser === undefined) return
    const { span } = await timed(() => server().administer('endSession', browser.id))
    note(person, model.signedOut(span, browser.number))
  }

  /** The user agrees. */
  async function authorize(person: Person): Promise<void> {
    const browser = person.browsers.at(-1)
    if (browser === undefined) return signIn(person)
    const number = another()
    const { span, answer } = await timed(() => issue(person, number, browser.id))
    note(person, model.issued(span, number, browser.number, answer !== undefined))
    if (answer === undefined) return
    const code = { number, text: answer }
    person.codes.push(code)
    const redeem = () => redeemCode(person, code)
    await Promise.all(chance.once(4) ? [redeem(), redeem()] : [redeem()])
  }

  async function issue({ id, client }: Person, code: number, browser: string) {
    const user = await resetCodes(store).read(id)
    const payload = {
      client,
      redirectUri: REDIRECT,
      scopes: [],
      audiences: [URL_OF_APP],
      challenge: CHALLENGE,
      browser,
    }
    return issueLink(store, {
      purpose: 'oauth_code',
      target: `code ${code}`,
      user,
      payload,
    })
  }

  async function redeemCode(person: Person, { number, text }: Person['codes'][number]) {
    const timedAnswer = await asClient(person, '/oauth/token', {
      grant_type: 'authorization_code',
      code: text,
      code_verifier: VERIFIER,
    })
    if (timedAnswer === undefined) return
    const { span, answer } = timedAnswer
    if (answer.status !== 200) {
      saw('codes refused')
      note(person, model.notRedeemed(span, number))
      return
    }
    saw('codes redeemed')
    const { refresh_token: refresh } = JSON.parse(answer.body)
    const consent = another()
    note(person, model.redeemed(span, number, consent))
    person.consents.push({ consent, refresh, id: sessionIn(refresh) })
  }

  async function redeemAgain(person: Person): Promise<void> {
    if (person.codes.length === 0) return authorize(person)
    await redeemCode(person, chance.pick(person.codes.slice(-3)))
  }

  async function refresh(person: Person): Promise<void> {
    const { consents } = person
    if (consents.length === 0) return authorize(person)
    // Of one client alone: a token is presented once.
    const [tokens] = consents.splice(chance.int(consents.length), 1)
    if (tokens === undefined) return
    const timedAnswer = await asClient(person, '/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh,
    })
    if (timedAnswer === undefined) return void consents.push(tokens)
    const { span, answer } = timedAnswer
    const isAccepted = answer.status === 200
    saw(isAccepted ? 'consents refreshed' : 'refreshes refused')
    note(person, model.refreshed(span, tokens.consent, isAccepted))
    if (isAccepted)
      consents.push({ ...tokens, refresh: JSON.parse(answer.body).refresh_token })
  }

  async function revoke(person: Person): Promise<void> {
    const tokens = person.consents.at(-1)
    if (tokens === undefined) return authorize(person)
    const token = tokens.refresh
    const timedAnswer = await asClient(person, '/oauth/revoke', { token })
    if (timedAnswer === undefined) return
    saw('consents revoked')
    note(person, model.revoked(timedAnswer.span, tokens.consent))
  }

  async function disconnect(person: Person): Promise<void> {
    const [tokens, browser] = [person.consents.at(-1), person.browsers.at(-1)]
    if (tokens === undefined || browser === undefined) return authorize(person)
    const path = `/auth/applications/${tokens.id}/`
    const headers = { Authorization: `Bearer ${browser.access}` }
    const { span, answer } = await timed(() =>
      ask(server(), path, { method: 'DELETE', headers, agent }),
    )
    if (answer.status === 204) {
      saw('applications disconnected')
      note(person, model.disconnected(span, tokens.consent))
    } else if (answer.status === 404)
      note(person, model.notDisconnected(span, tokens.consent))
    else seen.other(person, 'disconnect', answer)
  }

  async function disable(person: Person): Promise<void> {
    const { client } = person
    const { span, answer } = await timed(() =>
      server().administer('disableClient', client),
    )
    note(person, model.disabled(span, answer))
    if (chance.once(2)) await redeemAgain(person)
    const enabled = await timed(() => server().administer('enableClient', client))
    note(person, model.enabled(enabled.span, enabled.answer))
  }

  async function changePassword(person: Person): Promise<void> {
    const password = `qhr4-${another()}-w2pd-x9kc-7mzt`
    const { id, browsers } = person
    const { span } = await timed(() => server().administer('setPassword', id, password))
    person.password = password
    browsers.length = 0
    note(person, model.passwordChanged(span))
  }

  const lots = [
    ...times(2, signIn),
    ...times(1, signOut),
    ...times(8, authorize),
    ...times(4, redeemAgain),
    ...times(10, refresh),
    ...times(2, revoke),
    ...times(2, disconnect),
    ...times(2, disable),
    ...times(1, changePassword),
  ]
  return (person: Person): Promise<void> => chance.pick(lots)(person)
}

const note = ({ history }: Person, operations: readonly Operation<GrantState>[]): void =>
  void history.push(...operations)

const times = <T>(count: number, one: T): readonly T[] =>
  Array.from({ length: count }, () => one)

const sessionIn = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid

async function theServers({
  database,
  sabotage,
  after,
}: TrialContext): Promise<readonly ServerProcess[]> {
  const options = {
    url: URL_OF_APP,
    accounts: true,
    oauth: true,
    throttle: { login: null },
  } as const
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++)
    servers.push(
      await startServer(
        { after },
        { database, options, sabotage, signInPause: 0, user: undefined },
      ),
    )
  return servers
}
