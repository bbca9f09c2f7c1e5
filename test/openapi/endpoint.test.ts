import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

async function open(options: TestOptions) {
  const app = testInstance(options)
  await app.auth.users.create({ username: 'ada', password: PASSWORD, staff: true })
  await app.auth.users.create({ username: 'bob', password: PASSWORD })
  const get = (headers: Readonly<Record<string, string>> = {}, address = '127.0.0.1') =>
    app.auth.handler(new Request('http://localhost/openapi.json', { headers }), {
      address,
    })
  return { ...app, get, [Symbol.asyncDispose]: () => app.auth.close() }
}

test('a developer on this machine reads the document, and a copy is confirmed (OA-30)', async () => {
  await using app = await open({ browsableApi: { title: 'Notes' } })
  const answer = await app.get()
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/json')
  assert.equal(answer.headers.get('cache-control'), 'private, max-age=60')
  const document = (await answer.json()) as Record<string, Record<string, unknown>>
  assert.equal(document.info?.title, 'Notes')
  assert.ok(document.paths?.['/openapi.json'] !== undefined)
  const etag = answer.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{22}"$/)
  const again = await app.get({ 'if-none-match': etag })
  assert.equal(again.status, 304)
  assert.equal(again.headers.get('etag'), etag)
  assert.equal(await again.text(), '')
})

for (const [what, options, [anonymous, bob, ada]] of [
  ['staff, in production', { production: true }, [401, 403, 200]],
  ['everybody', { production: true, openapi: 'public' }, [200, 200, 200]],
  ['nobody', { production: true, openapi: false }, [404, 404, 404]],
  ['nobody, if the option is for development', {}, [404, 404, 404]],
] as const)
  test(`behind a proxy the document is for ${what} (OA-30)`, async () => {
    await using app = await open({ proxies: 1, browsableApi: options })
    assert.equal((await app.get()).status, anonymous)
    assert.equal((await app.get(await app.as('bob'))).status, bob)
    assert.equal((await app.get(await app.as('ada'))).status, ada)
  })

test('in development callers on other machines read nothing, whoever they are', async () => {
  await using app = await open({ browsableApi: { openapi: 'public' } })
  assert.equal((await app.get({}, '203.0.113.9')).status, 404)
  assert.equal((await app.get(await app.as('ada'), '203.0.113.9')).status, 404)
})

test('without the option the endpoint can be named, and is for staff', async () => {
  await using app = await open({ endpoints: { openapi: '/schema.json' } })
  const asked = async (headers: Readonly<Record<string, string>>) =>
    (await app.auth.handler(new Request('http://localhost/schema.json', { headers })))
      .status
  assert.equal(await asked({}), 401)
  assert.equal(await asked(await app.as('bob')), 403)
  assert.equal(await asked(await app.as('ada')), 200)
})

test('with the option off there is no document', async () => {
  await using app = await open({})
  assert.equal((await app.get()).status, 404)
})
