import { gzipSync } from 'node:zlib'
import { leaksIn } from '../conformance/promises.ts'
import { exchange, type Reply, requestText } from '../conformance/wire.ts'
import { type Attack, type Corpus, type HttpAttack, type Profile, profileOf, textOf } from './corpus.ts'
import { ALICE } from './house.ts'
import { forServer } from './server-key.ts'
import { type Subject, serve } from './subject.ts'
import { PATIENCE } from './token.ts'
import type { Judged, Verdict } from './verdict.ts'
import { wireRuleFor } from './wire-rules.ts'

type OverHttp = Attack<'header' | 'request'>

/** The corpus's names of endpoints, and where they are. */
const PLACES: { readonly [name: string]: string } = {
  '{obtain}': '/api/token/',
  '{refresh}': '/api/token/refresh/',
  '{verify}': '/api/token/verify/',
  '{revoke}': '/api/token/blacklist/',
  '{protected}': '/hello/',
}

/** Schemes that are not there yet, and what they will be part of. */
const SCHEMES: { readonly [scheme: string]: string } = { basic: 'Basic authentication' }

/** What a case waits for that does not exist yet. */
export function featureAwaited(attack: OverHttp, corpus: Corpus): string | undefined {
  const { given = [], scheme, path, headers, body } = attack
  if (profileOf(corpus, attack.profile).keys.length > 1) return 'a server with keys of several algorithms'
  if (given.some((each) => each.startsWith('session:'))) return 'sessions in cookies and CSRF'
  if (given.length > 0) return given.join(', ')
  if (scheme !== undefined && scheme !== 'bearer') return SCHEMES[scheme] ?? `the scheme ${scheme}`
  const place = /^\{\w+\}/.exec(path)?.[0]
  if (place !== undefined && PLACES[place] === undefined) return `the endpoint ${place}`
  return JSON.stringify([headers, body]).includes('{{') ? 'values that only a later feature has' : undefined
}

/** Sends each to a server of its profile, one after the other. */
export async function judgeOverHttp(attacks: readonly OverHttp[], corpus: Corpus): Promise<Judged[]> {
  const judged: Judged[] = []
  for (const [name, group] of Map.groupBy(attacks, ({ profile }) => profile)) {
    const profile = profileOf(corpus, name)
    await using subject = await serve({ profile, now: corpus.now })
    for (const attack of group) judged.push(await judge(attack, profile, subject))
    judged.push(await judgeLog(name, group, profile, subject))
  }
  return judged
}

async function judge(attack: OverHttp, profile: Profile, { port }: Subject): Promise<Verdict> {
  const { id, kind, reason, maxMillis = PATIENCE } = attack
  try {
    const octets = requestText(port, written(attack, profile))
    // What takes too long is asked again: the time that is held against us is not that of a machine at other work.
    let [reply, millis] = await timed(port, octets, attack.method)
    for (let again = 0; again < 2 && millis > maxMillis; again++) {
      const [later, faster] = await timed(port, octets, attack.method)
      if (faster < millis) [reply, millis] = [later, faster]
    }
    const late = millis > maxMillis ? [`took ${Math.round(millis)} ms three times, more than ${maxMillis}`] : []
    const onWire = attack.http.status.includes(reply.status) ? undefined : wireRuleFor(attack)
    if (onWire === undefined) return { id, kind, reason, faults: [...replyFaults(reply, attack), ...late] }
    const { plain, because } = onWire
    const [expected] = await timed(port, requestText(port, written(plain, profile)), plain.method)
    const same = replyFaults(reply, { ...attack, http: { status: [expected.status] } })
    const differs = reply.body.equals(expected.body) ? [] : ['is not answered as its plain form is']
    return { id, kind, reason, because, faults: [...same, ...differs, ...late] }
  } catch (error) {
    return { id, kind, reason, faults: [String(error)] }
  }
}

async function timed(port: number, octets: Buffer, method: string): Promise<readonly [Reply, number]> {
  const start = performance.now()
  const reply = await exchange(port, octets, method, 10_000)
  return [reply, performance.now() - start]
}

/** The request as it goes over the wire. */
function written({ method, path, headers, body, latin1 = false }: HttpAttack, profile: Profile) {
  const filled = (text: string): string => forServer(text, profile)
  return {
    method,
    path: filled(path.replace(/^\{\w+\}/, (name) => PLACES[name] ?? name)),
    headers: headers.map(([name, value]) => [name, filled(textOf(value))] as const),
    body: bodyOf(body, filled),
    latin1,
  }
}

function bodyOf(body: HttpAttack['body'], filled: (text: string) => string): Buffer | undefined {
  if (body === undefined) return undefined
  if (typeof body === 'object' && 'gzipRepeat' in body) return gzipSync(body.gzipRepeat[0].repeat(body.gzipRepeat[1]))
  return Buffer.from(filled(textOf(body)))
}

function replyFaults({ status, body }: Reply, { http, headers }: HttpAttack): string[] {
  const text = body.toString('latin1')
  const tokens = headers.flatMap(([, value]) => textOf(value).match(/[\w.-]{80,}/g) ?? [])
  return [
    ...(http.status.includes(status)
      ? []
      : [`is answered ${status}, not ${http.status.join(' or ')}: ${text.slice(0, 120)}`]),
    ...(status >= 500 ? ['no answer is a 5xx'] : []),
    ...(/\n\s+at |node:internal|\.[jt]s:\d/.test(text) ? ['the answer holds a stack trace'] : []),
    ...(tokens.some((token) => text.includes(token)) ? ['the answer holds the token'] : []),
  ]
}

/** After all of them: nothing of a token or password in the log, and the server is still there. */
async function judgeLog(
  name: string,
  group: readonly OverHttp[],
  profile: Profile,
  subject: Subject,
): Promise<Verdict> {
  const { status } = await exchange(subject.port, requestText(subject.port, { method: 'GET', path: '/hello/' }), 'GET')
  const log = subject.log()
  const signatures = group
    .flatMap((attack) => JSON.stringify(written(attack, profile).headers).match(/[\w.-]+/g) ?? [])
    .map((word) => word.slice(word.lastIndexOf('.') + 1))
    .filter((signature) => signature.length > 40)
  const faults = [
    ...(status === 401 ? [] : [`afterwards the server answers ${status} to a request without a token`]),
    ...leaksIn(log, [ALICE.password, ...signatures]),
    ...(log.split('\n').length > group.length ? [] : ['the log does not have a line for each request']),
  ]
  return { id: `server of ${name}`, kind: 'log', reason: 'no token, no password, and it goes on', faults }
}
