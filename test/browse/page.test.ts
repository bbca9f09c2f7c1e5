import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod/mini'
import { type GuardOptions, guardOf } from '../../src/adapters/fetch.ts'
import { bearer } from '../../src/authentication.ts'
import type { RouteRepresentation } from '../../src/features/browsable-api/representation.ts'
import {
  allowAny,
  anyOf,
  denied,
  has,
  isStaff,
  type Permission,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { Requirement, Watchword } from '../../src/watchword.ts'
import { NAVIGATION, ROUTE } from '../adapters/browser-request.ts'
import { effortOfMegabyte, leastEffort } from '../time.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const HERE = { address: '127.0.0.1' }
const AUTHENTICATION = { authentication: [bearer()] } as const

/** A browsable route, which counts how often its handler runs. */
function route<U, Right extends string>(
  auth: Watchword<U, Right>,
  requirement: Requirement<U, Right>,
  options: GuardOptions = { browsable: true },
) {
  const counted = { runs: 0 }
  const handler = guardOf(auth, options)(requirement, () => {
    counted.runs += 1
    return Response.json({ ok: true })
  })
  const get = (
    path = '/notes/',
    headers: Readonly<Record<string, string>> = NAVIGATION,
    peer: { readonly address: string } = HERE,
  ): Promise<Response> =>
    handler(new Request(`http://localhost${path}`, { headers }), {
      ...peer,
      target: path,
    })
  return { counted, get }
}

test('BR-23: with the option off, a route that asks to be browsable is what it was', async () => {
  await using instance = testInstance(AUTHENTICATION)
  const { get, counted } = route(instance.auth, allowAny)
  const answer = await get()
  assert.deepEqual(await answer.json(), { ok: true })
  assert.equal(answer.headers.get('vary'), null)
  assert.equal(counted.runs, 1)
})

test('BR-01: the page is sent without running the handler, and has the headers of the rules', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  const { get, counted } = route(instance.auth, has('notes.view'))
  const answer = await get()
  assert.equal(counted.runs, 0)
  assert.deepEqual(Object.fromEntries(answer.headers), {
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    'content-type': 'text/html; charset=utf-8',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    vary: 'Accept',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-robots-tag': 'none',
  })
})

const ATTACKS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</pre>',
  '&lt;',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  '`alert(1)`',
  '\u202egnp.exe',
]

