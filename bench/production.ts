import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { aDatabase } from '../test/services/postgres.ts'
import { barePostgres, bareSqlite } from './bare.ts'
import { inFolder, startServer } from './child.ts'
import { startFleet } from './fleet.ts'
import { type Client, clientsOf, get, post } from './load.ts'
import { type Bar, type Contestant, type Finding, measure } from './measure.ts'
import { startOracle } from './oracle.ts'
import { refreshCost } from './refresh-cost.ts'

/** Requests in flight. Fewer for sign-ins: the queue of hashes rejects more. */
const CLIENTS = 64
const SIGNING_IN = 8
/** Length of a turn, in milliseconds. */
const TURN = 1_500
/** Default number of connections of a process to PostgreSQL. */
const POOL = 10

/** A server to measure. */
interface Served {
  readonly name: string
  readonly port: number
  readonly username: string
  readonly password: string
  stop(): void | Promise<void>
}

/** The stand-alone server in its production set-up, beside Django and beside the databases alone. */
export const production = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    yield* refreshCost(folder)
    const password = randomBytes(12).toString('hex')
    const postgres = await aDatabase()
    const missing = typeof postgres === 'string' ? [`PostgreSQL: ${postgres}`] : []
    const served: Served[] = []
    try {
      const databases: readonly (readonly [kind: string, database: string])[] = [
        ['SQLite', join(folder, 'watchword.db')],
        ...(typeof postgres === 'string' ? [] : [['PostgreSQL', postgres.url] as const]),
      ]
      for (const [kind, database] of databases) {
        for (const workers of [1, 2]) {
          served.push({
            name: named(kind, workers),
            ...(await startFleet(database, workers, password)),
          })
        }
      }
      const django = await startDjango(folder)
      if (typeof django === 'string') missing.push(django)
      else served.push(django)

      const comparisons: readonly (readonly [
        asks: string,
        work: Work,
        clients: number,
      ])[] = [
        ['GET /hello/ with an access token', guarded, CLIENTS],
        ['POST /api/token/verify/', verified, CLIENTS],
        ['POST /api/token/refresh/ with rotation, each on the disk', refreshed, CLIENTS],
        [
          'POST /api/token/, each by its own default: argon2id, PBKDF2',
          signedIn,
          SIGNING_IN,
        ],
      ]
      for (const [asks, work, clients] of comparisons) {
        const contestants = await Promise.all(
          served.map((who) => contestant(who, work, clients)),
        )
        yield await measure({
          asks: `${asks}; ${clients} in flight`,
          unit: 'a second, the clients on the same cores',
          rounds: 7,
          contestants,
          bars: barsOf(contestants),
          leftOut: missing,
        })
      }
    } finally {
      for (const each of served) await each.stop()
      if (typeof postgres !== 'string') await postgres.drop()
    }
  })

/** A refresh beside the driver alone. With HS256, whose signatures cost the least. */
export const durable = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const password = randomBytes(12).toString('hex')
    const postgres = await aDatabase()
    yield* besideBare(
      'SQLite',
      join(folder, 'watchword.db'),
      password,
      0.5,
      bareSqlite(folder, TURN),
    )
    if (typeof postgres === 'string') return
    try {
      const bare = await barePostgres(postgres.url, TURN, POOL)
      yield* besideBare('PostgreSQL', postgres.url, password, 0.6, bare)
    } finally {
      await postgres.drop()
    }
  })

async function* besideBare(
  kind: string,
  database: string,
  password: string,
  atLeast: number,
  bare: Contestant & { stop(): void | Promise<void> },
): AsyncGenerator<Finding> {
  const server = await startServer('refresh.ts', database, password)
  try {
    const ours = await contestant(
      { ...server, name: 'refresh', username: 'ada', password },
      refreshed,
      CLIENTS,
    )
    yield await measure({
      asks: `POST /api/token/refresh/ with rotation, HS256, one process on ${kind}; ${CLIENTS} in flight`,
      unit: 'a second, the clients on the same cores',
      rounds: 9,
      contestants: [ours, bare],
      bars: [{ of: 'refresh', to: bare.name, atLeast }],
    })
  } finally {
    await server.stop()
    await bare.stop()
  }
}

const named = (kind: string, workers: number): string =>
  `${kind}, ${workers} worker${workers === 1 ? '' : 's'}`

/** A usual production set-up: two processes of four threads, persistent connections, default hash iterations, WAL. */
async function startDjango(folder: string): Promise<Served | string> {
  const oracle = await startOracle('rotate-blacklist', 2, {
    threads: 4,
    env: {
      ORACLE_DB: join(folder, 'django.db'),
      ORACLE_CONN_MAX_AGE: '600',
      ORACLE_SQLITE_PRAGMAS: 'journal_mode=WAL,synchronous=FULL',
    },
  })
  return typeof oracle === 'string' ? oracle : { name: 'Django, gunicorn', ...oracle }
}

/** The repeated request of one client, made after its sign-in. */
type Work = (client: Client, tokens: Tokens, who: Served) => () => Promise<void>

interface Tokens {
  access: string
  refresh: string
}

function barsOf(contestants: readonly Contestant[]): readonly Bar[] {
  const bars: Bar[] = [
    ...['SQLite', 'PostgreSQL'].flatMap((kind) =>
      [named(kind, 1), 'Django, gunicorn'].map((to) => ({ of: named(kind, 2), to })),
    ),
  ]
  const names = contestants.map(({ name }) => name)
  return bars.filter(({ of, to }) => names.includes(of) && names.includes(to))
}

async function contestant(who: Served, work: Work, count: number): Promise<Contestant> {
  const clients = clientsOf(who.port, count)
  const works: (() => Promise<void>)[] = []
  for (const client of clients)
    works.push(work(client, await tokensFrom(client, '/api/token/', who), who))
  return {
    name: who.name,
    async run() {
      const began = performance.now()
      let done = 0
      const goOn = async (step: () => Promise<void>): Promise<void> => {
        do {
          await step()
          done++
        } while (performance.now() - began < TURN)
      }
      await Promise.all(works.map(goOn))
      return (1000 * done) / (performance.now() - began)
    },
  }
}

const guarded: Work = (client, { access }) => {
  const request = get('/hello/', { Authorization: `Bearer ${access}` })
  return () => send(client, request)
}

const verified: Work = (client, { access }) => {
  const request = post('/api/token/verify/', { token: access })
  return () => send(client, request)
}

const refreshed: Work = (client, tokens) => async () => {
  tokens.refresh = (
    await tokensFrom(client, '/api/token/refresh/', { refresh: tokens.refresh })
  ).refresh
}

const signedIn: Work = (client, _, who) => async () =>
  void (await tokensFrom(client, '/api/token/', who))

async function send(client: Client, request: string): Promise<void> {
  const { status, body } = await client.ask(request)
  if (status !== 200) throw new Error(`the answer was ${status}: ${body}`)
}

async function tokensFrom(client: Client, path: string, body: object): Promise<Tokens> {
  const fields =
    'username' in body && 'password' in body
      ? { username: body.username, password: body.password }
      : body
  const answer = await client.ask(post(path, fields))
  if (answer.status !== 200)
    throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
  return JSON.parse(answer.body)
}
