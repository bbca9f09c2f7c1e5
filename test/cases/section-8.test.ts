import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { after, type Seconds } from '../../src/base/clock.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import { watchword } from '../../src/watchword.ts'
import { opened } from '../conformance/forge.ts'
import { brokenPromises } from '../conformance/promises.ts'
import { exchange, header, type Reply, requestText } from '../conformance/wire.ts'
import { ALICE, type CaseInstance, instance, NOW, optionsOf } from './fixture.ts'
import { filled } from './tokens.ts'

/** A numbered case. */
interface Row {
  readonly id: string
  readonly cfg?: string
  /** The configuration is refused at construction. */
  readonly refused?: boolean
  readonly steps?: readonly Step[]
  readonly note?: string
}

interface Step {
  /** A step outside HTTP. */
  readonly do?: string
  /** When: seconds from the start. */
  readonly at?: number
  /** Over https. */
  readonly secure?: boolean
  /** The user that the server in front has authenticated. */
  readonly remoteUser?: string
  /** How often it is repeated. */
  readonly times?: number
  readonly method?: string
  readonly path?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string
  /** Sends the body without `Content-Type`; the default is JSON. */
  readonly untyped?: boolean
  /** Latin-1: one byte a character. */
  readonly latin1?: boolean
  /** Variables, and the member of the response that each stores. */
  readonly keep?: { readonly [variable: string]: string }
  readonly answer?: Expected
}

interface Expected {
  readonly status: number
  /** The scheme of the challenge, without its realm. Default: no challenge. */
  readonly challenge?: string
  /** Several challenges, or one without a realm: exactly these. */
  readonly challenges?: readonly string[]
  readonly headers?: { readonly [name: string]: string | null }
  /** Exactly this body, members in this order; `<name>` is a stored variable. */
  readonly body?: unknown
  /** Patterns of the members. */
  readonly like?: { readonly [member: string]: string }
  readonly text?: string
  /** The beginning of `detail`; the rest is a parser's wording. */
  readonly detailPrefix?: string
  /** Exactly these members, in this order, each a token. */
  readonly tokens?: readonly string[]
  /** Claims of these tokens; `null` if the claim must be absent. */
  readonly claims?: { readonly [member: string]: { readonly [claim: string]: unknown } }
}

const rows: readonly Row[] = JSON.parse(
  readFileSync(new URL('../data/cases/section-8.json', import.meta.url), 'utf8'),
)
const LOGIN: Step = {
  method: 'POST',
  path: '/api/token/',
  body: '{"username":"alice","password":"pw12345"}',
  keep: { r: 'refresh', a: 'access' },
  answer: { status: 200, tokens: ['refresh', 'access'] },
}

for (const row of rows) {
  const { id, cfg = '', note = '' } = row
  test(`${id} ${note === '' ? titleOf(row) : note}`, async () => {
    if (row.refused) return assertRefused(cfg)
    let now = NOW
    await using here = await instance({ ...optionsOf(cfg), clock: () => now })
    const kept = new Map<string, string>()
    for (const step of row.steps ?? []) {
      now = after(NOW, (step.at ?? 0) as Seconds)
      for (let i = 0; i < (step.times ?? 1); i++)
        await take(step.do === 'LOGIN' ? LOGIN : step, cfg, here, kept)
    }
  })
}

/** The name of a case without a note: its requests and responses. */
function titleOf({ cfg, steps = [] }: Row): string {
  const last = steps.at(-1)!
  return `${last.method} ${last.path} ${cfg === undefined ? '' : `(${cfg}) `}is answered ${last.answer?.status}`
}

function assertRefused(cfg: string): void {
  const options = optionsOf(cfg)
  const asked = cfg === 'NB' ? { ...options, endpoints: { blacklist: true } } : options
  assert.throws(() => watchword({ ...asked, database: 'sqlite::memory:' }), {
    name: 'AuthError',
    code: 'invalid_config',
  })
}

async function take(
  step: Step,
  cfg: string,
  here: CaseInstance,
  kept: Map<string, string>,
): Promise<void> {
  here.context.secure = step.secure === true
  here.context.remoteUser = step.remoteUser
  if (step.do !== undefined) return ACTIONS[step.do]!(here, kept)
  const reply = await ask(step, cfg, here, kept)
  if (step.answer !== undefined) assertAnswer(reply, step, step.answer, kept)
  for (const [name, member] of Object.entries(step.keep ?? {})) {
    kept.set(name, JSON.parse(reply.body.toString())[member])
  }
}

