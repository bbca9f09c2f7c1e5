import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { testInstance } from '../../src/testing/index.ts'

const [, script = ''] =
  /<script type="module">\n(.*?)<\/script>/s.exec(
    readFileSync('docs/browser-sessions.md', 'utf8'),
  ) ?? []

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

async function site(t: TestContext): Promise<string> {
  const { auth } = testInstance({ authentication: [session()] })
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
  const browser = browserAt(await site(t))

  await new Function('document', 'fetch', `return (async () => {${script}})()`)(
    browser.document,
    browser.fetch,
  )

  assert.deepEqual(browser.answers, [
    { path: '/auth/login/', status: 200 },
    { path: '/posts/', status: 200 },
    { path: '/auth/logout/', status: 200 },
  ])
  assert.equal((await browser.fetch('/posts/', { method: 'POST' })).status, 403)
  assert.equal(browser.document.cookie, '')
})
