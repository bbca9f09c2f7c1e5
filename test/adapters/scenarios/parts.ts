import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../time.ts'
import type { Client } from '../client.ts'
import { PART, type Produced } from '../parts.ts'
import type { Scenario } from '../scenario.ts'

const produced = async (client: Client): Promise<Produced> =>
  (await client.get('/api/parts/produced/')).body as Produced

/** More than the buffers between a server and a client hold. */
const MOST = 64 * 1024 * 1024

/** Reads how much was produced until that does not change any more. */
async function settled(client: Client): Promise<number> {
  let same = 0
  let { parts } = await produced(client)
  while (same < 10) {
    await sleep(10)
    const now = (await produced(client)).parts
    same = now === parts ? same + 1 : 0
    parts = now
    assert.ok(parts * PART.length < MOST, 'a client that does not read is sent more')
  }
  return parts
}

export const PARTS: readonly Scenario[] = [
  {
    name: 'an answer in parts arrives whole',
    async run(client) {
      const { status, headers, text } = await client.get('/api/parts/whole/')
      assert.deepEqual([status, text], [200, 'one tŵo three'])
      assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.equal(headers.get('content-length'), null)
    },
  },
  {
    name: 'HEAD of an answer in parts has its headers, and produces nothing',
    async run(client) {
      const before = await produced(client)
      const { status, headers, text } = await client.send('HEAD', '/api/parts/whole/')
      assert.deepEqual([status, text], [200, ''])
      assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.deepEqual(await produced(client), before)
    },
  },
  {
    name: 'an answer whose later part fails is seen to be incomplete',
    async run(client) {
      const { ended } = await produced(client)
      await assert.rejects(client.get('/api/parts/broken/'))
      assert.equal((await produced(client)).ended, ended + 1)
    },
  },
  {
    name: 'parts are produced as fast as the client reads, and no more once it disconnects',
    async run(client) {
      const { ended } = await produced(client)
      const aborted = new AbortController()
      const response = await fetch(`${client.url}/api/parts/endless/`, {
        signal: aborted.signal,
        // Compressed, the parts would be a thousandth.
        headers: { 'accept-encoding': 'identity' },
      })
      assert.equal(response.status, 200)
      const stopped = await settled(client)
      await readPast(response, stopped * PART.length)
      assert.ok((await produced(client)).parts > stopped, 'reading asks for more')
      aborted.abort()
      await until(async () => (await produced(client)).ended === ended + 1)
    },
  },
]

async function readPast({ body }: Response, size: number): Promise<void> {
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  for (let read = 0; read <= size; )
    read += (await reader.read()).value?.length ?? Number.POSITIVE_INFINITY
}
