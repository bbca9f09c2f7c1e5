import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { DATABASES } from '../oauth/databases.ts'
import { forkedServer } from '../services/forked-server.ts'
import { Hawk } from './reference.ts'
import { SHARED } from './shared-options.ts'

const PROGRAM = new URL('server-process.ts', import.meta.url)

/** Of each request: how often it is sent to each of the processes at once. */
const TIMES = 5
const ROUNDS = 4

for (const [database, open] of DATABASES) {
  test(`${database}, four processes: of 20 requests with one nonce at once, one is accepted`, async (t) => {
    const opened = await open(t)
    if (opened.skip !== undefined) return t.skip(opened.skip)
    const auth = buildWatchword({ ...SHARED, database: opened.url })
    cleanUp(t, () => auth.close())
    const { id: userId } = await auth.users.create({ username: 'ada' })
    const options = { algorithm: 'hawk-sha256' } as const
    const { key, secret = '' } = await auth.signingKeys.create({ userId }, options)
    const credentials = { id: key.id, key: secret, algorithm: 'sha256' } as const
    const servers = await Promise.all(
      Array.from({ length: 4 }, () => forkedServer(t, PROGRAM, [opened.url])),
    )
    let accepts = 0
    for (let round = 0; round < ROUNDS; round++) {
      const { header } = Hawk.client.header(`${SHARED.url}/`, 'GET', { credentials })
      const answers = await Promise.all(
        servers
          .flatMap((server) => Array.from({ length: TIMES }, () => server))
          .map((server) => fetch(server, { headers: { authorization: header } })),
      )
      const statuses = answers.map(({ status }) => status)
      const [accepted, unknown] = [200, 503].map(
        (status) => statuses.filter((each) => each === status).length,
      )
      // A busy database may answer the first of them too late: it is not known then, and never accepted afterwards.
      assert.equal(accepted, unknown === 0 ? 1 : Math.min(1, accepted ?? 0))
      assert.ok(
        statuses.every((status) => [200, 401, 503].includes(status)),
        `${statuses}`,
      )
      accepts += accepted ?? 0
    }
    assert.ok(accepts > 0)
  })
}
