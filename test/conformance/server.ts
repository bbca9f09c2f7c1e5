import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mount, serves } from '../../src/adapters/node.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { UserUpdate } from '../../src/users/change.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { application } from './app.ts'
import { optionsFor, type RecordedConfig, schemeNamesOf, usesEmail } from './configs.ts'
import type { State } from './conversation.ts'
import { instancesOf } from './instances.ts'
import type { JsonObject } from './recording.ts'
import { isGroup, rolesOf, seed, seededNotes, stateOf } from './seeding.ts'

/**
 * A server process in a recorded configuration: `server.ts JSON`. It sends its port, or the message with which it refuses
 * to start, to its parent, which controls it over IPC.
 */
const config: RecordedConfig = JSON.parse(process.argv[2] ?? '{}')
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
  readonly putHash: (id: string, hash: string) => void
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
  const db = new DatabaseSync(file)
  const close = async (): Promise<void> => {
    db.close()
    await Promise.all(all.map((auth) => auth.close()))
  }
  const putHash = (id: string, hash: string): void =>
    void db
      .prepare('update users set hash = ?, epoch = epoch + 1 where id = ?')
      .run(hash, id)
  return { auth: instances.main, close, state: () => stateOf(db, notes), putHash }
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
      for (const [member, value] of Object.entries(command.set)) {
        const put = Object.hasOwn(PUTS, member) ? PUTS[member] : undefined
        if (put === undefined) throw new Error(`cannot be played: ${member}`)
        await put(instance!, id, value as never)
      }
      return
    }
  }
}

type Put = (instance: Running, id: string, value: never) => Promise<unknown>

const changing =
  <Value>(changeOf: (value: Value) => UserUpdate): Put =>
  ({ auth }, id, value) =>
    auth.users.change(id, changeOf(value as Value))

/** How each member of the step `user` is set. */
const PUTS: { readonly [member: string]: Put } = {
  username: changing((username: string) => ({ username })),
  email: changing((email: string) => ({ email })),
  is_active: changing((active: boolean) => ({ active })),
  is_staff: changing((staff: boolean) => ({ staff })),
  is_superuser: changing((superuser: boolean) => ({ superuser })),
  password: ({ auth }, id, password) => auth.users.setPassword(id, password),
  password_hash: async ({ putHash }, id, hash) => putHash(id, hash),
  groups: async ({ auth }, id, groups: readonly string[]) => {
    const user = await auth.users.find({ id })
    const others = user?.roles.filter((role) => !isGroup(role)) ?? []
    const attributes = { ...user?.attributes, groups }
    return auth.users.change(id, { roles: [...groups, ...others], attributes })
  },
  permissions: async ({ auth }, id, permissions: readonly string[]) => {
    const user = await auth.users.find({ id })
    const groups = user?.roles.filter(isGroup) ?? []
    return auth.users.change(id, { roles: [...groups, ...rolesOf(permissions)] })
  },
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