test('BR-95: texts of the route and the path are escaped', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  for (const attack of ATTACKS) {
    const describe = { summary: attack, description: `${attack}\n${attack}` }
    const { get } = route(instance.auth, { permissions: allowAny, describe })
    const text = await (await get(`/notes/${attack.replaceAll(' ', '%20')}`)).text()
    assert.equal(text.match(/<script/g)?.length, 1)
    assert.doesNotMatch(text, /<(?:img|svg|pre)|`|\u202e/)
    const attributes = [...text.matchAll(/data-page="([^"]*)"/g)]
    assert.equal(attributes.length, 1)
  }
})

test('the page has no inline script, style or handler', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  const text = await (await route(instance.auth, allowAny).get()).text()
  assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=|javascript:/i)
  assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)/)
})

test('BR-106: in production the option alone serves nothing, and the log says how to turn it on', async () => {
  await using instance = testInstance({
    ...AUTHENTICATION,
    browsableApi: true,
    proxies: 1,
  })
  const { get } = route(instance.auth, allowAny)
  assert.deepEqual(await (await get()).json(), { ok: true })
  const lines = instance.log.filter(({ event }) => event.includes('browsableApi'))
  assert.equal(lines.length, 1)
  assert.match(lines[0]?.event ?? '', /\{ production: true \}/)
})

test('in development another machine gets no page', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  const { get } = route(instance.auth, allowAny)
  const answer = await get('/notes/', NAVIGATION, { address: '192.0.2.7' })
  assert.deepEqual(await answer.json(), { ok: true })
})

test('BR-107: what a route requires is shown to those that the option grants', async () => {
  await using instance = testInstance({
    ...AUTHENTICATION,
    browsableApi: { production: true },
    proxies: 1,
    roles: { editor: ['notes.secret'] },
  })
  const { auth } = instance
  await auth.users.create({ username: 'bob', password: PASSWORD })
  await auth.users.create({ username: 'ada', password: PASSWORD, staff: true })
  const { get } = route(auth, 'notes.secret')
  assert.doesNotMatch(await (await get()).text(), /notes\.secret/)
  const needsOf = async (user: string): Promise<string | undefined> => {
    const headers = { ...ROUTE, ...(await instance.as(user)) }
    const answer = await (await get('/notes/', headers)).json()
    const [method] = (answer as RouteRepresentation).methods
    assert.deepEqual(method?.schemes, ['bearer'])
    return method?.needs
  }
  assert.equal(await needsOf('bob'), undefined)
  assert.equal(await needsOf('ada'), 'has "notes.secret"')
})

test('BR-105: page requests are throttled as anonymous requests are', async () => {
  await using instance = testInstance({
    ...AUTHENTICATION,
    browsableApi: true,
    throttle: { anon: '3/min' },
  })
  const { get, counted } = route(instance.auth, allowAny)
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await get()).status)
  assert.deepEqual(statuses, [200, 200, 200, 429, 429])
  assert.equal(counted.runs, 0)
})

test('BR-57, BR-58: what a function of the application decides is not checked, and the function is not called', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  let calls = 0
  const custom: Permission<unknown, unknown> = () => {
    calls += 1
    return denied('no')
  }
  const headers = { ...ROUTE, ...(await instance.as('bob')) }
  const outcomeOf = async (permission: Permission<unknown, unknown>): Promise<string> => {
    const { get } = route(instance.auth, permission)
    const answer = (await (await get('/notes/', headers)).json()) as RouteRepresentation
    return answer.methods[0]?.outcome ?? ''
  }
  assert.equal(await outcomeOf(custom), 'notChecked')
  assert.equal(await outcomeOf(anyOf(isStaff, custom)), 'notChecked')
  assert.equal(await outcomeOf(anyOf(allowAny, custom)), 'allowed')
  assert.equal(calls, 0)
})

test('BR-19: a description shows who asks, fields, filters and rates', async () => {
  await using instance = testInstance({
    ...AUTHENTICATION,
    browsableApi: true,
    throttle: { anon: '100/day' },
  })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const { get, counted } = route(instance.auth, {
    describe: {
      summary: 'Notes',
      methods: ['GET', 'POST'],
      query: z.object({ page: z.optional(z.int()) }),
      body: { type: 'object', properties: { title: { type: 'string' } } },
      example: { title: 'One' },
    },
  })
  const anonymous = await get('/notes/', ROUTE)
  assert.equal(anonymous.status, 200)
  const headers = { ...ROUTE, ...(await instance.as('bob')) }
  const answer = (await (await get('/notes/', headers)).json()) as RouteRepresentation
  assert.equal(answer.principal?.user.label, 'bob')
  assert.equal(answer.complete, true)
  const [, post] = answer.methods
  assert.equal(post?.method, 'POST')
  assert.equal(post?.outcome, 'allowed')
  assert.deepEqual(post?.throttles, [{ name: 'anon', limit: 100, period: 86_400 }])
  assert.deepEqual(post?.example, { title: 'One' })
  assert.equal(counted.runs, 0)
})

test('BR-19: wrong credentials are refused as the guard refuses them', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  const { get } = route(instance.auth, allowAny)
  const answer = await get('/notes/', { ...ROUTE, authorization: 'Bearer x' })
  assert.equal(answer.status, 401)
})

test('BR-103: a route may ask the page to wait before it sends GET', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  const { get } = route(instance.auth, { permissions: allowAny, confirm: true })
  assert.match(await (await get()).text(), /&quot;confirm&quot;:true/)
})

// Where SHA-512 over a megabyte takes 2 ms: less than 1 ms.
test('BR-45: a page takes half as long as SHA-512 over a megabyte, at most', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  const { get } = route(instance.auth, allowAny)
  const pages = 50
  const effort = await leastEffort(async () => {
    for (let i = 0; i < pages; i++) await get()
  })
  assert.ok(effort / pages < effortOfMegabyte() / 2, `${effort / pages} ms`)
})

// Where SHA-512 over a megabyte takes 2 ms: less than 5 ms.
test('BR-59: 20 methods of a path are described while SHA-512 reads 2.5 megabytes', async () => {
  await using instance = testInstance({ ...AUTHENTICATION, browsableApi: true })
  await instance.auth.users.create({ username: 'bob', password: PASSWORD })
  const methods = Array.from({ length: 20 }, (_, i) => `METHOD${i}`)
  const { get } = route(instance.auth, {
    permissions: [anyOf(isStaff, has('notes.change')), isStaff],
    describe: { methods },
  })
  const headers = { ...ROUTE, ...(await instance.as('bob')) }
  const count = 10
  const effort = await leastEffort(async () => {
    for (let i = 0; i < count; i++) {
      const answer = (await (await get('/notes/', headers)).json()) as RouteRepresentation
      assert.equal(answer.methods.length, 20)
      assert.ok(answer.methods.every(({ outcome }) => outcome === 'refused'))
    }
  })
  assert.ok(effort / count < 2.5 * effortOfMegabyte(), `${effort / count} ms`)
})

test('options of the page that are misspelt stop the start', () => {
  const refused = (option: unknown, message: RegExp): void => {
    assert.throws(() => testInstance({ browsableApi: option as boolean }), message)
  }
  refused('yes', /browsableApi.*true, false or \{ production/)
  refused({ explain: true }, /browsableApi must be true, false or/)
  const { auth } = testInstance({ browsableApi: true })
  const guard = guardOf(auth)
  assert.throws(
    () => guard({ describe: { sumary: 'x' } as never }, () => Response.json({})),
    /"describe" must be an object of summary/,
  )
  assert.throws(
    () => guard({ browsable: 'yes' as never }, () => Response.json({})),
    /"browsable" must be true, false or "rendered"/,
  )
})
