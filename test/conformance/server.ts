import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mount } from '../../src/adapters/node.ts'
import { Refusal } from '../../src/base/refusal.ts'
import type { Options } from '../../src/options.ts'
import type { User } from '../../src/users/user.ts'
import { type Watchword, watchword } from '../../src/watchword.ts'
import { application } from './app.ts'
import { optionsFor, readConfigs, usesEmail } from './configs.ts'
import type { JsonObject } from './recording.ts'
import { seed, stateOf } from './seeding.ts'

/**
 * A server in one of the recorded configurations, in a process of its own: `server.ts NAME`. It prints where it listens,
 * or the sentence with which it refuses to start, and is controlled through the channel to its parent.
 */
const config = readConfigs()[process.argv[2] ?? 'default'] ?? {}
const folder = mkdtempSync(join(tmpdir(), 'watchword-conformance-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const seeded = join(folder, 'seeded.db')
const server = createServer()
let house: House | undefined
let turn = 0

/** An instance on a database of its own. */
interface House {
  readonly auth: Watchword<User>
  readonly close: () => Promise<void>
  readonly db: DatabaseSync
}

async function open(): Promise<House> {
  const file = join(folder, `${turn++}.db`)
  copyFileSync(seeded, file)
  const options = { ...optionsFor(config), database: file }
  const auth = watchword(options)
  await auth.migrate()
  // Where a project that has nothing but sliding tokens would mount them.
  const short = watchword(mountedAt('/sliding', options))
  server.removeAllListeners('request')
  const views = application(auth)
  server.on('request', (request, response) => {
    if (!short.owns(request.url ?? '')) views(request, response)
  })
  mount(server, auth)
  mount(server, short)
  const db = new DatabaseSync(file, { readOnly: true })
  const close = async (): Promise<void> => {
    db.close()
    await Promise.all([auth.close(), short.close()])
  }
  return { auth, close, db }
}

const mountedAt = (path: `/${string}`, options: Options): Options => ({
  ...options,
  endpoints: {
    obtain: false,
    refresh: false,
    verify: false,
    blacklist: false,
    slidingObtain: `${path}/`,
    slidingRefresh: `${path}/refresh/`,
  },
})

export type Command =
  | { readonly op: 'reset' | 'flush' | 'state' }
  | { readonly op: 'putUser'; readonly name: string; readonly set: JsonObject }
  | { readonly op: 'deleteUser'; readonly name: string }

async function obey(command: Command): Promise<unknown> {
  const { auth, close, db } = house!
  switch (command.op) {
    case 'reset':
      await close()
      house = await open()
      return
    case 'flush':
      await auth.flush()
      return
    case 'state':
      return stateOf(db)
    case 'deleteUser':
      await auth.users.delete((await userNamed(auth, command.name)).id)
      return
    case 'putUser': {
      const { id } = await userNamed(auth, command.name)
      const { is_active: active, email, password } = command.set
      if (typeof active === 'boolean') await auth.users.change(id, { active })
      if (typeof email === 'string') await auth.users.change(id, { email })
      if (typeof password === 'string') await auth.users.setPassword(id, password)
      return
    }
  }
}

async function userNamed(auth: Watchword<User>, name: string): Promise<User> {
  const user = await auth.users.find(name)
  if (user === undefined) throw new Error(`there is no user ${name}`)
  return user
}

process.on('disconnect', () => process.exit())
process.on('message', ({ id, command }: { id: number; command: Command }) => {
  obey(command).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

try {
  await seed(seeded, { byEmail: usesEmail(config) })
  house = await open()
  process.send?.({ port: await listening(server) })
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.send?.({ refused: error.message })
}
