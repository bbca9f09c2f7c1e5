import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { AuthProvider, useAuth, useClient } from '../../../src/client/react.ts'
import type { Client } from '../../../src/client/types.ts'
import { openBench } from '../bench.ts'

function Status() {
  useClient()
  return createElement('p', null, useAuth().status)
}

const rendered = (client: Client<Record<string, unknown>>): string =>
  renderToString(createElement(AuthProvider, { client }, createElement(Status)))

test('a server renders the initial state, and what was injected', async (t) => {
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  assert.equal(rendered(client), '<p>loading</p>')
  const { client: injected } = bench.open({ initial: { user: { id: '1' } } })
  assert.equal(rendered(injected), '<p>signedIn</p>')
})

test('outside of a provider the error says what to add', () => {
  assert.throws(
    () => renderToString(createElement(Status)),
    /<AuthProvider client=\{client\}>/,
  )
})
