import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshDatabase } from '../reliability/databases.ts'
import { ask } from './client.ts'
import { ADA, type ServerProcess, startServer } from './process.ts'

const SERVERS = 4

class Skipped extends Error {}

function reasonOfSkip(error: unknown): string {
  if (error instanceof Skipped) return error.message
  throw error
}

/** One wrong password a minute for an account and an address, and 20 an hour for an account. */
const OPTIONS = { counts: 'store', proxies: 1, throttle: { login: '1/minute' } } as const

for (const kind of ['sqlite', 'postgres'] as const) {
  test(`${kind}: strangers cannot keep a user out of any process, also after a restart`, async (t) => {
    const database = await freshDatabase(kind, (reason) => {
      throw new Skipped(reason)
    }).catch(reasonOfSkip)
    if (typeof database === 'string') return t.skip(database)
    t.after(database.drop)
    const start = (user?: typeof ADA): Promise<ServerProcess> =>
      startServer(t, { database: database.url, options: OPTIONS, user })
    const signIn = (server: ServerProcess, address: string, password: string) =>
      ask(server, '/api/token/', {
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': address },
        body: JSON.stringify({ username: ADA.username, password }),
      })
    const first = await start(ADA)
    assert.equal((await signIn(first, '10.1.0.1', ADA.password)).status, 200)
    await first.stop()

    const servers: ServerProcess[] = []
    for (let i = 0; i < SERVERS; i++) servers.push(await start())
    const guesses: number[] = []
    for (let i = 0; i < 24; i++) {
      const guess = await signIn(servers[i % SERVERS]!, `10.2.0.${i}`, 'not the password')
      guesses.push(guess.status)
    }
    assert.deepEqual(guesses.slice(20), [429, 429, 429, 429])
    const stranger = await signIn(servers[0]!, '10.3.0.1', ADA.password)
    assert.equal(stranger.status, 429)

    for (const server of servers)
      assert.equal((await signIn(server, '10.1.0.1', ADA.password)).status, 200)
  })
}
