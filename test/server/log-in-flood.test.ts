import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask, askJson, boundOf, inOneRoundOf, p99, signIn } from './client.ts'
import { ADA, startServer } from './process.ts'

/** Log-ins a second that are offered, for so many seconds. */
const OFFERED = 300
const SECONDS = 3
const WRONG = { username: ADA.username, password: 'not the password' }

test('R21: a flood of log-ins does not stop the service', async (t) => {
  const server = await startServer(t)
  const { access } = await signIn(server)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const headers = { Authorization: `Bearer ${access}` }
  await inOneRoundOf(3, async () => {
    const check = (): Promise<Answer> => ask(server, '/hello/', { method: 'GET', headers, agent })
    const alone: number[] = []
    for (let i = 0; i < 50; i++) alone.push((await check()).ms)
    const checks: Answer[] = []
    const logins: Promise<Answer>[] = []

    const { hashesAtOnce, hashes } = await server.measure(async () => {
      const end = performance.now() + SECONDS * 1000
      while (performance.now() < end) {
        for (let i = 0; i < OFFERED / 20; i++) logins.push(askJson(server, '/api/token/', WRONG))
        checks.push(await check())
        await sleep(45)
      }
      await Promise.all(logins)
    })
    const answers = await Promise.all(logins)
    const admitted = answers.filter(({ status }) => status === 401)
    const turnedAway = answers.filter(({ status }) => status === 503)

    assert.equal(admitted.length + turnedAway.length, answers.length, 'every answer is 401 or 503')
    assert.ok(turnedAway.length > 0, 'the flood was none')
    assert.equal(hashesAtOnce, availableParallelism())
    assert.equal(hashes, admitted.length, 'nobody who is turned away costs a hash')
    for (const { headers, body } of turnedAway) {
      assert.ok(Number(headers['retry-after']) >= 1)
      assert.equal(body, '{"detail":"The server is busy. Try again shortly."}')
    }
    assert.ok(Math.max(...admitted.map(({ ms }) => ms)) <= 10_000)
    assert.deepEqual(new Set(checks.map(({ status }) => status)), new Set([200]))
    const pace = p99(checks.map(({ ms }) => ms))
    t.diagnostic(
      `${answers.length} log-ins, ${admitted.length} admitted; token checks p99 ${pace.toFixed(1)} ms, alone ${p99(alone).toFixed(1)} ms`,
    )
    assert.ok(pace <= boundOf(100, p99(alone)), `token checks p99 ${pace} ms`)
  })
  await signIn(server) // it has recovered
})
