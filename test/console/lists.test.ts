import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestInstance } from '../../src/testing/index.ts'
import { tokenIn, wordsOf } from '../pages/site.ts'
import { act, operated, operator, PASSWORD, staffWith } from './operator.ts'

const linkIn = (text: string, rel: string): string =>
  new RegExp(`rel="${rel}" href="([^"]*)"`).exec(text)?.[1]?.replaceAll('&amp;', '&') ??
  ''

test('a list goes on, back, and to its first page', async (t) => {
  const { auth } = await operated(t)
  for (let n = 10; n < 70; n++) await auth.users.create({ username: `user${n}` })
  const browser = await operator(auth)
  const names = (text: string) =>
    [...text.matchAll(/>(user\d\d)<\/a>/g)].map(([, name]) => name)
  const first = await browser.open('/console/users/?q=user')
  assert.equal(linkIn(first.text, 'prev'), '')
  const second = await browser.open(linkIn(first.text, 'next'))
  const third = await browser.open(linkIn(second.text, 'next'))
  assert.deepEqual(names(third.text), names(third.text).toSorted())
  assert.equal(linkIn(third.text, 'next'), '')
  const back = await browser.open(linkIn(third.text, 'prev'))
  assert.deepEqual(names(back.text), names(second.text))
  const begin = await browser.open(linkIn(back.text, 'prev'))
  assert.deepEqual(names(begin.text), names(first.text))
  assert.equal(linkIn(begin.text, 'prev'), '')
  assert.match(begin.text, /href="\/console\/users\/\?q=user">First page</)
  for (const before of ['x', 'bnVsbA'])
    assert.equal((await browser.open(`/console/users/?before=${before}`)).status, 200)
})

async function manyEvents({ auth, ada }: Awaited<ReturnType<typeof operated>>) {
  const change = () => auth.users.change(ada.id, { active: true })
  for (let n = 0; n < 23; n++) await Promise.all(Array.from({ length: 100 }, change))
}

test('a file of events has all of them, read in parts', async (t) => {
  const site = await operated(t)
  const { auth } = site
  await manyEvents(site)
  const browser = await operator(auth)
  const path = '/console/events/export/?kind=user_changed&format='
  const lines = (await browser.open(`${path}jsonl`)).text.trim().split('\n')
  assert.equal(lines.length, 2300)
  assert.equal(new Set(lines.map((line) => JSON.parse(line).id)).size, 2300)
  const csv = (await browser.open(`${path}csv`)).text.split('\r\n')
  assert.equal(csv.length, 2302)
})

test('a store that fails before a file begins is a 503, and one that fails later cuts it off', async (t) => {
  const site = await operated(t)
  const { auth, faults, log } = site
  await manyEvents(site)
  const browser = await operator(auth)
  const path = '/console/events/export/?kind=user_changed&format=jsonl'
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join(';')
  const ask = () =>
    auth.handler(new Request(`https://app.example.com${path}`, { headers: { cookie } }))
  const response = await ask()
  const reader = response.body?.getReader()
  await reader?.read()
  faults.fail('console.findEvents')
  await assert.rejects(async () => {
    while (!(await reader?.read())?.done);
  })
  assert.ok(JSON.stringify(log).includes('findEvents') || log.length > 0)
  assert.equal((await ask()).status, 503)
})

test('users are downloaded as they are filtered, without their passwords', async (t) => {
  const { auth, ada } = await operated(t)
  await auth.users.create({ username: '+cmd', active: false })
  const browser = await operator(auth, 'vitor', '/console/users/?status=inactive')
  const link = /href="(\/console\/users\/export\/[^"]*csv)"/.exec(browser.page.text)?.[1]
  const csv = await browser.open((link ?? '').replaceAll('&amp;', '&'))
  assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
  const [head, row, end] = csv.text.split('\r\n')
  assert.match(head ?? '', /^id,username,email,email_verified,phone,/)
  assert.match(row ?? '', /^"\w+","'\+cmd",,"false",/)
  assert.equal(end, '')
  const all = await browser.open('/console/users/export/?format=jsonl')
  const users = all.text.trim().split('\n')
  assert.equal(users.length, 3)
  const found = users.map((line) => JSON.parse(line)).find(({ id }) => id === ada.id)
  assert.deepEqual([found.username, found.roles], ['ada', ['editor']])
  assert.doesNotMatch(all.text, /argon2|pbkdf2|hash/)
  await auth.users.create({ username: 'plain', password: PASSWORD, staff: true })
  const plain = await operator(auth, 'plain', '/console/users/export/?format=csv')
  assert.equal(plain.page.status, 403)
})

