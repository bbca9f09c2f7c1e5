import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { watchword } from '../src/watchword.ts'
import { testBrowser } from '../test/pages/site.ts'
import { inFolder } from './child.ts'
import { fillSqlite } from './console-fill.ts'
import type { Finding } from './measure.ts'

/** Rows; `WATCHWORD_BENCH_USERS` and `WATCHWORD_BENCH_EVENTS` set fewer. */
const USERS = Number(process.env.WATCHWORD_BENCH_USERS ?? 1e6)
const EVENTS = Number(process.env.WATCHWORD_BENCH_EVENTS ?? 1e7)

const ROUNDS = 15
const PASSWORD = 'correct horse battery staple'
const GOAL = 100

const user = (n: number): string => n.toString(16).padStart(32, '0')

/** A page of each list, and filters that match rarely or never. */
const PATHS: Readonly<Record<string, string>> = {
  overview: '/console/',
  'overview, 30 days': '/console/?period=30d',
  users: '/console/users/',
  'users, search': '/console/users/?q=user01',
  'users, role that nobody has': '/console/users/?role=support',
  'users, with a second factor (none)': '/console/users/?factor=with',
  'users, created today': '/console/users/?created=day',
  'a user': `/console/users/${user(77)}/`,
  sessions: '/console/sessions/',
  'sessions, address that none has': '/console/sessions/?q=10.1.&state=all',
  'API tokens': '/console/api-tokens/',
  'API tokens, name that none has': '/console/api-tokens/?q=nothing',
  events: '/console/events/',
  'events, rare kind': '/console/events/?kind=reuse_detected',
  'events, kind that is missing': '/console/events/?kind=keys_rotated',
  'events of a user and a kind': `/console/events/?user=${user(77)}&kind=signed_in`,
  'events, address that none has': '/console/events/?address=10.1.',
  'mail outbox': '/console/outbox/',
}

/** The time until the first byte of each list of the console, on SQLite. */
export const consoleLists = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const database = join(folder, 'console.db')
    const auth = watchword({
      database,
      secret: 'mQ8sXv2LrT9bKc4WzHn7PfYgJdA1uE6oRi3',
      url: 'https://app.example.com',
      console: true,
      roles: { support: ['watchword.view'], editor: [] },
      log: () => {},
    })
    try {
      await auth.migrate()
      const size = {
        users: USERS,
        sessions: USERS,
        events: EVENTS,
        apiTokens: USERS / 10,
      }
      fillSqlite(database, size, systemClock())
      await auth.users.create({
        username: 'operator',
        password: PASSWORD,
        staff: true,
        superuser: true,
      })
      yield await timesOf(auth)
    } finally {
      await auth.close()
    }
  })

async function timesOf(auth: Parameters<typeof testBrowser>[0]): Promise<Finding> {
  const browser = testBrowser(auth)
  await browser.open('/console/')
  await browser.submit({ button: 'Sign in' }, { login: 'operator', password: PASSWORD })
  const stats: Finding['stats'][number][] = []
  for (const [name, path] of Object.entries(PATHS)) {
    const times: number[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const began = performance.now()
      const { status } = await browser.open(path)
      if (status !== 200) throw new Error(`${path} answered ${status}`)
      // The first one reads from the disk.
      if (round > 0) times.push(performance.now() - began)
    }
    stats.push({ name, ...quartilesOf(times) })
  }
  const rows = `${USERS.toLocaleString('en')} users and ${EVENTS.toLocaleString('en')} events`
  const asks = `A page of the console with ${rows} on SQLite, goal ${GOAL} ms`
  return { asks, unit: 'ms', rounds: ROUNDS, stats, quotients: [], leftOut: [] }
}

function quartilesOf(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}
