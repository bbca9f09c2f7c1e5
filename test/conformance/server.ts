import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mount, serves } from '../../src/adapters/node.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { application } from './app.ts'
import { optionsFor, readConfigs, schemeNamesOf, usesEmail } from './configs.ts'
import type { State } from './conversation.ts'
import { instancesOf } from './instances.ts'
import type { JsonObject } from './recording.ts'
import { seed, seededNotes, stateOf } from './seeding.ts'

/**
 * A server process in one of the recorded configurations: `server.ts NAME`. It sends its port, or the message with which it refuses
 * to start, to its parent, which controls it over IPC.
 */
const config = readConfigs()[process.argv[2] ?? 'default'] ?? {}
const folder = mkdtempSync(join(tmpdir(), 'watchword-conformance-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const seeded = join(folder, 'seeded.db')
const server = createServer()
let instance: Running | undefined
let turn = 0

/** The instances on a fresh database. */
interface Running {
  readonly auth: Watchword<User>
  readonly close: () => Promise<void>
  readonly state: () => State
}

async function open(): Promise<Running> {
  const file = join(folder, `${turn++}.db`)
  copyFileSync(seeded, file)
  const instances = instancesOf({ ...optionsFor(config), database: file })
  const all: readonly Watchword<User>[] = Object.values(instances)
  await instances.main.migrate()
  const notes = seededNotes()
  server.removeAllListeners('request')
  const views = application(instances, schemeNamesOf(config), notes)
  server.on('request', (request, response) => {
    if (!all.some((auth) => serves(auth, request))) views(request, response)
  })
  for (const auth of all) mount(server, auth)
  const db = new DatabaseSync(file, { readOnly: true })
  const close = async (): Promise<void> => {
    db.close()
    await Promise.all(all.map((auth) => auth.close()))
  }
  return { auth: instances.main, close, state: () => stateOf(db, notes) }
}

export type Command =
  | { readonly op: 'reset' | 'flush' | 'state' }
  | { readonly op: 'putUser'; readonly name: string; readonly set: JsonObject }
  | { readonly op: 'deleteUser'; readonly name: string }

async function execute(command: Command): Promise<unknown> {
  const { auth, close, state } = instance!
  switch (command.op) {
    case 'reset':
      await close()
      instance = await open()
      return
    case 'flush':
      await auth.flush()
      return
    case 'state':
      return state()
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
  execute(command).then(
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
  instance = await open()
  process.send?.({ port: await listening(server) })
} catch (error) {
  if (!(error instanceof AuthError)) throw error
  process.send?.({ refused: error.message })
}