type Site = Awaited<ReturnType<typeof operated>>

/** The file of all changes of users, as a browser that is signed in begins to read it. */
async function beginExport({ auth }: Site, login = 'vitor') {
  const browser = await operator(auth, login)
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join(';')
  const path = '/console/events/export/?kind=user_changed&user=ada&address=&format=csv'
  const request = new Request(`https://app.example.com${path}`, { headers: { cookie } })
  const response = await auth.handler(request, { address: '192.0.2.7' })
  const reader = response.body?.getReader()
  const next = async () => (await reader?.read())?.done === false
  const rest = async () => {
    while (await next());
  }
  // The line of the columns, and the first thousand rows.
  assert.deepEqual([await next(), await next()], [true, true])
  return { reader, rest }
}

const endsOf = async ({ auth }: Site) =>
  (await auth.events.list({ kind: 'export_ended' })).map(({ detail }) => detail)

test('an export is recorded with who, filter and count when it starts and ends', async (t) => {
  const site = await operated(t)
  await manyEvents(site)
  const { rest } = await beginExport(site)
  const [started] = await site.auth.events.list({ kind: 'export_started' })
  const common = {
    name: 'events',
    format: 'csv',
    filter: { kind: 'user_changed', user: 'ada' },
  }
  assert.deepEqual(
    [started?.userId, started?.address, started?.detail],
    [site.vitor.id, '192.0.2.7', common],
  )
  assert.ok(started?.sessionId)
  assert.deepEqual(await endsOf(site), [])
  await rest()
  assert.deepEqual(await endsOf(site), [{ ...common, rows: 2300, end: 'complete' }])
  const [ended] = await site.auth.events.list({ kind: 'export_ended' })
  assert.deepEqual([ended?.userId, ended?.address], [site.vitor.id, '192.0.2.7'])
})

test('an export that ends early is recorded with its rows and the reason', async (t) => {
  const site = await operated(t)
  await manyEvents(site)
  const { reader } = await beginExport(site)
  await reader?.cancel()
  const failing = await beginExport(site)
  site.faults.fail('console.findEvents')
  await assert.rejects(failing.rest)
  site.faults.clear()
  const ends = (await endsOf(site)).map((detail) => [detail.rows, detail.end])
  assert.deepEqual(ends, [
    [1000, 'failed'],
    [1000, 'disconnected'],
  ])
})

const LOSSES: Readonly<Record<string, (site: Site, id: string) => Promise<unknown>>> = {
  'is no longer staff': ({ auth }, id) => auth.users.change(id, { staff: false }),
  'loses the role': ({ auth }, id) => auth.users.change(id, { roles: [] }),
  'is deactivated': ({ auth }, id) => auth.users.change(id, { active: false }),
  'is signed out everywhere': ({ auth }, id) => auth.sessions.revokeAll(id),
  'is deleted': ({ auth }, id) => auth.users.delete(id),
}

test('an export stops if the exporter loses the rights meanwhile', async (t) => {
  const site = await operated(t)
  await manyEvents(site)
  for (const [what, lose] of Object.entries(LOSSES)) {
    const name = what.replaceAll(' ', '-')
    const { id } = await staffWith(site.auth, 'viewer', name)
    const { rest } = await beginExport(site, name)
    await lose(site, id)
    await assert.rejects(rest, what)
    const [ended] = await site.auth.events.list({ kind: 'export_ended', limit: 1 })
    assert.equal(ended?.detail.end, 'rights_lost', what)
    assert.ok(Number(ended?.detail.rows) <= 2000, what)
  }
})

/** Signs in from many addresses. */
async function fromAddresses(
  { auth }: TestInstance,
  username: string,
  count: number,
  from = 0,
) {
  for (let n = 0; n < count; n++) {
    const { status } = await auth.handler(
      new Request('https://app.example.com/api/token/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password: PASSWORD }),
      }),
      { address: `192.${from + n}.2.1` },
    )
    assert.equal(status, 200)
  }
}

