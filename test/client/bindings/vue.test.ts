import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createSSRApp,
  defineComponent,
  effectScope,
  h,
  isReadonly,
  reactive,
  watch,
} from 'vue'
import { renderToString } from 'vue/server-renderer'
import { authPlugin, useAuth, useClient } from '../../../src/client/vue.ts'
import { ADA, openBench } from '../bench.ts'

const app = () => createSSRApp({ render: () => null })

test('the reference follows the client until its scope ends, and is read-only', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const own = app().use(authPlugin(client))
  const scope = effectScope()
  const auth = own.runWithContext(() => scope.run(() => useAuth()))
  assert.ok(auth && isReadonly(auth))
  let changes = 0
  const stop = watch(auth, () => changes++, { flush: 'sync' })
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(1)
  assert.equal(auth.value.status, 'signedIn')
  assert.equal(auth.value, client.state)
  assert.equal(changes, 2)
  scope.stop()
  stop()
  await bench.time.until(client.signOut())
  await bench.time.pass(1)
  assert.equal(auth.value.status, 'signedIn')
  assert.equal(
    own.runWithContext(() => useClient()),
    client,
  )
})

test('without the plugin the error says what to add', () => {
  assert.throws(
    () => app().runWithContext(() => useAuth()),
    /app\.use\(authPlugin\(client\)\)/,
  )
})

test('every method works through reactive(), and the client looks like a plain object', async (t) => {
  const bench = await openBench(t)
  const { client } = bench.open()
  const through = reactive({ client }).client
  await bench.time.until(through.signIn(ADA))
  assert.equal(through.state.status, 'signedIn')
  assert.equal((await bench.time.until(through.fetch('/hello/'))).status, 200)
  assert.equal(typeof (await bench.time.until(through.getAccessToken())), 'string')
  through.subscribe(() => {})()
  through.wake()
  await bench.time.until(through.signOut())
  for (const probe of ['then', 'toJSON', '__v_isRef'])
    assert.ok(!(probe in client), probe)
  JSON.stringify(client)
})

test('a server renders the initial state', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  const view = defineComponent(() => {
    const auth = useAuth()
    return () => h('p', auth.value.status)
  })
  assert.equal(
    await renderToString(createSSRApp(view).use(authPlugin(client))),
    '<p>loading</p>',
  )
})
