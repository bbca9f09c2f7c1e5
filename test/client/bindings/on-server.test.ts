import assert from 'node:assert/strict'
import type { Writable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createElement, type ReactElement, Suspense, use } from 'react'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString as renderVueToString } from 'vue/server-renderer'
import {
  browserStorage,
  createClient,
  refreshAhead,
  sessionCookie,
  storedIn,
  tabStorage,
  tokenCookies,
} from '../../../src/client/index.ts'
import { AuthProvider, useAuth, useClient } from '../../../src/client/react.ts'
import type { Client, ClientOptions } from '../../../src/client/types.ts'
import * as vue from '../../../src/client/vue.ts'

/** What a renderer of a server must not touch. */
const WATCHED = ['fetch', 'localStorage', 'sessionStorage', 'BroadcastChannel'] as const

/** @returns what was used while a test runs */
function watched(t: TestContext): string[] {
  const used: string[] = []
  for (const name of WATCHED) {
    const own = Object.getOwnPropertyDescriptor(globalThis, name)
    const get = () => {
      used.push(name)
      return undefined
    }
    Object.defineProperty(globalThis, name, { configurable: true, get })
    t.after(() => {
      if (own) Object.defineProperty(globalThis, name, own)
      else Reflect.deleteProperty(globalThis, name)
    })
  }
  return used
}

/** Of a rendering that sends or reads something, the name is printed. */
const OPTIONS: Readonly<Record<string, ClientOptions<Record<string, unknown>>>> = {
  'tokens in memory': {},
  'the storage of a tab': { storage: tabStorage },
  'the storage of a browser': { storage: browserStorage },
  cookies: { transport: tokenCookies, refreshAhead },
  'the cookie of a session': { transport: sessionCookie },
}

function Status(): ReactElement {
  const { status, ...others } = useAuth()
  const { id = 'nobody' } = 'user' in others ? others.user : {}
  return createElement('p', null, `${status} ${id}`)
}

/** What shows later than the rest of the page. */
function Late({ until }: { readonly until: Promise<void> }): ReactElement {
  use(until)
  return createElement(Status)
}

const streamed = (element: ReactElement): Promise<string> => {
  const stream = new PassThrough()
  const { pipe } = renderToPipeableStream(element, {
    onAllReady: () => void pipe(stream as Writable),
  })
  return text(stream)
}

const VueStatus = defineComponent(() => {
  const auth = vue.useAuth()
  return () => h('p', auth.value.status)
})

const RENDERERS: Readonly<
  Record<string, (client: Client<Record<string, unknown>>) => Promise<string>>
> = {
  React: async (client) =>
    renderToString(createElement(AuthProvider, { client }, createElement(Status))),
  'React, as a stream with a part that is late': (client) => {
    const until = new Promise<void>((resolve) => setTimeout(resolve, 5))
    const late = createElement(Suspense, null, createElement(Late, { until }))
    return streamed(createElement(AuthProvider, { client }, late))
  },
  Vue: (client) => renderVueToString(createSSRApp(VueStatus).use(vue.authPlugin(client))),
}

for (const [renderer, render] of Object.entries(RENDERERS))
  for (const [name, options] of Object.entries(OPTIONS))
    test(`${renderer}, ${name}: a server renders "loading", and uses neither the network nor a storage`, async (t) => {
      const used = watched(t)
      const client = createClient('https://api.test', options)
      t.after(() => client.close())
      assert.match(await render(client), /loading/)
      // Neither before nor after the client knows that there is no session.
      await client.ready
      assert.match(await render(client), /loading/)
      assert.deepEqual(used, [])
    })

test('rendering does not read a storage of your own', async (t) => {
  let reads = 0
  const get = () => {
    reads++
    return null
  }
  const storage = storedIn({ get, set() {}, remove() {} })
  const client = createClient('https://api.test', { storage })
  t.after(() => client.close())
  await client.ready
  const before = reads
  for (const render of Object.values(RENDERERS)) await render(client)
  assert.equal(reads, before)
})

test('two providers show two clients', async (t) => {
  const clients = ['ada', 'bob'].map((id) =>
    createClient('https://api.test', { initial: { user: { id } } }),
  )
  t.after(() => {
    for (const client of clients) client.close()
  })
  const [ada, bob] = clients as [Client, Client]
  const inner = createElement(AuthProvider, { client: bob }, createElement(Status))
  const both = createElement(AuthProvider, { client: ada }, createElement(Status), inner)
  assert.equal(renderToString(both), '<p>signedIn ada</p><p>signedIn bob</p>')
})

test('the client of a provider is that client', async (t) => {
  const client = createClient('https://api.test')
  t.after(() => client.close())
  const Same = () => createElement('p', null, String(useClient() === client))
  const element = createElement(AuthProvider, { client }, createElement(Same))
  assert.equal(renderToString(element), '<p>true</p>')
})
