import { gzipSync } from 'node:zlib'
import { leaksIn } from '../conformance/promises.ts'
import { exchange, type Reply, requestText } from '../conformance/wire.ts'
import { BUSY, contention } from '../time.ts'
import { SIGNED_IN, withSession } from './browser.ts'
import {
  type Attack,
  type Corpus,
  type HttpAttack,
  type Profile,
  profileOf,
  textOf,
} from './corpus.ts'
import { ALICE, SCHEMES, type SchemeName } from './instance.ts'
import { forServer } from './server-key.ts'
import { type Subject, serve } from './subject.ts'
import { PATIENCE } from './token.ts'
import type { Judged, Verdict } from './verdict.ts'
import { wireRuleFor } from './wire-rules.ts'

type OverHttp = Attack<'header' | 'request'>

/** Paths by the corpus's names of endpoints. */
const PLACES: { readonly [name: string]: string } = {
  '{obtain}': '/api/token/',
  '{refresh}': '/api/token/refresh/',
  '{verify}': '/api/token/verify/',
  '{revoke}': '/api/token/blacklist/',
  '{protected}': '/hello/',
}

/** The missing feature that a case needs. */
export function featureAwaited(attack: OverHttp, corpus: Corpus): string | undefined {
  const { given = [], scheme = 'bearer', path, headers, body } = attack
  if (profileOf(corpus, attack.profile).keys.length > 1)
    return 'a server with keys of several algorithms'
  const unknown = given.find((each) => each !== SIGNED_IN)
  if (unknown !== undefined) return unknown
  if (!Object.hasOwn(SCHEMES, scheme)) return `the scheme ${scheme}`
  const place = /^\{\w+\}/.exec(path)?.[0]
  if (place !== undefined && PLACES[place] === undefined) return `the endpoint ${place}`
  const needsValues = JSON.stringify([headers, body]).includes('{{')
  return needsValues && given.length === 0
    ? 'values that only a later feature has'
    : undefined
}

/** The authentication scheme that an attack needs. */
const schemeOf = ({ given = [], scheme = 'bearer' }: OverHttp): SchemeName =>
  given.includes(SIGNED_IN) ? 'session' : (scheme as SchemeName)

/** Sends each case to a server with its profile, one after the other. */
export async function judgeOverHttp(
  attacks: readonly OverHttp[],
  corpus: Corpus,
): Promise<Judged[]> {
  const judged: Judged[] = []
  const servers = Map.groupBy(
    attacks,
    (attack) => `${attack.profile}, ${schemeOf(attack)}`,
  )
  for (const [name, group] of servers) {
    const [first] = group as [OverHttp]
    const profile = profileOf(corpus, first.profile)
    await using subject = await serve({
      profile,
      now: corpus.now,
      scheme: schemeOf(first),
    })
    if (schemeOf(first) === 'basic') judged.push(await judgeControl(name, subject))
    for (const attack of group)
      judged.push(await judge(await withSession(attack, subject), profile, subject))
    judged.push(await judgeLog(name, group, profile, subject))
  }
  return judged
}

async function judge(
  attack: OverHttp,
  profile: Profile,
  subject: Subject,
): Promise<Verdict> {
  const { port } = subject
  const { id, kind, reason, maxMillis = PATIENCE } = attack
  try {
    const bytes = requestText(port, written(attack, profile))
    // A slow request is repeated: the machine may have been busy.
    let [reply, millis] = await timed(subject, bytes, attack.method)
    for (let again = 0; again < 2 && millis > maxMillis; again++) {
      const [later, faster] = await timed(subject, bytes, attack.method)
      if (faster < millis) [reply, millis] = [later, faster]
    }
    const most =
      millis > maxMillis && contention() > BUSY
        ? Math.max(maxMillis, 50 * (await usual(subject)))
        : maxMillis
    const late =
      millis > most
        ? [`took ${Math.round(millis)} ms three times, more than ${most}`]
        : []
    const onWire = attack.http.status.includes(reply.status)
      ? undefined
      : wireRuleFor(attack)
    if (onWire === undefined)
      return { id, kind, reason, faults: [...replyFaults(reply, attack), ...late] }
    const { plain, because } = onWire
    const [expected] = await timed(
      subject,
      requestText(port, written(plain, profile)),
      plain.method,
    )
    const same = replyFaults(reply, { ...attack, http: { status: [expected.status] } })
    const differs = reply.body.equals(expected.body)
      ? []
      : ['is not answered as its plain form is']
    return { id, kind, reason, because, faults: [...same, ...differs, ...late] }
  } catch (error) {
    return { id, kind, reason, faults: [String(error)] }
  }
}

