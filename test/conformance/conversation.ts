import { setTimeout as sleep } from 'node:timers/promises'
import { answerOf } from './answer.ts'
import { keyNamed, signed, tampered, withTimes } from './forge.ts'
import type {
  Answer,
  Case,
  Json,
  JsonObject,
  RecordedRequest,
  Step,
} from './recording.ts'
import { exchange, type Reply, requestText } from './wire.ts'

/** What a store holds, so that the effects of a request can be seen. */
export interface State {
  readonly users: { readonly [id: string]: JsonObject }
  readonly counts: { readonly [name: string]: number }
}

/** A server under test, and what is done to it outside HTTP. */
export interface Subject {
  readonly port: number
  /** Everything as at the start. */
  reset(): Promise<void>
  putUser(name: string, set: JsonObject): Promise<void>
  deleteUser(name: string): Promise<void>
  flush(): Promise<void>
  state(): Promise<State>
  /** Where mail is sent: the text of the last one. */
  lastMail?(): Promise<string | undefined>
}

/** The variables of a conversation, by name. */
export type Variables = Map<string, string>

/** What a conversation came to. */
export interface Outcome {
  readonly reply: Reply
  /** The same in the words of the recordings. */
  readonly answer: Answer
}

/** Plays a case: everything as at the start, then its steps, then its request. @throws where a step cannot be taken */
export async function play(
  recorded: Case,
  subject: Subject,
  typeClaim: string | null,
): Promise<Outcome> {
  await subject.reset()
  const variables: Variables = new Map()
  const begun = Date.now() / 1000
  for (const step of recorded.steps ?? []) await take(step, subject, variables)
  const before = await subject.state()
  const reply = await send(recorded.request, subject.port, variables)
  const got = Date.now() / 1000
  const after = await subject.state()
  const answer = answerOf(reply, { variables, begun, got, typeClaim, port: subject.port })
  const effects = effectsOf(before, after)
  return {
    reply,
    answer: Object.keys(effects).length === 0 ? answer : { ...answer, effects },
  }
}

async function take(step: Step, subject: Subject, variables: Variables): Promise<void> {
  switch (step.op) {
    case 'request': {
      const reply = await send(step, subject.port, variables)
      if (reply.status !== (step.expect ?? 200)) {
        throw new Error(
          `step ${step.method} ${step.path}: ${reply.status} ${reply.body.toString('utf8').slice(0, 300)}`,
        )
      }
      capture(step, reply, variables)
      return
    }
    case 'mint': {
      const { alg = 'HS256', key = 'signing', header = { alg, typ: 'JWT' } } = step
      const payload =
        step.payload_text === undefined
          ? JSON.stringify(
              withTimes(
                filled(step.claims ?? {}, variables),
                Math.floor(Date.now() / 1000),
              ),
            )
          : filledText(step.payload_text, variables)
      variables.set(step.as, signed(header, payload, alg, keyNamed(key)))
      return
    }
    case 'tamper':
      variables.set(step.as, tampered(variables.get(step.from) ?? '', step.how))
      return
    case 'user':
      return subject.putUser(step.name, step.set)
    case 'delete_user':
      return subject.deleteUser(step.name)
    case 'flush_expired':
      return subject.flush()
    case 'sleep':
      return sleep(step.seconds * 1000)
    case 'mail': {
      const found = new RegExp(step.pattern).exec((await subject.lastMail?.()) ?? '')
      if (found === null) throw new Error('no such mail')
      step.as.forEach((name, i) => {
        variables.set(name, found[i + 1] ?? '')
      })
      return
    }
  }
}

function capture(
  step: Step & { op: 'request' },
  reply: Reply,
  variables: Variables,
): void {
  for (const [name, path] of Object.entries(step.capture ?? {})) {
    let value: unknown = JSON.parse(reply.body.toString('utf8'))
    for (const key of path.split('.')) value = (value as Record<string, unknown>)[key]
    variables.set(name, String(value))
  }
  const cookies = reply.headers
    .filter(([name]) => name.toLowerCase() === 'set-cookie')
    .map(([, value]) => value)
  for (const [name, cookie] of Object.entries(step.capture_cookies ?? {})) {
    const found = cookies.find((value) => value.startsWith(`${cookie}=`))
    if (found === undefined) throw new Error(`no cookie ${cookie}`)
    variables.set(name, found.slice(cookie.length + 1).split(';')[0] ?? '')
  }
}

function send(
  request: RecordedRequest,
  port: number,
  variables: Variables,
): Promise<Reply> {
  const { method, headers = [], body_base64, body } = request
  const bytes =
    body_base64 !== undefined
      ? Buffer.from(body_base64, 'base64')
      : typeof body === 'string'
        ? Buffer.from(filledText(body, variables))
        : undefined
  const text = requestText(port, {
    method,
    path: filledText(request.path, variables),
    headers: headers.map(([name, value]) => [name, filledText(value, variables)]),
    body: bytes,
  })
  return exchange(port, text, method)
}

const filledText = (text: string, variables: Variables): string =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables.get(name) ?? '')

function filled(value: Json, variables: Variables): Json {
  if (typeof value === 'string') return filledText(value, variables)
  if (Array.isArray(value)) return value.map((item: Json) => filled(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, filled(item, variables)]),
  )
}

/** What changed between two states; what stayed is left out. */
export function effectsOf(before: State, after: State): JsonObject {
  const effects: Record<string, Json> = {}
  for (const [name, count] of Object.entries(before.counts)) {
    const change = (after.counts[name] ?? 0) - count
    if (change !== 0) effects[name] = change
  }
  const created: Json[] = []
  const changed: Record<string, Json> = {}
  for (const [id, user] of Object.entries(after.users)) {
    const old = before.users[id]
    if (old === undefined) created.push(stored(user))
    else if (JSON.stringify(old) !== JSON.stringify(user)) {
      const news = Object.entries(user).filter(([name, value]) => old[name] !== value)
      changed[String(old.username ?? old.email)] = stored(Object.fromEntries(news))
    }
  }
  const gone = Object.entries(before.users).filter(
    ([id]) => after.users[id] === undefined,
  )
  if (created.length > 0) effects.created = created
  if (Object.keys(changed).length > 0) effects.changed = changed
  if (gone.length > 0)
    effects.deleted = gone.map(([, user]) => String(user.username ?? user.email))
  return effects
}

function stored(values: JsonObject): JsonObject {
  const out: Record<string, Json> = { ...values }
  if (typeof out.password === 'string') {
    out.password = out.password.includes('$')
      ? `<hash:${out.password.split('$')[0]}>`
      : '<unusable>'
  }
  for (const name of ['last_login', 'date_joined'])
    if (out[name]) out[name] = '<datetime>'
  return out
}
