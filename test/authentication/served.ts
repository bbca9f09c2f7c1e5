import { pbkdf2Sync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { mount } from '../../src/adapters/node.ts'
import { allowAny } from '../../src/permissions/basic-permissions.ts'
import type { Options } from '../../src/settings/options.ts'
import type { StoredUser, User, UserId } from '../../src/users/user.ts'
import { buildWatchword } from '../build-watchword.ts'
import { sqliteStore } from '../stores/open.ts'

export interface Answered {
  readonly status: number
  /** Values by lower-case name, one per header line. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: Record<string, unknown>
}

export type Headers = Readonly<Record<string, string | readonly string[]>>

/** A clock that stands at noon until it is moved. */
export const NOON = 1_800_000_000

/** Users and passwords of the specification's fixture, some of them weak. */
const PASSWORDS = {
  alice: 'pw12345',
  ina: 'pw12345',
  col: 'a:b:c',
  spacey: '  pad ',
  nöel: 'pässwörd',
} as const

export type Served = Awaited<ReturnType<typeof served>>

/** A server on a socket: `/` requires a user, `/any/` does not, and `/echo/` reads the body in a guarded handler. */
export async function served(
  t: TestContext,
  options: Options & Required<Pick<Options, 'authentication'>>,
) {
  let now = NOON
  const store = sqliteStore({ file: ':memory:' })
  const auth = buildWatchword({
    store,
    secret: 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e',
    clock: () => now,
    log: () => {},
    ...options,
  })
  const server = createServer()
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  const guard = mount(server, auth)
  const routes = new Map<string, RequestListener>([
    [
      '/',
      guard((request, response) =>
        response.end(JSON.stringify(principalOf(request.auth))),
      ),
    ],
    [
      '/any/',
      guard(allowAny, (request, response) =>
        response.end(JSON.stringify(principalOf(request.auth))),
      ),
    ],
    [
      '/echo/',
      guard(async (request, response) =>
        response.end(JSON.stringify({ body: await text(request) })),
      ),
    ],
  ])
  server.on('request', (request, response) =>
    routes.get(request.url ?? '')?.(request, response),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const users = new Map<string, User>()
  for (const [username, password] of Object.entries(PASSWORDS)) {
    const user = await auth.users.create({ username })
    await store.ports.users.upgradeHash(
      user.id as UserId,
      (await store.ports.users.find('id', user.id))!.hash,
      hashOf(password),
    )
    users.set(username, user)
  }
  await auth.users.change(users.get('ina')!.id, { active: false })

  /** Sends bytes as given, without an HTTP client that could change them. */
  async function send(
    method: string,
    path: string,
    headers: Headers = {},
    body = '',
  ): Promise<Answered> {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    const lines = Object.entries({
      Host: `127.0.0.1:${port}`,
      Connection: 'close',
      ...headers,
    }).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}: ${value}\r\n`),
    )
    const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    socket.write(
      Buffer.from(
        `${method} ${path} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body}`,
        'latin1',
      ),
    )
    return parse(await text(socket))
  }
  /** A POST whose body is sent in pieces, with pauses between them. */
  async function sendInPieces(
    headers: Headers,
    path: string,
    pieces: readonly string[],
  ): Promise<Answered> {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = `Content-Length: ${Buffer.byteLength(pieces.join(''))}`
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n${lines.join('')}${length}\r\n\r\n`,
    )
    const answer = text(socket)
    for (const piece of pieces) {
      await setTimeout(20)
      socket.write(piece)
    }
    return parse(await answer)
  }
  return {
    auth,
    store,
    send,
    sendInPieces,
    port,
    origin: `http://127.0.0.1:${port}`,
    userOf: (username: keyof typeof PASSWORDS): StoredUser =>
      users.get(username) as StoredUser,
    advance: (seconds: number): void => {
      now += seconds
    },
  }
}

function parse(reply: string): Answered {
  const [head = '', body = ''] = reply.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = new Map<string, string[]>()
  for (const each of lines) {
    const colon = each.indexOf(':')
    const name = each.slice(0, colon).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), each.slice(colon + 1).trim()])
  }
  const json = body.replace(/^[\da-f]+\r\n|\r\n0$/g, '')
  return {
    status: Number(line.split(' ')[1]),
    headers,
    body: json === '' ? {} : JSON.parse(json),
  }
}

interface Authenticated {
  readonly user: { readonly username: string } | undefined
  readonly scheme: string
}
const principalOf = ({ user, scheme }: Authenticated): object => ({
  user: user?.username ?? null,
  scheme,
})

/** A hash in Django's format with one round, because tests must be fast. */
const hashOf = (password: string): string =>
  `pbkdf2_sha256$1$salt$${pbkdf2Sync(password, 'salt', 1, 32, 'sha256').toString('base64')}`