/** Milliseconds that a request without anything takes in this moment: the control, since other programs slow down both. */
async function usual(subject: Subject): Promise<number> {
  const [, millis] = await timed(
    subject,
    requestText(subject.port, { method: 'GET', path: '/hello/', headers: [] }),
    'GET',
  )
  return millis
}

async function timed(
  { port, secure }: Subject,
  bytes: Buffer,
  method: string,
): Promise<readonly [Reply, number]> {
  const start = performance.now()
  const reply = await exchange(port, bytes, method, { secure })
  return [reply, performance.now() - start]
}

/** The bytes of the request. */
function written(
  { method, path, headers, body, latin1 = false }: HttpAttack,
  profile: Profile,
) {
  const filled = (text: string): string => forServer(text, profile)
  return {
    method,
    path: filled(path.replace(/^\{\w+\}/, (name) => PLACES[name] ?? name)),
    headers: headers.map(([name, value]) => [name, filled(textOf(value))] as const),
    body: bodyOf(body, filled),
    latin1,
  }
}

function bodyOf(
  body: HttpAttack['body'],
  filled: (text: string) => string,
): Buffer | undefined {
  if (body === undefined) return undefined
  if (typeof body === 'object' && 'gzipRepeat' in body)
    return gzipSync(body.gzipRepeat[0].repeat(body.gzipRepeat[1]))
  return Buffer.from(filled(textOf(body)))
}

function replyFaults({ status, body }: Reply, { http, headers }: HttpAttack): string[] {
  const text = body.toString('latin1')
  const tokens = headers.flatMap(([, value]) => textOf(value).match(/[\w.-]{80,}/g) ?? [])
  return [
    ...(http.status.includes(status)
      ? []
      : [
          `is answered ${status}, not ${http.status.join(' or ')}: ${text.slice(0, 120)}`,
        ]),
    ...(status >= 500 ? ['no answer is a 5xx'] : []),
    ...(/\n\s+at |node:internal|\.[jt]s:\d/.test(text)
      ? ['the answer holds a stack trace']
      : []),
    ...(tokens.some((token) => text.includes(token))
      ? ['the answer holds the token']
      : []),
  ]
}

/** The corpus has no valid password, so a control shows that the server does not reject all of them. */
async function judgeControl(name: string, { port, secure }: Subject): Promise<Verdict> {
  const credentials = Buffer.from(`${ALICE.username}:${ALICE.password}`).toString(
    'base64',
  )
  const headers = [['Authorization', `Basic ${credentials}`]] as const
  const { status } = await exchange(
    port,
    requestText(port, { method: 'GET', path: '/hello/', headers }),
    'GET',
    {
      secure,
    },
  )
  const faults = status === 200 ? [] : [`is answered ${status}, not 200`]
  return {
    id: `control of ${name}`,
    kind: 'header',
    reason: 'control: the right password',
    faults,
  }
}

/** At the end: the log holds no part of a token or password, and the server still answers. */
async function judgeLog(
  name: string,
  group: readonly OverHttp[],
  profile: Profile,
  subject: Subject,
): Promise<Verdict> {
  const { port, secure } = subject
  const { status } = await exchange(
    port,
    requestText(port, { method: 'GET', path: '/hello/' }),
    'GET',
    { secure },
  )
  const log = subject.log()
  const signatures = group
    .flatMap(
      (attack) =>
        JSON.stringify(written(attack, profile).headers).match(/[\w.-]+/g) ?? [],
    )
    .map((word) => word.slice(word.lastIndexOf('.') + 1))
    .filter((signature) => signature.length > 40)
  const faults = [
    ...(status === 401
      ? []
      : [`afterwards the server answers ${status} to a request without a token`]),
    ...leaksIn(log, [ALICE.password, ...signatures]),
    ...(log.split('\n').length > group.length
      ? []
      : ['the log does not have a line for each request']),
  ]
  return {
    id: `server of ${name}`,
    kind: 'log',
    reason: 'no token, no password, and it goes on',
    faults,
  }
}
