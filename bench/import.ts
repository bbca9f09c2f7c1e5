import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { ImportedUser } from '../src/users/user-input.ts'
import { watchword } from '../src/watchword.ts'
import { aDatabase } from '../test/services/postgres.ts'
import { inFolder } from './child.ts'
import type { Finding } from './measure.ts'

/** Users that are imported; `WATCHWORD_BENCH_USERS` sets how many. */
const USERS = Number(process.env.WATCHWORD_BENCH_USERS ?? 1e5)

/** How many users a second are imported, and the memory that it takes. */
export const importing = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const stats: Figure[] = []
    stats.push(...(await imported('SQLite', join(folder, 'program.db'))))
    stats.push(...(await commandOn(folder)))
    const postgres = await aDatabase()
    const leftOut = typeof postgres === 'string' ? [`PostgreSQL: ${postgres}`] : []
    if (typeof postgres !== 'string') {
      stats.push(...(await imported('PostgreSQL', postgres.url)))
      await postgres.drop()
    }
    const asks = `Importing ${USERS.toLocaleString('en')} users with a hash and an email address`
    yield { asks, unit: 'users a second', rounds: 1, stats, quotients: [], leftOut }
  })

type Figure = Finding['stats'][number]

const figure = (name: string, value: number): Figure => ({
  name,
  low: value,
  median: value,
  high: value,
})

async function imported(name: string, database: string): Promise<readonly Figure[]> {
  const auth = watchword({ database, secret: 'mQ8sXv2LrT9bKc4WzHn7PfYgJdA1uE6oRi3' })
  try {
    await auth.migrate()
    let peak = 0
    const [began, before] = [performance.now(), process.cpuUsage()]
    await auth.users.import(users(), {
      progress: () => {
        peak = Math.max(peak, process.memoryUsage.rss())
      },
    })
    const { user, system } = process.cpuUsage(before)
    return [
      figure(`${name}, by the wall`, (1000 * USERS) / (performance.now() - began)),
      figure(`${name}, of processor time`, (1e6 * USERS) / (user + system)),
      figure(`${name}, MB of memory`, peak / 1e6),
    ]
  } finally {
    await auth.close()
  }
}

/** The command on a file, with its start. */
async function commandOn(folder: string): Promise<readonly Figure[]> {
  const file = join(folder, 'users.jsonl')
  await pipeline(Readable.from(linesOf()), createWriteStream(file))
  const began = performance.now()
  await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, '../bin/watchword.js'), 'user', 'import', file],
    { cwd: folder },
  )
  const seconds = (performance.now() - began) / 1000
  return [figure('SQLite, the command, by the wall', USERS / seconds)]
}

function* users(): Generator<ImportedUser> {
  for (let n = 0; n < USERS; n++)
    yield {
      id: `${n}`,
      username: `user${n}`,
      email: `user${n}@example.com`,
      passwordHash: HASH,
      joinedAt: 1_700_000_000,
      attributes: { first_name: 'Ada', last_name: 'Lovelace' },
    }
}

const HASH =
  'pbkdf2_sha256$870000$IteLe8HRArEb40Qz3HrvNo$KFERj0dItwdEoIzZlc2tXIx3erAPBSHi6frEvw42Pbw='

function* linesOf(): Generator<string> {
  for (const { passwordHash, joinedAt, ...user } of users())
    yield `${JSON.stringify({ ...user, password_hash: passwordHash, joined_at: joinedAt })}\n`
}