test('the places of sessions are shown', async (t) => {
  const asked: string[] = []
  const geo = (address: string) => {
    asked.push(address)
    if (address.startsWith('192.1.')) throw new Error('no such database')
    return `Place of ${address}`
  }
  const site = await operated(t, { pages: { geo } })
  await fromAddresses(site, 'ada', 2)
  await fromAddresses(site, 'ada', 2)
  const browser = await operator(site.auth, 'vitor', '/console/sessions/?q=ada')
  assert.match(wordsOf(browser.page), /192\.0\.2\.1 Place of 192\.0\.2\.1/)
  assert.doesNotMatch(wordsOf(browser.page), /Place of 192\.1\.2\.1/)
  assert.deepEqual(asked.toSorted(), ['192.0.2.1', '192.1.2.1'], 'once for each address')
  const user = await browser.open(`/console/users/${site.ada.id}/`)
  assert.match(wordsOf(user), /Place of 192\.0\.2\.1/)
})

test('a function of places that hangs is waited for once a page, and not called without limit', async (t) => {
  const asked: string[] = []
  const geo = (address: string) => {
    asked.push(address)
    return new Promise<string>(() => {})
  }
  const site = await operated(t, { pages: { geo } })
  await site.auth.users.create({ username: 'plain', password: PASSWORD })
  await fromAddresses(site, 'ada', 10)
  await fromAddresses(site, 'plain', 10, 100)
  const browser = await operator(site.auth, 'vitor', '/console/sessions/')
  assert.equal(browser.page.status, 200)
  assert.match(wordsOf(browser.page), /192\.7\.2\.1/)
  assert.equal(asked.length, 16)
  await browser.open('/console/sessions/')
  assert.equal(asked.length, 16)
})

test('only superusers sign out staff, who sign themselves out', async (t) => {
  const { auth, vitor, ada, as } = await operated(t)
  const support = await staffWith(auth, 'support')
  await as('vitor')
  await as('ada')
  const sessionOf = async (id: string) => (await auth.sessions.list(id)).at(-1)?.id ?? ''
  const { record } = await auth.apiTokens.create(vitor.id)
  const browser = await operator(auth, 'support', '/console/sessions/')
  const post = (list: string, fields: Record<string, string>) =>
    browser.post(`/console/${list}/`, {
      csrfmiddlewaretoken: tokenIn(browser.page.text),
      ...fields,
    })
  const session = await sessionOf(vitor.id)
  assert.equal((await post('sessions', { session })).status, 403)
  await browser.open('/console/api-tokens/')
  assert.equal((await post('api-tokens', { token: record.id })).status, 403)
  for (const [action, fields] of [
    ['revoke-session', { session }],
    ['revoke-sessions', {}],
    ['revoke-token', { token: record.id }],
  ] as const)
    assert.equal((await act(browser, vitor.id, action, fields)).status, 403, action)
  const [kept] = await auth.sessions.list(vitor.id)
  assert.equal(kept?.revokedAt, undefined)
  assert.equal((await auth.apiTokens.list(vitor.id)).length, 1)
  await browser.open('/console/sessions/')
  const done = await post('sessions', { session: await sessionOf(ada.id) })
  assert.match(wordsOf(done), /The session was revoked/)
  await browser.open('/console/sessions/')
  await post('sessions', { session: await sessionOf(support.id) })
  assert.ok((await auth.sessions.list(support.id)).some(({ revokedAt }) => revokedAt))
})

test('options are searched, and those that are set are found', async (t) => {
  const { auth } = await operated(t)
  const browser = await operator(auth, 'vitor', '/console/settings/')
  assert.match(browser.page.text, /<details>\n<summary>tokens /)
  const found = await browser.open('/console/settings/?q=access_token_LIFETIME')
  assert.match(found.text, /<details open>\n<summary>tokens <small>1 option</)
  assert.match(wordsOf(found), /tokens\.access 300 default ACCESS_TOKEN_LIFETIME/)
  const set = await browser.open('/console/settings/?from=set')
  assert.doesNotMatch(set.text, />default</)
  assert.match(wordsOf(set), /secret set options/)
  const none = await browser.open('/console/settings/?q=%3Cb%3Enothing')
  assert.match(wordsOf(none), /No option matches/)
})
