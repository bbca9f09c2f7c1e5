import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount, serves } from '../../src/adapters/node.ts'
import { testInstance } from '../../src/testing/index.ts'
import { openPage } from './browser.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** The program of the documentation. */
const [, PROGRAM = ''] =
  /^```js\n(.*?)^```$/ms.exec(readFileSync('docs/passkeys.md', 'utf8')) ?? []

async function site(t: TestContext, secondFactors: boolean) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const instance = testInstance({ url, passkeys: true, secondFactors })
  t.after(() => instance.auth.close())
  await instance.auth.users.create({ username: 'ada', password: PASSWORD })
  mount(server, instance.auth)
  server.on('request', (request, response) => {
    if (serves(instance.auth, request)) return
    const isProgram = request.url === '/passkeys.js'
    response
      .setHeader('content-type', isProgram ? 'text/javascript' : 'text/html')
      .end(isProgram ? PROGRAM : '<!doctype html><title>Passkeys</title>')
  })
  return { instance, url }
}

test('the program of the documentation adds a passkey in Chromium, and signs in with it', async (t) => {
  const { instance, url } = await site(t, false)
  const page = await openPage(t, url)
  if (page === undefined) return t.skip('Chromium is not installed')
  const { authorization } = await instance.as('ada')
  const access = String(authorization).replace('Bearer ', '')
  const added = await page.evaluate(
    `import('/passkeys.js').then((program) => program.addPasskey('${access}', 'Laptop'))`,
  )
  assert.equal((added as { label: string }).label, 'Laptop')

  const pair = await page.evaluate(
    `import('/passkeys.js').then((program) => program.signIn())`,
  )
  assert.deepEqual(Object.keys(pair as object).toSorted(), ['access', 'refresh'])
  const [event] = await instance.auth.events.list({ kind: 'signed_in', limit: 1 })
  assert.deepEqual(event?.detail, { methods: ['hwk', 'user'] })
})

test('a passkey of Chromium is the second step of a password', async (t) => {
  const { instance, url } = await site(t, true)
  const page = await openPage(t, url)
  if (page === undefined) return t.skip('Chromium is not installed')
  const { authorization } = await instance.as('ada')
  const access = String(authorization).replace('Bearer ', '')
  await page.evaluate(
    `import('/passkeys.js').then((program) => program.addPasskey('${access}', 'Laptop'))`,
  )
  const pair = await page.evaluate(`(async () => {
    const first = await fetch('/api/token/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password: '${PASSWORD}' }),
    })
    const { methods, ticket } = await first.json()
    if (!methods.includes('passkey')) throw new Error(methods)
    const { secondStep } = await import('/passkeys.js')
    return secondStep(ticket)
  })()`)
  assert.deepEqual(Object.keys(pair as object).toSorted(), ['access', 'refresh'])
  const [event] = await instance.auth.events.list({ kind: 'signed_in', limit: 1 })
  assert.deepEqual(event?.detail, { methods: ['pwd', 'hwk', 'user'] })
})
