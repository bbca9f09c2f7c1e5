import '@angular/compiler'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import * as React from 'react'
import { renderToString } from 'react-dom/server'
import { transformSync } from 'rolldown/utils'
import { createSSRApp, h } from 'vue'
import { renderToString as renderVueToString } from 'vue/server-renderer'
import * as angular from '../../src/client/angular.ts'
import * as client from '../../src/client/index.ts'
import * as react from '../../src/client/react.ts'
import type { Client } from '../../src/client/types.ts'
import * as vue from '../../src/client/vue.ts'
import { ADA, openBench } from './bench.ts'

const PAGE = readFileSync('docs/client.md', 'utf8')

/** The code below a heading of the page. */
function blocksOf(heading: string): readonly string[] {
  const [, part = ''] = PAGE.split(`\n## ${heading}\n`)
  const [text = ''] = part.split('\n## ')
  return [...text.matchAll(/^```(?:js|jsx)\n(.*?)^```$/gms)].map(([, code = '']) => code)
}

const linesOf = (code: string): number => code.trim().split('\n').length

/** Runs code of the page. @param scope what it imports, and what an application has @returns its names */
function run(
  code: string,
  scope: Record<string, unknown>,
  ...names: readonly string[]
): Record<string, unknown> {
  const { code: plain, errors } = transformSync('page.jsx', code, {
    jsx: { runtime: 'classic' },
  })
  assert.deepEqual(errors, [])
  const body = plain
    .replace(/^import .*$/gm, '')
    .replace('export default', 'const made =')
  const last = `return { ${names.join(', ')} }`
  return new Function(...Object.keys(scope), `${body}\n${last}`)(...Object.values(scope))
}

/** Makes clients of the API of a page that can be opened here, and closes them. */
function creating(t: TestContext) {
  const made: Client[] = []
  const createClient = (url: string, options?: client.ClientOptions): Client => {
    const own = client.createClient(new URL(url, 'https://api.test').href, options)
    made.push(own)
    t.after(own.close)
    return own
  }
  return { made, createClient }
}

test('the first example keeps no token in the page, and the table of storages says who reads them', () => {
  const [first = ''] = /^```js\n.*?^```$/ms.exec(PAGE) ?? []
  assert.match(first, /transport: tokenCookies/)
  assert.match(PAGE, /^\| `browserStorage` \|.*\| yes \|$/m)
  assert.match(PAGE, /`tokenCookies` \|.*recommended there/)
})

test('the example of a second factor asks for the code', async () => {
  const [code = ''] = blocksOf('Signing in and out')
  const asked: unknown[] = []
  const signIn = async (credentials: Record<string, unknown>) => {
    asked.push(credentials)
    const details = { ticket: 'T', methods: ['totp'] }
    if ('password' in credentials)
      throw new client.AuthError('second_factor_required', details)
  }
  const scope = {
    client: { signIn },
    username: 'ada',
    password: 'x',
    ask: async () => '123456',
    say: assert.fail,
  }
  const { done } = run(`const done = (async () => { ${code} })()`, scope, 'done')
  await done
  assert.deepEqual(asked.at(-1), { ticket: 'T', code: '123456' })
})

test('the example of Expo has 15 lines at most, keeps a session, and wakes the client', async (t) => {
  const [code = ''] = blocksOf('React Native and Expo')
  assert.ok(linesOf(code) <= 15, `${linesOf(code)}`)
  const items = new Map<string, string>()
  const SecureStore = {
    getItemAsync: async (key: string) => items.get(key) ?? null,
    setItemAsync: async (key: string, value: string) => void items.set(key, value),
    deleteItemAsync: async (key: string) => void items.delete(key),
  }
  let changed: (state: string) => void = () => {}
  const AppState = {
    addEventListener: (_: string, run: typeof changed) => {
      changed = run
    },
  }
  const bench = await openBench(t)
  let woken = 0
  const createClient = (_: string, { storage }: client.ClientOptions) => {
    const { page } = bench.open()
    const native = { fetch: page.platform.fetch, ...(storage && { storage }) }
    const own = client.createClient('https://app.test', native)
    t.after(own.close)
    const wake = () => {
      woken++
      own.wake()
    }
    return { ...own, signIn: own.signIn, wake }
  }
  const scope = { SecureStore, AppState, createClient, storedIn: client.storedIn }
  const { client: made } = run(code, scope, 'client')
  await (made as Client).signIn(ADA)
  const [key = '', text = ''] = [...items][0] ?? []
  assert.match(key, /^[\w.-]+$/)
  assert.match(text, /"refresh"/)
  changed('background')
  changed('active')
  assert.equal(woken, 1)
})