/** The steps outside HTTP. */
const ACTIONS: {
  readonly [action: string]: (
    here: CaseInstance,
    kept: Map<string, string>,
  ) => Promise<void>
} = {
  'alice has a session': async ({ port, context }, kept) => {
    const headers = [
      ['Content-Type', 'application/json'],
      ['Origin', `http${context.secure ? 's' : ''}://127.0.0.1:${port}`],
    ] as const
    const body = Buffer.from('{"username":"alice","password":"pw12345"}')
    const reply = await exchange(
      port,
      requestText(port, { method: 'POST', path: '/auth/login/', headers, body }),
      'POST',
    )
    for (const cookie of headersOf(reply, 'set-cookie')) {
      const [, name = '', value = ''] = /^(?:__Host-)?(\w+)=([^;]*)/.exec(cookie) ?? []
      kept.set(name, value)
    }
    assert.deepEqual(
      [...kept.keys()].sort(),
      ['csrftoken', 'sessionid'],
      reply.body.toString(),
    )
  },
  'alice changes password': ({ auth }) =>
    auth.users.setPassword(ALICE, 'correct-horse-77'),
  'alice is deactivated': async ({ auth }) =>
    assert.ok(await auth.users.change(ALICE, { active: false })),
  'alice is deleted': async ({ auth }) => assert.ok(await auth.users.delete(ALICE)),
  'last_login set': async ({ auth }) =>
    assert.notEqual((await auth.users.find('alice'))?.lastLoginAt, undefined),
  'last_login stays null': async ({ auth }) =>
    assert.equal((await auth.users.find('alice'))?.lastLoginAt, undefined),
}

async function ask(
  step: Step,
  cfg: string,
  here: CaseInstance,
  kept: ReadonlyMap<string, string>,
): Promise<Reply> {
  const { method = 'GET', path = '/', latin1 = false } = step
  const headers: [string, string][] = []
  for (const [name, value] of step.headers ?? [])
    headers.push([name, await filled(value, cfg, kept, here.store)])
  const body =
    step.body === undefined ? undefined : await filled(step.body, cfg, kept, here.store)
  const isTyped = step.untyped || headers.some(([name]) => name === 'Content-Type')
  if (body !== undefined && !isTyped) headers.push(['Content-Type', 'application/json'])
  // Node's parser refuses this method: the core is called without it.
  if (method === 'FOO') return askCore(method, path, here)
  const bytes =
    body === undefined ? undefined : Buffer.from(body, latin1 ? 'latin1' : 'utf8')
  return exchange(
    here.port,
    requestText(here.port, { method, path, headers, body: bytes, latin1 }),
    method,
  )
}

async function askCore(
  method: string,
  url: string,
  { auth }: CaseInstance,
): Promise<Reply> {
  const request: AuthRequest = {
    method,
    url,
    address: '',
    secure: false,
    header: () => undefined,
    body: async () => Buffer.alloc(0),
  }
  const { status, headers, body } = (await internalsOf(auth).answer(request))!
  return { status, headers, body: Buffer.from(body) }
}

const REFUSED_TOKEN =
  /"code":"(token_not_valid|user_not_found|user_inactive|password_changed)"/
const BEARER = /^(Bearer|JWT) realm="api"$/

function assertAnswer(
  reply: Reply,
  { path = '' }: Step,
  expected: Expected,
  kept: ReadonlyMap<string, string>,
): void {
  const text = reply.body.toString()
  assert.equal(reply.status, expected.status, text)
  const {
    challenge,
    challenges = challenge === undefined ? [] : [`${challenge} realm="api"`],
  } = expected
  // D43
  const isRefusedToken = path.startsWith('/probe/') && REFUSED_TOKEN.test(text)
  assert.deepEqual(
    headersOf(reply, 'www-authenticate'),
    challenges.map((each) =>
      isRefusedToken && BEARER.test(each) ? `${each}, error="invalid_token"` : each,
    ),
  )
  for (const [name, value] of Object.entries(expected.headers ?? {}))
    assert.equal(header(reply, name.toLowerCase()) ?? null, value)
  if (text !== '') assert.equal(header(reply, 'content-type'), 'application/json')
  assert.deepEqual(brokenPromises(reply), [])

  if (expected.body !== undefined)
    assert.equal(text, keptIn(JSON.stringify(expected.body), kept))
  for (const [member, like] of Object.entries(expected.like ?? {}))
    assert.match(JSON.parse(text)[member], new RegExp(like))
  if (expected.text !== undefined) assert.equal(text, expected.text)
  if (expected.detailPrefix !== undefined)
    assert.ok(JSON.parse(text).detail.startsWith(expected.detailPrefix), text)
  if (expected.tokens !== undefined)
    assert.deepEqual(Object.keys(JSON.parse(text)), expected.tokens)
  for (const member of expected.tokens ?? [])
    assert.ok(opened(JSON.parse(text)[member]), text)
  for (const [member, claims] of Object.entries(expected.claims ?? {})) {
    const given = opened(JSON.parse(text)[member])!.claims
    for (const [name, value] of Object.entries(claims))
      assert.deepEqual(given[name] ?? null, value, name)
  }
}

const headersOf = ({ headers }: Reply, wanted: string): string[] =>
  headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value)

const keptIn = (text: string, kept: ReadonlyMap<string, string>): string =>
  text.replace(/<([a-z]\w*)>/g, (whole, name: string) => kept.get(name) ?? whole)
