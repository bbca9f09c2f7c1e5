import assert from 'node:assert/strict'
import { test } from 'node:test'
import axios from 'axios'
import ky from 'ky'
import { API, openBench, REFRESH, refused } from './bench.ts'

/** As the documentation has them. */
const LIBRARIES: readonly (readonly [
  string,
  (send: typeof fetch) => Promise<unknown>,
])[] = [
  [
    'ky',
    (send) =>
      ky
        .create({ fetch: send })
        .post(`${API}/hello/`, { json: { a: 1 } })
        .json(),
  ],
  [
    'axios',
    async (send) => {
      const api = axios.create({ adapter: 'fetch', env: { fetch: send } })
      return (await api.post(`${API}/hello/`, { a: 1 })).data
    },
  ],
  [
    'a library with a Request, such as openapi-fetch',
    async (send) => {
      const body = JSON.stringify({ a: 1 })
      return (await send(new Request(`${API}/hello/`, { method: 'POST', body }))).json()
    },
  ],
]

for (const [name, request] of LIBRARIES) {
  test(`${name} refreshes an expired token, and sends again after a refused one`, async (t) => {
    const bench = await openBench(t)
    const { client } = await bench.signedIn({ refreshAhead: false })
    await bench.time.pass(301_000)
    const expected = { hello: 'ada', sent: '{"a":1}' }
    assert.deepEqual(await bench.time.until(request(client.fetch)), expected)
    await bench.time.pass(2000)
    const before = bench.count('/hello/')
    const answer = refused
    bench.state.fault = ({ path }, count) =>
      path === '/hello/' && count === before + 1 ? { answer } : undefined
    assert.deepEqual(await bench.time.until(request(client.fetch)), expected)
    assert.equal(bench.count(REFRESH), 2)
  })
}