test('the example of Nuxt has 12 lines at most, and makes a client for each request', (t) => {
  const [, code = ''] = blocksOf('Vue')
  assert.ok(linesOf(code) <= 12)
  const { made, createClient } = creating(t)
  const scope = {
    createClient,
    authPlugin: vue.authPlugin,
    tokenCookies: client.tokenCookies,
    defineNuxtPlugin: (plugin: unknown) => plugin,
  }
  const { made: plugin } = run(code, scope, 'made')
  const install = plugin as (nuxt: { vueApp: unknown }) => void
  for (let i = 0; i < 2; i++) install({ vueApp: createSSRApp({ render: () => null }) })
  assert.equal(new Set(made).size, 2)
})

test('the example of Vue renders the state', async (t) => {
  const [code = ''] = blocksOf('Vue')
  const [plugin = '', inSetup = ''] = code.split('\nconst auth')
  const { createClient } = creating(t)
  const app = createSSRApp({
    setup() {
      const { auth } = run(`const auth${inSetup}`, vue, 'auth')
      return () => h('p', (auth as { value: { status: string } }).value.status)
    },
  })
  run(plugin, { ...vue, app, createClient, tokenCookies: client.tokenCookies })
  assert.equal(await renderVueToString(app), '<p>loading</p>')
})

test('the example of React renders each status', (t) => {
  const [code = ''] = blocksOf('React')
  const { createClient } = creating(t)
  for (const [initial, expected] of [
    [undefined, /Loading …/],
    [{ user: { id: 'ada' } }, /Sign (<!-- -->)?ada(<!-- -->)? out/],
  ] as const) {
    let shown: React.ReactNode
    const render = (element: React.ReactNode) => {
      shown = element
    }
    const scope = {
      ...react,
      React,
      root: { render },
      SignIn: () => null,
      tokenCookies: client.tokenCookies,
      createClient: (url: string, options: client.ClientOptions) =>
        createClient(url, { ...options, ...(initial && { initial }) }),
    }
    run(code, scope)
    assert.match(renderToString(shown), expected)
  }
})

test('the guard of Angular waits for the client, and keeps the address for later', async () => {
  const [code = ''] = blocksOf('Angular')
  const Router = {}
  const router = { createUrlTree: (...parts: unknown[]) => ({ parts }) }
  const { promise, resolve } = Promise.withResolvers<void>()
  const state = { user: undefined as object | undefined, ready: promise }
  const guard = code.slice(code.indexOf('const isSignedIn'))
  const scope = {
    Router,
    inject: (token: unknown) => token === Router && router,
    injectClient: () => state,
  }
  const { isSignedIn } = run(guard, scope, 'isSignedIn')
  const ask = isSignedIn as (route: object, state: { url: string }) => Promise<unknown>
  let isDone = false
  const asked = ask({}, { url: '/notes' }).finally(() => {
    isDone = true
  })
  await new Promise((done) => setImmediate(done))
  assert.equal(isDone, false)
  resolve()
  const tree = { parts: [['/sign-in'], { queryParams: { next: '/notes' } }] }
  assert.deepEqual(await asked, tree)
  state.user = {}
  assert.equal(await ask({}, { url: '/notes' }), true)
})

test('the names of the three bindings are those of the page', () => {
  for (const [heading, names] of [
    ['React', react],
    ['Vue', vue],
    ['Angular', angular],
  ] as const) {
    const [code = ''] = blocksOf(heading)
    const missing = Object.keys(names).filter((name) => !code.includes(name))
    assert.deepEqual(missing, [], heading)
  }
})
