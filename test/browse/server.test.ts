import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../../src/server/serve.ts'
import { testInstance } from '../../src/testing/index.ts'
import { NAVIGATION, sent } from '../adapters/browser-request.ts'

async function server(options: { readonly browsableApi?: true }) {
  const { auth } = testInstance(options)
  const running = await serve({ auth, host: '127.0.0.1', port: 0 })
  return {
    url: running.url,
    async [Symbol.asyncDispose]() {
      await running.stop()
      await auth.close()
    },
  }
}

test('the guarded example of the server has a page, and the index lists it', async () => {
  await using running = await server({ browsableApi: true })
  const page = await sent(`${running.url}/hello/`, NAVIGATION)
  assert.equal(page.status, 200)
  assert.match(page.text, /<h1>Who is signed in<\/h1>/)
  const index = await sent(`${running.url}/auth/browse/`, NAVIGATION)
  assert.match(index.text, /<a href="..\/..\/hello\/"><code>\/hello\/<\/code><\/a>/)
  const program = await sent(`${running.url}/hello/`)
  assert.equal(program.status, 401)
  assert.equal(program.headers['content-type'], 'application/json')
})

test('without the browsable API the example is what it was', async () => {
  await using running = await server({})
  const answer = await sent(`${running.url}/hello/`, NAVIGATION)
  assert.equal(answer.status, 401)
  assert.equal(answer.headers.vary, undefined)
})
