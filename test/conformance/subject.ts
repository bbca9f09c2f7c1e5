import { copyFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { mount, serves } from '../../src/adapters/node.ts'
import { AuthError } from '../../src/base/errors.ts'
import { formatLine } from '../../src/base/log.ts'
import { type TestClock, testClock } from '../../src/testing/clock.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import { checkAnswers, type Findings } from '../openapi/check-answers.ts'
import { application } from './app.ts'
import { optionsFor, type RecordedConfig, schemeNamesOf } from './configs.ts'
import { type Instances, instancesFor } from './instances.ts'
import { neighboursOf, openNeighbours } from './neighbours/index.ts'
import type { OpenNeighbour } from './neighbours/neighbour.ts'
import type { FilledRequest } from './neighbours/oauth-consent.ts'
import { putApplication } from './put-application.ts'
import { deleteUser, putUser, type Users } from './put-user.ts'
import type { JsonObject } from './recording.ts'
import { seededNotes } from './seeding.ts'
import { type State, stateOf } from './state.ts'
import type { Reply } from './wire.ts'

/** A server under test, and what is done to it outside HTTP. */
export interface Subject {
  readonly port: number
  /** The only time that the server knows. */
  readonly clock: TestClock
  putUser(name: string, set: JsonObject): Promise<void>
  deleteUser(name: string): Promise<void>
  flush(): Promise<void>
  state(): State
  /** Waits for writes that requests have not waited for, before a state is read. */
  settle(): Promise<void>
  /** A text of a response as a placeholder of a neighbour's recordings. */
  placeholder(text: string, path: string, now: number): string | undefined
  /** A header of a response as neighbours' recordings show it. */
  header(name: string, value: string): string
  /** What neighbours' recordings show of a page. */
  page(reply: Reply): JsonObject | undefined
  /** Sends a request as a client of this server does. */
  send(
    request: FilledRequest,
    send: (request: FilledRequest) => Promise<Reply>,
  ): Promise<Reply>
  /** Changes a registered application. */
  putApplication(id: string, set: JsonObject): void
  /** The cookie that stands for one of the recorded server. */
  cookieFor(theirs: string): string | undefined
  /** Where mail is sent: the text of the last one. */
  lastMail(): string | undefined
  /** How the answers of endpoints compare with the OpenAPI document. */
  readonly findings: Findings
  /** What was logged so far. */
  log(): string
  close(): Promise<void>
}

/** What a conversation needs of its server. */
export interface SubjectTerms {
  readonly config: RecordedConfig
  /** That are requested. */
  readonly paths: readonly string[]
  /** A database to copy. */
  readonly seeded: string
  /** Of passwords that are stored. */
  readonly passwordCost: 'lowest' | 'default'
}

/**
 * Opens a server for one conversation: instances, a database and a clock of its own, so that no conversation can see another.
 *
 * @returns the message if the instance refuses the configuration
 */
export async function openSubject(
  terms: SubjectTerms,
): Promise<Subject | { readonly refused: string }> {
  try {
    return await open(terms)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'invalid_config')
      return { refused: error.message }
    throw error
  }
}

let turn = 0

async function open({ config, paths, seeded, passwordCost }: SubjectTerms) {
  const database = `${seeded}.${turn++}`
  const clock = testClock()
  const lines: string[] = []
  const neighbours = openNeighbours({ config, paths })
  const findings: Findings = { faults: [], seen: new Set(), documented: new Set() }
  const instances = instancesFor(paths, optionsFor(config, neighbours), (options) => {
    const auth = buildWatchword({
      ...options,
      database,
      passwordCost,
      clock: clock.now,
      log: (entry) => lines.push(formatLine(entry)),
    })
    checkAnswers(auth, findings)
    return auth
  })
  copyFileSync(seeded, database)
  await instances.main.migrate()
  const db = new DatabaseSync(database)
  const notes = seededNotes()
  const server = serverOf(instances, config, notes, neighbours)
  for (const each of neighbours) each.prepare?.(db)
  const messages = () => neighbours.flatMap((each) => each.messages?.() ?? [])
  const users: Users = { auth: instances.main, db }
  const close = async (): Promise<void> => {
    server.close()
    db.close()
    await Promise.all(allOf(instances).map((auth) => auth.close()))
    for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })
  }
  return {
    port: await listening(server),
    clock,
    putUser: (name, set) => putUser(users, name, set),
    deleteUser: (name) => deleteUser(users, name),
    flush: async () => void (await instances.main.flush()),
    state: () => ({
      ...stateOf(db, notes, neighboursOf(config, paths), messages()),
      mails: mailsOf(neighbours, config),
    }),
    async settle() {
      // Neighbours' rows show moments, which must differ as they did when they were recorded.
      if (neighbours.length > 0) clock.advance(0.001)
      await Promise.all(neighbours.map((each) => each.settle?.(db)))
    },
    lastMail: () => messages().at(-1)?.text ?? textOf(neighbours),
    placeholder: (text, path, now) =>
      neighbours.map((each) => each.placeholder(text, path, now)).find(Boolean),
    header: (name, value) =>
      neighbours.reduce((shown, each) => each.header?.(name, shown) ?? shown, value),
    page: (reply) => neighbours.map((each) => each.page?.(reply)).find(Boolean),
    send(request, plain) {
      const own = neighbours.find((each) => each.send !== undefined)
      return own?.send?.(request, plain) ?? plain(request)
    },
    putApplication: (id, set) => putApplication(db, id, set),
    cookieFor: (theirs) =>
      neighbours.map(({ cookies }) => cookies?.[theirs]).find(Boolean),
    findings,
    log: () => lines.join('\n'),
    close,
  } satisfies Subject
}

/** To whom mails were sent; `undefined` each if the recorded server did not record it. */
const mailsOf = (
  neighbours: readonly OpenNeighbour[],
  { MESSAGES: recorded = false }: RecordedConfig,
): readonly (string | undefined)[] =>
  neighbours.flatMap(({ mails = [] }) =>
    mails.map(({ to }) => (recorded ? to : undefined)),
  )

/** The mails, newest first: a request may send several. */
const textOf = (neighbours: readonly OpenNeighbour[]): string | undefined =>
  neighbours
    .flatMap(({ mails = [] }) => mails.map(({ text }) => text))
    .toReversed()
    .join('\n') || undefined

const allOf = ({ main, others }: Instances): readonly Watchword<User>[] => [
  main,
  ...others.values(),
]

function serverOf(
  instances: Instances,
  config: RecordedConfig,
  notes: Map<number, string>,
  neighbours: readonly OpenNeighbour[],
): Server {
  const server = createServer()
  const all = allOf(instances)
  const more = neighbours.flatMap((each) => each.views(instances.main))
  const views = application(instances, schemeNamesOf(config), notes, more)
  server.on('request', (request, response) => {
    if (!all.some((auth) => serves(auth, request))) views(request, response)
  })
  for (const auth of all) mount(server, auth)
  return server
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
