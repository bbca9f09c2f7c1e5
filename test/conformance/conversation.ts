import { answerOf } from './answer.ts'
import { keyNamed, signed, tampered, withTimes } from './forge.ts'
import type { Answer, Case, Json, RecordedRequest, Step } from './recording.ts'
import { effectsOf } from './state.ts'
import type { Subject } from './subject.ts'
import { tracked, Unplayable } from './tracked.ts'
import { exchange, type Reply, requestText } from './wire.ts'

/** The variables of a conversation, by name. */
export type Variables = Map<string, string>

/** What a conversation came to. */
export interface Outcome {
  readonly reply: Reply
  /** The same in the words of the recordings. */
  readonly answer: Answer
}

type Conversation = Pick<Case, 'steps' | 'request'>

/** Plays a case: its steps, then its request. @throws Unplayable if a part of it was not played; Error if a step failed */
export async function play(
  { steps = [], request }: Conversation,
  subject: Subject,
  typeClaim: string | null,
): Promise<Outcome> {
  const { value, unread } = tracked({ steps, request })
  const outcome = await playTracked(value, subject, typeClaim)
  const [part] = unread()
  if (part !== undefined) throw new Unplayable(part)
  return outcome
}

async function playTracked(
  { steps, request }: Required<Conversation>,
  subject: Subject,
  typeClaim: string | null,
): Promise<Outcome> {
  const variables: Variables = new Map()
  const begun = subject.clock.now()
  for (const step of steps) await take(step, subject, variables)
  await subject.settle()
  const before = subject.state()
  const reply = await send(request, subject, variables)
  await subject.settle()
  const { placeholder, header, page, port } = subject
  const times = { begun, got: subject.clock.now() }
  const effects = effectsOf(before, subject.state(), times.got)
  const answer = answerOf(reply, {
    variables,
    ...times,
    typeClaim,
    port,
    placeholder,
    header,
    page,
  })
  return {
    reply,
    answer: Object.keys(effects).length === 0 ? answer : { ...answer, effects },
  }
}

type StepOf<Op extends Step['op']> = Step & { readonly op: Op }
type Take<Op extends Step['op']> = (
  step: StepOf<Op>,
  subject: Subject,
  variables: Variables,
) => unknown

/** How each step is taken. */
const TAKES: { readonly [Op in Step['op']]: Take<Op> } = {
  async request(step, subject, variables) {
    const reply = await send(step, subject, variables)
    const { method, path, expect = 200 } = step
    // A redirect to an application (RFC 9700 §4.12).
    const isSeeOther = expect === 302 && reply.status === 303
    if (reply.status !== expect && !isSeeOther) {
      const text = reply.body.toString('utf8').slice(0, 300)
      throw new Error(`step ${method} ${path}: ${reply.status} ${text}`)
    }
    capture(step, reply, subject, variables)
  },
  mint: (step, { clock }, variables) => {
    const { as, alg = 'HS256', key = 'signing', header = { alg, typ: 'JWT' } } = step
    const payload = payloadOf(step, clock.now(), variables)
    variables.set(as, signed(header, payload, alg, keyNamed(key)))
  },
  tamper: ({ from, as, how }, _, variables) =>
    variables.set(as, tampered(variableNamed(from, variables), how)),
  pick({ from, pattern, as }, _, variables) {
    setGroups(as, new RegExp(pattern).exec(variableNamed(from, variables)), variables)
  },
  async mail({ pattern, as }, { lastMail, settle }, variables) {
    await settle()
    const text = lastMail()
    if (text === undefined) throw new Unplayable('the step "mail"')
    setGroups(as, new RegExp(pattern).exec(text), variables)
  },
  user: ({ name, set }, subject) => subject.putUser(name, set),
  delete_user: ({ name }, subject) => subject.deleteUser(name),
  flush_expired: (_, subject) => subject.flush(),
  application: ({ client_id: id, set }, subject) => subject.putApplication(id, set),
  command({ name }, subject) {
    if (name !== 'cleartokens') throw new Unplayable(`the command ${name}`)
    return subject.flush()
  },
  sleep: ({ seconds }, { clock }) => clock.advance(seconds),
  age: ({ seconds }, { clock }) => clock.advance(seconds),
}

async function take(step: Step, subject: Subject, variables: Variables): Promise<void> {
  const { op } = step
  if (!Object.hasOwn(TAKES, op)) throw new Unplayable(`the step "${op}"`)
  const taking = TAKES[op] as Take<never>
  await taking(step as never, subject, variables)
}

