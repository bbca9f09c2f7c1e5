import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultHashesAtOnce } from '../../src/passwords/concurrency.ts'
import { stopwatch } from '../time.ts'
import {
  type Answer,
  ask,
  askJson,
  boundOf,
  inOneRoundOf,
  p99,
  signIn,
} from './client.ts'
import { ADA, type ServerProcess, startServer } from './process.ts'

/** Sign-ins per second, for this many seconds. */
const OFFERED = 300
const SECONDS = 3
const WRONG = { username: ADA.username, password: 'not the password' }

/** As if from many addresses: the throttle would stop a single one early. */
const UNCOUNTED = { throttle: { login: null } } as const

test('R21: during a flood of sign-ins, token checks stay fast', async (t) => {
  const server = await startServer(t, { options: UNCOUNTED })
  // The control: a server that is not attacked, on the same busy cores.
  const other = await startServer(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const pairs = new Map([
    [server, await signIn(server)],
    [other, await signIn(other)],
  ])
  const check = (at: ServerProcess): Promise<Answer> =>
    ask(at, '/hello/', {
      method: 'GET',
      headers: { Authorization: `Bearer ${pairs.get(at)?.access}` },
      agent,
    })

  await inOneRoundOf(3, async () => {
    const checks: Answer[] = []
    const elsewhere: Answer[] = []
    const logins: Promise<Answer>[] = []
    let slowest = 0
    using watch = stopwatch()
    const logIn = async (): Promise<Answer> => {
      const began = watch.ms()
      const answer = await askJson(server, '/api/token/', WRONG, agent)
      if (answer.status === 401) slowest = Math.max(slowest, watch.ms() - began)
      return answer
    }

    const { hashesAtOnce, hashes } = await server.measure(async () => {
      const began = performance.now()
      for (let ms = 0; ms < SECONDS * 1000; ms = performance.now() - began) {
        while (logins.length < (OFFERED * ms) / 1000) logins.push(logIn())
        const [here, there] = await Promise.all([check(server), check(other)])
        checks.push(here)
        elsewhere.push(there)
        await sleep(5)
      }
      await Promise.all(logins)
    })
    const answers = await Promise.all(logins)
    const admitted = answers.filter(({ status }) => status === 401)
    const rejected = answers.filter(({ status }) => status === 503)

    assert.equal(
      admitted.length + rejected.length,
      answers.length,
      'every answer is 401 or 503',
    )
    assert.ok(rejected.length > 0, 'no sign-in was rejected: the flood was too small')
    assert.equal(hashesAtOnce, defaultHashesAtOnce())
    assert.equal(hashes, admitted.length, 'a rejected sign-in costs no hash')
    for (const { headers, body } of rejected) {
      assert.ok(Number(headers['retry-after']) >= 1)
      assert.equal(body, '{"detail":"The server is busy. Try again shortly."}')
    }
    assert.ok(slowest <= 10_000, `${slowest} ms`)
    assert.deepEqual(new Set(checks.map(({ status }) => status)), new Set([200]))
    const [here = 0, there = 0] = [checks, elsewhere].map((answers) =>
      p99(answers.map(({ ms }) => ms)),
    )
    t.diagnostic(
      `${answers.length} log-ins, ${admitted.length} admitted; token checks p99 ${here.toFixed(1)} ms, elsewhere ${there.toFixed(1)} ms`,
    )
    assert.ok(here <= boundOf(100, there), `token checks p99 ${here} ms`)
  })
  await signIn(server) // the server has recovered
})

test('R21: of a flood from one address only ten passwords are hashed', async (t) => {
  const server = await startServer(t)
  await signIn(server)

  const { hashes } = await server.measure(async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => askJson(server, '/api/token/', WRONG)),
    )
    const by = (status: number) => answers.filter((answer) => answer.status === status)
    assert.equal(by(401).length, 10)
    assert.equal(by(429).length, 190)
    for (const { headers, body } of by(429)) {
      assert.ok(
        Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 60,
      )
      assert.match(
        body,
        /^{"detail":"Request was throttled. Expected available in \d+ seconds?\."}$/,
      )
    }
  })
  assert.equal(hashes, 10)
})
