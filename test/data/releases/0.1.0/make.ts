import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Expected, Listed, Written } from '../../../releases/expected.ts'
import { aDatabase, run } from '../../../services/postgres.ts'
import type { Instance, Release } from './release.ts'
import { NEW_SECRET, NOW, OLD_SECRET, PROFILES, World } from './world.ts'

// Writes the fixture. See README.md beside this file.

const [checkout] = process.argv.slice(2)
if (checkout === undefined) {
  throw new Error('Name the folder of a checkout of 0.1.0.')
}
const { version } = JSON.parse(
  readFileSync(join(checkout, 'package.json'), 'utf8'),
)
assert.equal(version, '0.1.0', 'The checkout must be of 0.1.0.')
const entry = pathToFileURL(resolve(checkout, 'src/index.ts')).href
const release = (await import(entry)) as Release
const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url))

/** Every kind of event that 0.1.0 knew. */
const EVENT_KINDS = [
  'api_token_created',
  'api_token_revoked',
  'keys_rotated',
  'password_changed',
  'refresh_ahead',
  'refresh_replayed',
  'reuse_detected',
  'session_ended',
  'sign_in_failed',
  'sign_in_throttled',
  'signed_in',
  'signed_out',
  'user_changed',
  'user_created',
  'user_deleted',
]

async function listedBy(auth: Instance): Promise<Listed> {
  const users = await auth.users.list({ limit: 1000 })
  const events = await auth.events.list({ limit: 1000 })
  const kinds = [...new Set(events.map(({ kind }) => kind))].toSorted()
  assert.deepEqual(kinds, EVENT_KINDS)
  const apiTokens: Record<string, readonly object[]> = {}
  for (const { id } of users) {
    const tokens = await auth.tokens.list(id)
    if (tokens.length > 0) apiTokens[id] = tokens
  }
  return { users, events, apiTokens, keys: await auth.keys.list() }
}

async function write(
  url: string,
  database: { run(sql: string): Promise<void> },
): Promise<Written> {
  // The story keeps what it was given, so each database has its own copy.
  const { play, probed } = await import(`./story.ts?${encodeURIComponent(url)}`)
  const world = new World(release, url)
  await play(world, database)
  const listed = await listedBy(world.instance())
  await world.close()
  const [retired, ...published] = keyIdsByStage(listed)
  assert.ok(retired)
  assert.equal(published.length, 3)
  return {
    probes: probed(),
    listed,
    keys: { published, outdated: 1 },
    flushed: FLUSHED,
  }
}

/**
 * The pair of 39 days ago and the browser session of 20; the API token that has
 * expired; the user who was made 100 days ago; the key that has retired.
 */
const FLUSHED = { sessions: 2, tokens: 1, events: 1, keys: 1 }

function keyIdsByStage({ keys }: Listed): readonly string[] {
  const order = ['retiring', 'current', 'next']
  const records = keys as readonly {
    readonly id: string
    readonly stage: string
    readonly createdAt: number
    readonly verifiesUntil?: number
  }[]
  return records
    .toSorted(
      (a, b) =>
        order.indexOf(a.stage) - order.indexOf(b.stage) ||
        (a.verifiesUntil ?? 0) - (b.verifiesUntil ?? 0),
    )
    .map(({ id }) => id)
}

async function writeSqlite(): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-release-'))
  const file = join(folder, 'watchword.db')
  const written = await write(file, {
    async run(sql) {
      const db = new DatabaseSync(file)
      db.exec(sql)
      db.close()
    },
  })
  const db = new DatabaseSync(file)
  db.exec('pragma wal_checkpoint(truncate)')
  db.close()
  copyFileSync(file, here('watchword.sqlite'))
  rmSync(folder, { recursive: true })
  return written
}

async function writePostgres(): Promise<Written> {
  const database = await aDatabase()
  if (typeof database === 'string') throw new Error(database)
  const { url } = database
  const written = await write(url, { run: (sql) => run(url, sql) })
  const how = ['--inserts', '--no-owner', '--no-privileges', `--dbname=${url}`]
  const dump = execFileSync('pg_dump', how, { encoding: 'utf8' })
  // Without comments, and without what is meant for psql.
  const lines = dump.split('\n').filter((line) => !/^(--|\\|$)/.test(line))
  writeFileSync(here('postgres.sql'), `${lines.join('\n')}\n`)
  await database.drop()
  return written
}

const expected: Expected = {
  release: version,
  secrets: [NEW_SECRET, OLD_SECRET],
  now: NOW,
  profiles: PROFILES,
  databases: { SQLite: await writeSqlite(), PostgreSQL: await writePostgres() },
}
writeFileSync(here('expected.json'), `${JSON.stringify(expected, null, 1)}\n`)
