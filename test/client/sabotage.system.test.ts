import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'

/** A fault that the client must not have, and the test that finds it. */
interface Sabotage {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly found: string
  readonly by: string
}

const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'answers of an earlier session are taken',
    file: 'refresh.ts',
    from: 'core.epoch === start && core.session === before',
    // Nor are they aborted: that alone would do where fetch heeds its signal.
    to: '((core.round = undefined), true)',
    by: 'refresh.test.ts',
    found: 'every order of refresh, sign-in and sign-out',
  },
  {
    name: 'a lock is waited for without a deadline',
    file: 'lock.ts',
    from: 'const TIME_LIMIT = 5000',
    to: 'const TIME_LIMIT = 5_000_000',
    by: 'tabs.test.ts',
    found: 'a lock that a stopped tab holds',
  },
  {
    name: 'a lock is stolen',
    file: 'lock.ts',
    from: 'locks?.request(name, { signal }',
    to: 'locks?.request(name, { signal, ...{ steal: true } }',
    by: 'size.test.ts',
    found: 'never steals a lock',
  },
  {
    name: 'listeners run inside of the lock',
    file: 'refresh.ts',
    from: 'const work = () => exchange(core, before, isCurrent)',
    to: 'const work = async () => { (await exchange(core, before, isCurrent))?.(); await new Promise((done) => core.platform.setTimeout(() => done(0), 10)); return undefined }',
    by: 'tabs.test.ts',
    found: 'no listener runs while the lock is held',
  },
  {
    name: 'storage is read once after the lock',
    file: 'tabs.ts',
    from: 'await sleep(platform, 50)\n    return look()',
    to: 'return undefined',
    by: 'tabs.test.ts',
    found: 'storage that shows the writes of another tab late',
  },
  {
    name: 'each 401 refreshes',
    file: 'refresh.ts',
    from: 'core.session === held.session && core.clock.now() >= core.quietUntil',
    to: 'core.session === held.session',
    by: 'fetch.test.ts',
    found: '1,000 requests to such a route',
  },
  {
    name: 'the local clock is compared with exp',
    file: 'session.ts',
    from: 'Number(exp) - Number(iat) - (clock.now() - issuedAt) / 1000',
    to: 'Number(exp) - clock.wall() / 1000 + 0 * (Number(iat) + issuedAt)',
    by: 'refresh.test.ts',
    found: 'a wrong clock changes nothing',
  },
  {
    name: 'timers are not capped',
    file: 'refresh-ahead.ts',
    from: 'Math.min(Math.max(wait, 100), LONGEST_TIMER)',
    to: 'Math.max(wait, 100)',
    by: 'refresh.test.ts',
    found: 'a token of 400 days',
  },
  {
    name: 'a sign-out shows after the server has answered',
    file: 'sign-out.ts',
    from: 'clear(core, reason)',
    to: 'await new Promise((done) => core.platform.setTimeout(() => done(0), 0)); clear(core, reason)',
    by: 'signing.test.ts',
    found: 'a sign-out shows at once',
  },
  {
    name: 'the proof of a refresh is made inside of the lock',
    file: 'dpop.ts',
    from: '  if (lock)\n',
    to: '  if (!lock)\n',
    by: 'dpop-refresh.test.ts',
    found: 'other tabs do not wait for the key or a proof',
  },
  {
    name: 'another tab takes a sign-out as confirmed',
    file: 'tabs.ts',
    from: 'const end = isShared ? clear : endSession',
    to: 'const end = isShared ? endSession : clear',
    by: 'signing.test.ts',
    found: 'a sign-out that a closed tab could not send',
  },
  {
    name: 'every origin gets the token',
    file: 'fetch.ts',
    from: 'settings.origins.has(originOf(url))',
    to: '(true || settings.origins.has(originOf(url)))',
    by: 'fetch.test.ts',
    found: 'only requests to the API and to the listed origins',
  },
  {
    name: 'hydration starts with the live state',
    file: 'react.ts',
    from: '() => client.initialState',
    to: '() => client.state',
    by: 'bindings/react.test.ts',
    found: 'a server renders the initial state',
  },
]

/** A copy of the repository's sources, whose packages are those of the repository. */
const place = mkdtempSync(resolve('.sabotage-'))
after(() => rmSync(place, { recursive: true, force: true }))
for (const folder of ['src', 'test/client', 'test/verify', 'tools', 'package.json'])
  cpSync(folder, join(place, folder), { recursive: true })

/** The names of the tests that failed. */
async function failures({ by, found }: Sabotage): Promise<string> {
  const words = ['--test', '--test-reporter=tap', `--test-name-pattern=${found}`]
  const child = spawn(process.execPath, [...words, join('test/client', by)], {
    cwd: place,
  })
  const ended = once(child, 'close')
  const printed = (await child.stdout.toArray()).join('')
  await ended
  return [...printed.matchAll(/^ *not ok \d+ - (.*)$/gm)]
    .map(([, name]) => name)
    .join('\n')
}

for (const each of SABOTAGES) {
  test(`a test fails if ${each.name}`, { timeout: 120_000 }, async (t) => {
    const file = join(place, 'src/client', each.file)
    const text = readFileSync(file, 'utf8')
    t.after(() => writeFileSync(file, text))
    assert.ok(text.includes(each.from), `${each.file} has: ${each.from}`)
    writeFileSync(file, text.replace(each.from, each.to))
    assert.match(await failures(each), new RegExp(each.found.slice(0, 30)))
  })
}
