import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Child, inFolder, startServer } from './child.ts'
import { type Client, clientsOf, get, post, type Reply, send } from './load.ts'
import { type Contestant, type Finding, measure } from './measure.ts'
import { pinToOneCore } from './pin.ts'
import { seed } from './seed.ts'

/** Requests in flight. */
const CLIENTS = 16
/** Length of a turn, in milliseconds. */
const TURN = 300

/** Processor time of sign-ups, of codes to sign in with, of refreshes with cookies, and of marking a session as used. */
export const accounts = (): AsyncGenerator<Finding> =>
  inFolder(async function* (folder) {
    const password = randomBytes(12).toString('hex')
    const start = (transport: string): Promise<Child> =>
      startServer('accounts.ts', join(folder, `${transport}.db`), password, transport)
    const body = await start('body')
    const cookie = await start('cookie')
    try {
      yield await measure({
        asks: `POST /api/token/refresh/ with rotation, ES256 access tokens, one process on SQLite; ${CLIENTS} in flight`,
        unit: 'µs of processor time a refresh',
        rounds: 31,
        contestants: [
          await contestant('body', body, await bodyRefresh(body, password)),
          await contestant('cookies', cookie, await cookieRefresh(cookie, password)),
        ],
        bars: [{ of: 'cookies', to: 'body' }],
      })
      yield await measure({
        asks: `a new account, and a code to sign in with, each with its mail, one process on SQLite; ${CLIENTS} in flight`,
        unit: 'µs of processor time a request',
        rounds: 11,
        contestants: [
          await contestant('sign-up', body, signUp(password)),
          await contestant('code of a user', body, requestCode('ada@example.org')),
          await contestant('code of nobody', body, requestCode('bob@example.org')),
        ],
        bars: [{ of: 'code of nobody', to: 'code of a user' }],
      })
    } finally {
      await Promise.all([body.stop(), cookie.stop()])
    }
    yield await lastUse(join(folder, 'route.db'))
  })

const USERS = 1_000
const REQUESTS = 2_000

/** A guarded route, and the same one without the record of when a session was last used. */
async function lastUse(database: string): Promise<Finding> {
  const { pairs } = await seed(database, USERS)
  const requests = pairs.map(({ access }) =>
    get('/hello/', { Authorization: `Bearer ${access}` }),
  )
  const { how, undo } = pinToOneCore()
  const servers: Child[] = []
  const start = async (name: string, file: string): Promise<Contestant> => {
    const server = await startServer(file, 'bearer()', database)
    servers.push(server)
    const clients = clientsOf(server.port, CLIENTS)
    const run = async (): Promise<number> => {
      const before = await server.used()
      await send(clients, REQUESTS, (index) => requests[index % USERS]!)
      return (1000 * ((await server.used()) - before)) / REQUESTS
    }
    for (let warm = 0; warm < 10; warm++) await run()
    return { name, run }
  }
  try {
    return await measure({
      asks: `node:http: GET of a route behind bearer(), ${USERS} users in turn`,
      unit: 'µs of processor time a request',
      how: `turns of ${REQUESTS} requests; ${how}`,
      rounds: 31,
      contestants: [
        await start('last use recorded', 'node-route.ts'),
        await start('not recorded', 'without-last-use.ts'),
      ],
      bars: [{ of: 'last use recorded', to: 'not recorded' }],
    })
  } finally {
    for (const server of servers) await server.stop()
    undo()
  }
}

/** What one of the clients does repeatedly. */
type Work = (client: Client, index: number) => Promise<void>

async function contestant(name: string, server: Child, work: Work): Promise<Contestant> {
  const clients = clientsOf(server.port, CLIENTS)
  return {
    name,
    async run() {
      const [before, began] = [await server.used(), performance.now()]
      let done = 0
      const loop = async (client: Client, index: number): Promise<void> => {
        do {
          await work(client, index)
          done++
        } while (performance.now() - began < TURN)
      }
      await Promise.all(clients.map(loop))
      return (1000 * ((await server.used()) - before)) / done
    },
  }
}

async function ask(client: Client, request: string, status: number): Promise<Reply> {
  const reply = await client.ask(request)
  if (reply.status !== status)
    throw new Error(`the answer was ${reply.status}: ${reply.body}`)
  return reply
}

/** Signs clients in, one after the other. */
async function signedIn(server: Child, password: string): Promise<readonly Reply[]> {
  const [client] = clientsOf(server.port, 1)
  const request = post('/api/token/', { username: 'ada', password })
  const replies: Reply[] = []
  for (let i = 0; i < CLIENTS; i++) replies.push(await ask(client!, request, 200))
  client!.close()
  return replies
}

async function bodyRefresh(server: Child, password: string): Promise<Work> {
  const refreshOf = ({ body }: Reply): string => JSON.parse(body).refresh
  const tokens = (await signedIn(server, password)).map(refreshOf)
  return async (client, index) => {
    const request = post('/api/token/refresh/', { refresh: tokens[index] })
    tokens[index] = refreshOf(await ask(client, request, 200))
  }
}

async function cookieRefresh(server: Child, password: string): Promise<Work> {
  const headers = (await signedIn(server, password)).map(cookieHeaders)
  return async (client, index) => {
    const request = post('/api/token/refresh/', undefined, headers[index])
    headers[index] = cookieHeaders(await ask(client, request, 200))
  }
}

/** What a browser sends next. */
function cookieHeaders({ head, body }: Reply): Readonly<Record<string, string>> {
  const cookies = [...head.matchAll(/\r\nset-cookie: ([^;]+)/gi)].map(([, pair]) => pair)
  return { Cookie: cookies.join('; '), 'X-CSRFToken': JSON.parse(body).csrfToken }
}

function signUp(password: string): Work {
  let users = 0
  return async (client) => {
    const username = `user-${users++}`
    const user = { username, email: `${username}@example.com`, password }
    await ask(client, post('/auth/users/', user), 202)
  }
}

function requestCode(email: string): Work {
  const request = post('/auth/code/', { email })
  return async (client) => void (await ask(client, request, 202))
}
