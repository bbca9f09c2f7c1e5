import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret as OtpSecret, TOTP } from 'otpauth'
import type { InstanceStore } from '../../src/features.ts'
import type { UserId } from '../../src/users/user.ts'
import { Chance } from '../differential/random.ts'
import { type Answer, ask } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { type Timed, timed } from './clients.ts'
import {
  type Entered,
  type FactorState,
  factorOperations,
  forgotten,
  type Presented,
  withoutFactors,
} from './factor-model.ts'
import type { Operation } from './history.ts'
import { Judge } from './judging.ts'
import { type Life, lives, Seen } from './lives.ts'
import { STALENESS } from './random-history.ts'
import { issueLink, type ResetCodes, resetCodes } from './reset-codes.ts'
import { storeAt } from './store.ts'
import { exactly, type TrialContext, trial } from './trial.ts'

/** Servers on one database. */
const SERVERS = 2

/** Milliseconds before a session is inserted. */
const SIGN_IN_PAUSE = 30

/** R4-factors. */
export const factorHistory = trial({
  name: 'R4-factors',
  promise:
    'histories with second factors are linearizable: a code, a ticket and a link work once, and nothing goes on that was started without the factor',
  databases: ['sqlite', 'postgres'],
  long: { seconds: 60, users: 8 },
  short: { seconds: 7, users: 6 },
  sabotages: [
    { name: 'step-again' },
    { name: 'recovery-code-again' },
    { name: 'ticket-again' },
    { name: 'factor-stays' },
    { name: 'factors-stay' },
    { name: 'sessions-without-factor' },
    { name: 'codes-stay' },
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
    const judge = new Judge<FactorState>(deps, { forget: forgotten })
    const { act } = actionsOf({ servers, store, agent, chance, seen }, deps)
    const begin = (number: number) => aPerson(number, servers[0])
    const options = { seconds, users, seen, judge, begin, act }
    const findings = await lives<FactorState, Person, What>(options, deps)
    return [
      ...findings,
      ...judge.findings('users whose answers fit no order'),
      exactly(0, 'answers outside the protocol', seen.strange.length),
    ]
  },
})

/** What a history must contain. */
const SEEN = [
  'sign-ins without a factor',
  'sign-ins with a step',
  'sign-ins with a recovery code',
  'second steps refused',
  'factors removed',
  'recovery codes replaced',
  'passwords reset',
  'sign-ins by a link',
  'sessions refused',
] as const

type What = (typeof SEEN)[number]

interface Session {
  readonly number: number
  refresh: string
  access: string
}

interface App {
  readonly number: number
  readonly id: string
  readonly secret: string
}

/** A user, as the clients know it. */
interface Person extends Life<FactorState> {
  readonly id: UserId
  readonly passwords: string[]
  readonly sessions: Session[]
  readonly tickets: { readonly number: number; readonly text: string }[]
  readonly apps: App[]
  codes: readonly string[]
  /** Recovery codes that others have replaced. */
  readonly formerCodes: string[]
}

async function aPerson(i: number, server: ServerProcess | undefined): Promise<Person> {
  const [name, email] = [`user${i}`, `user${i}@example.org`]
  const { password } = ADA
  const given = { username: name, email, emailVerified: true, password }
  const created = await server?.administer('createUser', given)
  const user = { exists: true, isActive: true, epoch: 0, name, email, password }
  return {
    id: created?.id as UserId,
    name,
    initial: withoutFactors(user),
    passwords: [password],
    history: [],
    isUnsure: false,
    sessions: [],
    tickets: [],
    apps: [],
    codes: [],
    formerCodes: [],
  }
}

interface Deps {
  readonly servers: readonly ServerProcess[]
  readonly store: InstanceStore
  readonly agent: Agent
  readonly chance: Chance
  readonly seen: Seen<What>
}