function payloadOf(step: StepOf<'mint'>, now: number, variables: Variables): string {
  const { payload_text: text, claims = {} } = step
  if (text !== undefined) return filledText(text, variables)
  return JSON.stringify(withTimes(filled(claims, variables), Math.floor(now)))
}

function setGroups(
  names: readonly string[],
  found: RegExpExecArray | null,
  variables: Variables,
): void {
  for (const [i, name] of names.entries()) {
    const text = found?.[i + 1]
    if (text === undefined) throw new Error(`nothing was found for ${name}`)
    variables.set(name, text)
  }
}

function capture(
  {
    capture: members = {},
    capture_cookies: cookies = {},
    capture_location: parameters = {},
  }: StepOf<'request'>,
  reply: Reply,
  { cookieFor }: Pick<Subject, 'cookieFor'>,
  variables: Variables,
): void {
  for (const [name, path] of Object.entries(members))
    variables.set(name, memberAt(path, JSON.parse(reply.body.toString('utf8'))))
  for (const [name, cookie] of Object.entries(cookies))
    variables.set(name, cookieNamed(cookieFor(cookie) ?? cookie, reply))
  for (const [name, parameter] of Object.entries(parameters))
    variables.set(name, locationParameter(parameter, reply))
}

function memberAt(path: string, body: unknown): string {
  let value = body
  for (const key of path.split('.')) value = (value as Record<string, unknown>)[key]
  if (value === undefined) throw new Error(`the response has no ${path}`)
  return String(value)
}

function locationParameter(name: string, { headers }: Reply): string {
  const location = headers.find(([header]) => header.toLowerCase() === 'location')?.[1]
  const [, parameters = ''] = /[?#](.*)$/s.exec(location ?? '') ?? []
  const value = new URLSearchParams(parameters).get(name)
  if (value === null) throw new Error(`no ${name} in ${location}`)
  return value
}

function cookieNamed(name: string, { headers }: Reply): string {
  const prefix = `${name}=`
  const found = headers.find(
    ([header, value]) =>
      header.toLowerCase() === 'set-cookie' && value.startsWith(prefix),
  )
  if (found === undefined) throw new Error(`no cookie ${name}`)
  return found[1].slice(prefix.length).split(';')[0] ?? ''
}

function send(
  request: RecordedRequest,
  subject: Pick<Subject, 'port' | 'cookieFor' | 'send'>,
  variables: Variables,
): Promise<Reply> {
  const { method, headers = [], body_base64, body, header_charset: charset } = request
  if (charset !== undefined && charset !== 'latin-1')
    throw new Unplayable(`the encoding ${charset} of headers`)
  const latin1 = charset === 'latin-1'
  const filled = {
    method,
    path: filledText(request.path, variables),
    headers: headers.map(([name, value]): [string, string] => [
      name,
      withOurCookies(name, filledText(value, variables), subject.cookieFor),
    ]),
  }
  const exchanged = ({ method, path, headers }: typeof filled, bytes?: Buffer) =>
    exchange(
      subject.port,
      requestText(subject.port, { method, path, headers, body: bytes, latin1 }),
      method,
    )
  if (body_base64 !== undefined)
    return exchanged(filled, Buffer.from(body_base64, 'base64'))
  const text = typeof body === 'string' ? filledText(body, variables) : undefined
  return subject.send({ ...filled, body: text }, ({ body, ...sent }) =>
    exchanged(
      { ...sent, headers: [...sent.headers] as [string, string][] },
      body === undefined ? undefined : Buffer.from(body),
    ),
  )
}

/** A cookie by the name that it has here. */
function withOurCookies(
  name: string,
  value: string,
  cookieFor: Subject['cookieFor'],
): string {
  if (name.toLowerCase() !== 'cookie') return value
  return value.replace(
    /(^|; )([^=;]+)=/g,
    (_, start, theirs) => `${start}${cookieFor(theirs) ?? theirs}=`,
  )
}

const filledText = (text: string, variables: Variables): string =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variableNamed(name, variables))

function filled(value: Json, variables: Variables): Json {
  if (typeof value === 'string') return filledText(value, variables)
  if (Array.isArray(value)) return value.map((item: Json) => filled(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, filled(item, variables)]),
  )
}

/** @throws if no step has set it: an empty text in its place would be another conversation */
function variableNamed(name: string, variables: Variables): string {
  const value = variables.get(name)
  if (value === undefined) throw new Unplayable(`the variable ${name}, which is not set`)
  return value
}
