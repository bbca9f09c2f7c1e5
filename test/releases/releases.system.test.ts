import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { cleanUp } from '../cleanup.ts'
import { flushCounts } from '../flush-counts.ts'
import { COPIES, type Copy } from './copies.ts'
import type { DatabaseName, Expected, Listed, Profile } from './expected.ts'
import { type Instance, instanceOn } from './instance.ts'
import { expectedOf, type Outcome, outcomeOf } from './outcome.ts'
import { schemaOf } from './schema.ts'

const PROCESSES = 10

const DATA = fileURLToPath(new URL('../data/releases/', import.meta.url))
const FOLDERS = globSync('*/expected.json', { cwd: DATA }).map((file) =>
  join(DATA, file, '..'),
)
const NAMES = Object.keys(COPIES) as readonly DatabaseName[]

test('each release has a folder of its data', () => {
  assert.ok(FOLDERS.some((folder) => basename(folder) === '0.1.0'))
})

for (const folder of FOLDERS) {
  const expected = JSON.parse(
    readFileSync(join(folder, 'expected.json'), 'utf8'),
  ) as Expected
  for (const name of NAMES) {
    const title = `${name} written by ${expected.release}`
    const written = expected.databases[name]

    test(`${title}: valid credentials are accepted, and others are rejected`, async (t) => {
      const copy = await COPIES[name](t, folder)
      if (typeof copy === 'string') return t.skip(copy)
      const instances = instancesOn(t, copy, expected)
      const faults: { readonly expected: Outcome; readonly outcome: Outcome }[] = []
      for (const probe of written.probes) {
        const outcome = await outcomeOf(instances(probe.profile), probe)
        const expected = expectedOf(probe)
        if (!isDeepStrictEqual(outcome, expected)) faults.push({ expected, outcome })
      }
      assert.deepEqual(faults, [])
    })

    test(`${title}: a session whose last answer was lost goes on, until the spent token is used again`, async (t) => {
      const copy = await COPIES[name](t, folder)
      if (typeof copy === 'string') return t.skip(copy)
      const what = 'a foreign refresh token that was spent'
      const probe = written.probes.find((each) => each.what === what)
      assert.ok(probe !== undefined)
      const auth = instanceOn(copy.url, expected, probe.profile, 300)
      cleanUp(t, () => auth.close())
      const path = '/api/token/refresh/'

      const late = await auth.post(path, { refresh: probe.text ?? '' })
      const next = await auth.post(path, { refresh: late.body.refresh ?? '' })

      assert.deepEqual([late.status, next.status], [200, 200])
      const again = await auth.post(path, { refresh: probe.text ?? '' })
      assert.deepEqual([again.status, again.body.detail], [401, 'Token is blacklisted'])
      const after = await auth.post(path, { refresh: next.body.refresh ?? '' })
      assert.equal(after.status, 401)
    })

    test(`${title}: users, API tokens, events and keys are listed as by the release`, async (t) => {
      const copy = await COPIES[name](t, folder)
      if (typeof copy === 'string') return t.skip(copy)
      const auth = instancesOn(t, copy, expected)('default')
      const { published, outdated } = written.keys

      const listed = JSON.parse(JSON.stringify(await auth.list()))

      assert.deepEqual(listed, withRenamedKinds(written.listed))
      const kids = await auth.publishedKeys()
      assert.deepEqual(kids.toSorted(), published.toSorted())
      // The release counted the current and the next key. The retiring one has the older secret, too.
      const retiring = kids.length - 2
      assert.equal(await auth.reseal(), outdated + retiring)
    })

    test(`${title}: flush deletes expired rows and nothing else`, async (t) => {
      const copy = await COPIES[name](t, folder)
      if (typeof copy === 'string') return t.skip(copy)
      const auth = instancesOn(t, copy, expected)('default')

      assert.deepEqual(flushCounts(await auth.flush()), written.flushed)
    })

    test(`${title}: ${PROCESSES} processes that migrate it at once produce the schema of a new database`, async (t) => {
      const copy = await COPIES[name](t, folder)
      const fresh = await COPIES[name](t)
      if (typeof copy === 'string') return t.skip(copy)
      if (typeof fresh === 'string') return t.skip(fresh)
      await instancesOn(t, fresh, expected)('default').migrate()

      const users = await openedByMany(copy, expected)

      const count = written.listed.users.length
      assert.deepEqual(users, Array(PROCESSES).fill(count))
      assert.deepEqual(await schemaOf(copy, name), await schemaOf(fresh, name))
    })
  }
}

/** Kinds of events that a later release lists under another name. */
const RENAMED: Readonly<Record<string, string>> = { session_ended: 'session_revoked' }

const withRenamedKinds = (listed: Listed): Listed => ({
  ...listed,
  events: listed.events.map((event) => {
    const { kind } = event as { readonly kind: string }
    return { ...event, kind: RENAMED[kind] ?? kind }
  }),
})

/** One instance of each profile, opened if it is used. */
function instancesOn(t: TestContext, { url }: Copy, expected: Expected) {
  const opened = new Map<Profile, Instance>()
  cleanUp(t, async () => {
    for (const auth of opened.values()) await auth.close()
  })
  return (profile: Profile): Instance => {
    const auth = opened.get(profile) ?? instanceOn(url, expected, profile)
    opened.set(profile, auth)
    return auth
  }
}

/** Opens a database in several processes at once. @returns the result of each */
async function openedByMany(
  { url }: Copy,
  { secrets, now, profiles }: Expected,
): Promise<readonly unknown[]> {
  const program = fileURLToPath(new URL('opening.ts', import.meta.url))
  const args = [url, JSON.stringify({ secrets, now, profiles })]
  const children = Array.from({ length: PROCESSES }, () =>
    fork(program, args, { execArgv: [] }),
  )
  try {
    await Promise.all(children.map(answerOf))
    const answers = children.map(answerOf)
    for (const child of children) child.send('go')
    return await Promise.all(answers)
  } finally {
    await Promise.all(children.map(ended))
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [`the process exited with ${code}`]),
  ])
  return answer
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill()
  await exit
}
