import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { main } from '../../src/cli/main.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

/** A database with the user ada, and a function that runs commands on it. */
async function databaseWithAda(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-events-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'watchword.db')
  const output = { out: '', err: '' }
  const sink = (name: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        output[name] += String(chunk)
        done()
      },
    })
  async function type(line: string, input = '') {
    output.out = ''
    output.err = ''
    const context = {
      env: { WATCHWORD_DATABASE: database },
      stdin: Readable.from([Buffer.from(input)]),
      stdout: sink('out'),
      stderr: sink('err'),
    }
    const code = await main(line.split(' '), context)
    return { code, ...output }
  }
  await type('user create ada', PASSWORD)
  return { type, output, database }
}

test('events lists what commands did, as done by a command', async (t) => {
  const { type } = await databaseWithAda(t)
  await type('user roles ada editor')

  const { code, out } = await type('events')
  const [heading = '', ...rows] = out.trimEnd().split('\n')
  assert.equal(code, 0)
  assert.match(heading, /^TIME \(UTC\) +EVENT +USER +ADDRESS +BY +SESSION +DETAIL$/)
  assert.deepEqual(
    rows.map((row) => row.split(/\s{2,}/).slice(1)),
    [
      ['user_created', 'ada', '–', 'command', '–'],
      ['user_changed', 'ada', '–', 'command', '–', 'fields=["roles"]'],
    ],
  )
})

test('events can be filtered by user, kind, time and number, and printed as JSON', async (t) => {
  const { type } = await databaseWithAda(t)
  await type('user create bob', PASSWORD)
  await type('user deactivate bob')
  const kinds = async (options: string) =>
    (JSON.parse((await type(`events --json ${options}`)).out) as { kind: string }[]).map(
      ({ kind }) => kind,
    )

  assert.deepEqual(await kinds('--user ada'), ['user_created'])
  assert.deepEqual(await kinds('--user bob'), ['user_created', 'user_changed'])
  assert.deepEqual(await kinds('--kind user_changed'), ['user_changed'])
  assert.deepEqual(await kinds('--limit 1'), ['user_changed'])
  assert.deepEqual(await kinds('--since 1h'), [
    'user_created',
    'user_created',
    'user_changed',
  ])
  await sleep(20)
  assert.deepEqual(await kinds('--since 0.01s'), [])
})

for (const [line, sentence] of [
  [
    'events --kind sign_in_fail',
    /^--kind must be one of: signed_in, .*\. Did you mean sign_in_failed\?$/m,
  ],
  ['events --since yesterday', /--since must be a duration such as 30m, 12h or 7d/],
  ['events --limit 0', /--limit must be a whole number from 1 to 1000/],
  ['events --user eve', /There is no user "eve"/],
] as const) {
  test(`${line} says what to type instead`, async (t) => {
    const { type } = await databaseWithAda(t)
    const { code, err } = await type(line)
    assert.notEqual(code, 0)
    assert.match(err, sentence)
  })
}
