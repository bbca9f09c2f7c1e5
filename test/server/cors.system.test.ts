import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { serve } from '../../src/server/serve.ts'
import { testInstance } from '../../src/testing/index.ts'
import { visit } from '../services/chromium.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** Signs in and calls a guarded route of another origin, then posts what it could read. */
const page = (server: string): string => `<!doctype html><script type="module">
const seen = {}
const ask = async (name, path, options) => {
  try {
    const answer = await fetch('${server}' + path, options)
    const { headers, status } = answer
    const shown = ['www-authenticate', 'date', 'x-request-id'].filter((name) => headers.has(name))
    seen[name] = [status, ...shown].join(' ')
    return await answer.json()
  } catch (error) {
    seen[name] = error.name
    return {}
  }
}
const signIn = (password) => ({
  method: 'POST',
  credentials: 'include',
  headers: { 'content-type': 'application/json', 'x-trace': 'a' },
  body: JSON.stringify({ username: 'ada', password }),
})
await ask('wrong password', '/api/token/', signIn('wrong'))
const { access } = await ask('sign-in', '/api/token/', signIn('${PASSWORD}'))
await ask('guarded', '/hello/', { headers: { authorization: 'Bearer ' + access } })
await ask('not found', '/nowhere/', { headers: { authorization: 'Bearer ' + access } })
await ask('wrong method', '/api/token/', { method: 'DELETE' })
await fetch('/outcome', { method: 'POST', body: JSON.stringify(seen) })
</script>`

/** A site whose page uses the server at another origin. */
async function site(t: TestContext) {
  const report = Promise.withResolvers<string>()
  let server = ''
  const pages = createServer(async (request, response) => {
    if (request.url === '/outcome') report.resolve(await text(request))
    response.setHeader('content-type', 'text/html').end(page(server))
  })
  pages.listen(0, '127.0.0.1')
  await once(pages, 'listening')
  t.after(() => void pages.close().closeAllConnections())
  return {
    port: (pages.address() as AddressInfo).port,
    outcome: report.promise,
    use: (url: string) => {
      server = url
    },
  }
}

async function outcomeAt(t: TestContext, host: string): Promise<unknown> {
  const { port, outcome, use } = await site(t)
  const { auth } = testInstance()
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const origins = [`http://127.0.0.1:${port}`]
  const running = await serve({ auth, host: '127.0.0.1', port: 0, origins })
  t.after(() => running.stop().then(() => auth.close()))
  use(running.url)
  const visited = visit(t, `http://${host}:${port}`, outcome)
  return visited && JSON.parse(await visited)
}

test('in a browser a page of a listed origin signs in, calls a guarded route and reads errors', async (t) => {
  const seen = await outcomeAt(t, '127.0.0.1')
  if (seen === undefined) return t.skip('Chromium is not installed')

  assert.deepEqual(seen, {
    'wrong password': '401 www-authenticate date x-request-id',
    'sign-in': '200 date x-request-id',
    guarded: '200 date x-request-id',
    'not found': '404 date x-request-id',
    'wrong method': '405 date x-request-id',
  })
})

test('in a browser a page of another origin reads nothing', async (t) => {
  const seen = await outcomeAt(t, 'localhost')
  if (seen === undefined) return t.skip('Chromium is not installed')

  assert.deepEqual(new Set(Object.values(seen as object)), new Set(['TypeError']))
})