/** What clients and an administrator do, on a server chosen at random. */
function actionsOf(deps: Deps, { kind }: Pick<TrialContext, 'kind'>) {
  const { servers, store, agent, chance, seen } = deps
  const model = factorOperations(STALENESS[kind])
  const resets: ResetCodes = resetCodes(store)
  let numbers = 0
  const another = (): number => {
    numbers += 1
    return numbers
  }
  const server = (): ServerProcess => chance.pick(servers)
  const saw = (what: What): void => seen.saw(what)

  const send = (
    path: string,
    body: object,
    {
      access,
      method = 'POST',
    }: { readonly access?: string; readonly method?: string } = {},
  ): Promise<Timed<Answer>> => {
    const text = JSON.stringify(body)
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
      ...(access !== undefined && { Authorization: `Bearer ${access}` }),
    }
    return timed(() => ask(server(), path, { method, headers, body: text, agent }))
  }

  function enteredBy(person: Person, { status, body }: Answer): Entered | undefined {
    if (status === 200) return { kind: 'session', number: sessionIn(person, body) }
    if (status === 403 && body.includes('mfa_required')) {
      const number = another()
      person.tickets.push({ number, text: JSON.parse(body).ticket })
      return { kind: 'ticket', number }
    }
    return undefined
  }

  function sessionIn({ sessions }: Person, body: string): number {
    const { access, refresh } = JSON.parse(body)
    const number = another()
    sessions.push({ number, access, refresh })
    return number
  }

  async function signIn(person: Person): Promise<void> {
    const { name: username, passwords } = person
    const password = chance.once(6) ? chance.pick(passwords) : (passwords.at(-1) ?? '')
    const { span, answer } = await send('/api/token/', { username, password })
    const entered = enteredBy(person, answer)
    if (entered?.kind === 'session') saw('sign-ins without a factor')
    if (entered !== undefined || answer.status === 401)
      note(person, model.signedIn(span, password, entered ?? { kind: 'refused' }))
    // One that was answered 503 may have opened a session, of which no client knows.
    else if (answer.status !== 503) seen.other(person, 'sign-in', answer)
  }

  async function signInByLink(person: Person): Promise<void> {
    const link = another()
    const issued = await timed(() => signInLink(person, link))
    note(person, model.linkIssued(issued.span, link, issued.answer !== undefined))
    const token = issued.answer
    if (token === undefined) return
    const redeem = () => redeemLink(person, link, token)
    await Promise.all(chance.once(3) ? [redeem(), redeem()] : [redeem()])
  }

  async function signInLink({ id }: Person, link: number): Promise<string | undefined> {
    const user = await resets.read(id)
    const payload = { email: user?.email }
    return issueLink(store, { purpose: 'sign_in', target: `link ${link}`, user, payload })
  }

  async function redeemLink(person: Person, link: number, token: string) {
    const { span, answer } = await send('/auth/code/redeem/', { token })
    const entered = enteredBy(person, answer)
    if (entered !== undefined) saw('sign-ins by a link')
    // 401: the user has changed since the link was redeemed.
    if (entered !== undefined) note(person, model.linkRedeemed(span, link, entered))
    else if (answer.status === 400)
      note(person, model.linkRedeemed(span, link, { kind: 'refused' }))
    else if (answer.status === 401) note(person, model.linkWasted(span, link))
    else seen.other(person, 'link', answer)
  }

  async function finish(person: Person): Promise<void> {
    const { tickets } = person
    if (tickets.length === 0) return signIn(person)
    const ticket = chance.once(5) ? chance.pick(tickets) : tickets.at(-1)
    if (ticket === undefined) return
    const { presented, code } = aFactor(person)
    const twice = chance.once(8)
    const one = async (): Promise<void> => {
      const body = { ticket: ticket.text, code }
      const { span, answer } = await send('/auth/second-factor/', body)
      // 401: the user has changed since the ticket was redeemed.
      if (![200, 400, 401].includes(answer.status))
        return seen.other(person, 'ticket', answer)
      const session = answer.status === 200 ? sessionIn(person, answer.body) : undefined
      const names = {
        totp: 'sign-ins with a step',
        wrong: 'second steps refused',
      } as const
      if (session === undefined) saw('second steps refused')
      else saw(names[presented.kind as 'totp'] ?? 'sign-ins with a recovery code')
      const { finished, finishedTooLate } = model
      const operations = answer.status === 401 ? finishedTooLate : finished
      note(person, operations(span, ticket.number, presented, session))
    }
    await Promise.all(twice ? [one(), one()] : [one()])
  }

  function codesGiven(person: Person, codes: readonly string[]): void {
    person.formerCodes.push(...person.codes)
    person.codes = codes
  }

  /** A good factor, most often. */
  function aFactor({ apps, codes, formerCodes }: Person): {
    presented: Presented
    code: string
  } {
    const app = chance.once(8) ? chance.pick([...apps, undefined]) : apps.at(-1)
    if (app !== undefined && chance.once(2)) return stepOf(app)
    const isFormer = chance.once(4) && formerCodes.length > 0
    const code = chance.pick(isFormer ? formerCodes : [...codes, undefined])
    if (code === undefined) return { presented: { kind: 'wrong' }, code: '000000x' }
    return { presented: { kind: 'recovery', code }, code }
  }

  /** That of the moment, or one beside it, which a server accepts as well. */
  function stepOf({ number: factor, secret }: App) {
    const now = Date.now() / 1000
    const step = Math.floor(now / PERIOD) + chance.int(3) - 1
    const totp = new TOTP({ secret: OtpSecret.fromBase32(secret) })
    const code = totp.generate({ timestamp: step * PERIOD * 1000 })
    // With a request that takes half of a step, or longer.
    const mayBeLate = now / PERIOD - step > 1.5
    return { presented: { kind: 'totp', factor, step, mayBeLate } as const, code }
  }

  async function addFactor(person: Person): Promise<void> {
    const session = person.sessions.at(-1)
    if (session === undefined) return signIn(person)
    const { number: by, access } = session
    const given = { current_password: person.passwords.at(-1) }
    const begun = await send('/auth/totp/', given, { access })
    if (begun.answer.status !== 201) return seen.refused(person, begun.answer)
    const { id, secret } = JSON.parse(begun.answer.body)
    const app = { number: another(), id, secret }
    note(person, model.begun(begun.span, app.number))
    const { presented, code } = stepOf(app)
    const { span, answer } = await send('/auth/totp/confirm/', { id, code }, { access })
    person.apps.push(app)
    if (answer.status !== 200) return seen.refused(person, answer)
    const { recovery_codes: codes = [] } = JSON.parse(answer.body)
    if (codes.length > 0) codesGiven(person, codes)
    note(person, model.confirmed(span, app.number, presented.step, codes, by))
  }

  async function removeFactor(person: Person): Promise<void> {
    const session = person.sessions.at(-1)
    if (session === undefined || person.apps.length === 0) return addFactor(person)
    const { number, id } = chance.pick(person.apps)
    const { presented, code } = aFactor(person)
    const { access, number: by } = session
    const options = { access, method: 'DELETE' }
    const { span, answer } = await send(`/auth/factors/${id}/`, { code }, options)
    if (answer.status === 204) {
      saw('factors removed')
      note(person, model.removed(span, number, presented, by))
    } else if (answer.status === 400 || answer.status === 404)
      note(person, model.notRemoved(span, number, presented, answer.status === 404))
    else seen.other(person, 'removal', answer)
  }

  async function replaceCodes(person: Person): Promise<void> {
    const session = person.sessions.at(-1)
    if (session === undefined) return signIn(person)
    const { presented, code } = aFactor(person)
    const { access } = session
    const { span, answer } = await send('/auth/recovery-codes/', { code }, { access })
    if (answer.status === 200) {
      saw('recovery codes replaced')
      codesGiven(person, JSON.parse(answer.body).recovery_codes)
      note(person, model.recoveryReplaced(span, presented, person.codes))
    } else if (answer.status === 400)
      note(person, model.recoveryReplaced(span, presented, undefined))
    else seen.other(person, 'recovery codes', answer)
  }

  async function resetFactors(person: Person): Promise<void> {
    const { span } = await timed(() => server().administer('resetFactors', person.id))
    note(person, model.factorsReset(span))
  }

  async function changePassword(person: Person): Promise<void> {
    const password = `qhr4-${another()}-w2pd-x9kc-7mzt`
    const { span, answer } = await timed(() =>
      server()
        .administer('setPassword', person.id, password)
        .then(() => true)
        .catch(orBusy),
    )
    if (!answer) return
    person.passwords.push(password)
    note(person, model.passwordChanged(span, password))
  }

  async function resetPassword(person: Person): Promise<void> {
    const number = another()
    const asked = await timed(() => resets.read(person.id))
    note(person, model.resetAsked(asked.span, number))
    const { answer: user } = asked
    if (user === undefined) return
    const { span, answer: token } = await timed(() => resets.issue(user))
    note(person, model.resetIssued(span, number, token !== undefined))
    if (token === undefined) return
    const use = () => useReset(person, number, token)
    await Promise.all(chance.once(3) ? [use(), use()] : [use()])
  }

  async function useReset(person: Person, number: number, token: string) {
    const password = `qhr4-${another()}-w2pd-x9kc-7mzt`
    const body = { token, new_password: password }
    const { span, answer } = await send('/auth/password/reset/confirm/', body)
    if (answer.status === 200 || answer.status === 204) {
      saw('passwords reset')
      person.passwords.push(password)
      note(person, model.reset(span, number, password))
    } else if (answer.body.includes('"invalid_code"'))
      note(person, model.reset(span, number, undefined))
    else seen.other(person, 'reset', answer)
  }

  async function refresh(person: Person): Promise<void> {
    const { sessions } = person
    if (sessions.length === 0) return signIn(person)
    // Of one client alone: a token is presented once.
    const [session] = sessions.splice(chance.int(sessions.length), 1)
    if (session === undefined) return
    const body = { refresh: session.refresh }
    const { span, answer } = await send('/api/token/refresh/', body)
    if (answer.status === 200) {
      note(person, model.refreshed(span, session.number, true))
      sessions.push({ ...session, ...JSON.parse(answer.body) })
    } else if (answer.status === 401) {
      saw('sessions refused')
      note(person, model.refreshed(span, session.number, false))
    } else seen.other(person, 'refresh', answer)
  }

  const lots = [
    ...times(5, signIn),
    ...times(8, finish),
    ...times(4, addFactor),
    ...times(6, removeFactor),
    ...times(4, replaceCodes),
    ...times(1, resetFactors),
    ...times(1, changePassword),
    ...times(1, resetPassword),
    ...times(2, signInByLink),
    ...times(8, refresh),
  ]

  return {
    async act(person: Person): Promise<void> {
      await chance.pick(lots)(person)
      if (chance.once(10)) await sleep(chance.int(SIGN_IN_PAUSE))
    },
  }
}

/** Too many passwords are being hashed, so nothing was done. @throws the error, if it is another one */
function orBusy(error: { readonly code?: string }): false {
  if (error.code === 'busy') return false
  throw error
}

/** Seconds of a step (RFC 6238). */
const PERIOD = 30

const note = ({ history }: Person, operations: readonly Operation<FactorState>[]): void =>
  void history.push(...operations)

const times = <T>(count: number, one: T): readonly T[] =>
  Array.from({ length: count }, () => one)

async function theServers(deps: TrialContext): Promise<readonly ServerProcess[]> {
  const { database, sabotage, after } = deps
  const options = {
    url: 'https://app.example.com',
    // Nothing listens there: what is mailed stays in the outbox.
    mail: 'smtp://127.0.0.1:9?from=auth@example.com',
    accounts: { signInCodes: true },
    secondFactors: true,
    codes: { resendAfter: 0, wrongPerTarget: null },
    throttle: { login: null },
  } as const
  const signInPause = SIGN_IN_PAUSE
  const servers: ServerProcess[] = []
  for (let i = 0; i < SERVERS; i++)
    servers.push(
      await startServer(
        { after },
        { database, options, sabotage, signInPause, user: undefined },
      ),
    )
  return servers
}
