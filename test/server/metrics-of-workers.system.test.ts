import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../services/free-port.ts'
import { until } from '../time.ts'
import { parseExposition } from './exposition.ts'

const BIN = fileURLToPath(new URL('../../bin/watchword.js', import.meta.url))

/** `watchword start` with two workers. */
async function start(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-metrics-'))
  const port = await freePort()
  const words = [
    'start',
    '--workers',
    '2',
    '--port',
    '0',
    '--metrics',
    String(port),
    '--json',
  ]
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [BIN, ...words], {
    env: {
      PATH: process.env.PATH ?? '',
      WATCHWORD_DATABASE: join(folder, 'watchword.db'),
      WATCHWORD_SECRET: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
    },
  })
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => [`{"url":"","ended":${log}}`]),
  ])
  const { url } = JSON.parse(String(line)) as { url: string }
  const metrics = async () =>
    parseExposition(
      await (
        await fetch(`http://127.0.0.1:${port}/metrics`, {
          headers: { connection: 'close' },
        })
      ).text(),
    )
  const of = async (sample: string): Promise<number | undefined> =>
    (await metrics()).get(sample.replace(/\{.*/, ''))?.samples.get(sample)
  return { child, url, of, log: () => log }
}

test('metrics are the sum over all workers, whichever one answers, and after a reload', async (t) => {
  const { child, url, of, log } = await start(t)
  assert.equal(await of('watchword_workers'), 2)
  const ask = () => fetch(`${url}/no/`, { headers: { connection: 'close' } })
  for (let i = 0; i < 10; i++) await ask()
  for (let i = 0; i < 4; i++)
    assert.equal(await of('watchword_requests_total{endpoint="other",status="404"}'), 10)
  const pids = () =>
    new Set(
      log()
        .trim()
        .split('\n')
        .filter((line) => line.includes('"event":"request"'))
        .map((line) => (JSON.parse(line) as { pid: number }).pid),
    )
  await until(() => pids().size === 2, 'only one worker has answered')

  child.kill('SIGHUP')
  await until(
    async () =>
      (await of('watchword_requests_total{endpoint="other",status="404"}')) === undefined,
    log,
  )
  await ask()
  assert.equal(await of('watchword_requests_total{endpoint="other",status="404"}'), 1)
  assert.equal(await of('watchword_workers'), 2)
})
