import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'

const scriptIn = (page: string): string =>
  /<script type="module">\n(.*?)<\/script>/s.exec(
    readFileSync(`docs/${page}`, 'utf8'),
  )?.[1] ?? ''

/** Runs the script of a page in the browser. */
const run = (page: string, { document, fetch }: ReturnType<typeof browserAt>) =>
  new Function('document', 'fetch', `return (async () => {${scriptIn(page)}})()`)(
    document,
    fetch,
  ) as Promise<void>

/** The part of a browser that the script of the page needs: cookies, and `document.cookie` without those that are HttpOnly. */
function browserAt(base: string) {
  const jar = new Map<string, { readonly value: string; readonly httpOnly: boolean }>()
  const sent = (all: boolean): string =>
    [...jar]
      .flatMap(([name, { value, httpOnly }]) =>
        all || !httpOnly ? [`${name}=${value}`] : [],
      )
      .join('; ')
  const answers: { readonly path: string; readonly status: number }[] = []
  return {
    answers,
    document: {
      get cookie(): string {
        return sent(false)
      },
    },
    async fetch(path: string, { headers, ...init }: RequestInit): Promise<Response> {
      const all = {
        ...(headers as Record<string, string>),
        origin: base,
        cookie: sent(true),
        connection: 'close',
      }
      const answer = await fetch(base + path, { ...init, headers: all })
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (cookie.includes('Max-Age=0;')) jar.delete(name)
        else jar.set(name, { value, httpOnly: cookie.includes('HttpOnly') })
      }
      answers.push({ path, status: answer.status })
      return answer
    },
  }
}

async function site(t: TestContext, options: TestOptions): Promise<string> {
  const { auth } = testInstance(options)
  const server = createServer()
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  await auth.users.create({ username: 'ada', password: 'correct horse battery staple' })
  const guard = mount(server, auth)
  server.on(
    'request',
    guard((request, response) => response.end(request.auth.user.username)),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('the script of the page signs in, sends an unsafe request and signs out', async (t) => {
  const browser = browserAt(await site(t, { authentication: [session()] }))

  await run('browser-sessions.md', browser)

  assert.deepEqual(browser.answers, [
    { path: '/auth/login/', status: 200 },
    { path: '/posts/', status: 200 },
    { path: '/auth/logout/', status: 200 },
  ])
  assert.equal((await browser.fetch('/posts/', { method: 'POST' })).status, 403)
  assert.equal(browser.document.cookie, '')
})

test('the script with tokens in cookies signs in, sends an unsafe request and signs out', async (t) => {
  const browser = browserAt(await site(t, { tokens: { transport: 'cookie' } }))

  await run('token-cookies.md', browser)

  assert.deepEqual(browser.answers, [
    { path: '/api/token/', status: 200 },
    { path: '/posts/', status: 200 },
    { path: '/api/token/blacklist/', status: 200 },
  ])
  assert.equal((await browser.fetch('/posts/', { method: 'POST' })).status, 401)
  assert.equal(browser.document.cookie, '')
})
