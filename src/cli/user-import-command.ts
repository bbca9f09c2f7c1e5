import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ImportCounts, InvalidUser } from '../admin/import-users.ts'
import { listIf } from '../base/optional.ts'
import { nounFor } from '../base/plural.ts'
import { type CommandOutput, commandFor, DATABASE } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { CommandError, ReportedError } from '../command/errors.ts'
import { plural, printable, quoted } from '../command/format.ts'
import type { Admin } from '../instance/admin.ts'
import type { ImportedUser } from '../users/user-input.ts'
import { FIELDS, fieldsOf } from './fields-option.ts'
import { type Line, linesOf } from './lines.ts'
import { LineError, lineName, parseUserLine, userLine } from './user-lines.ts'

const command = commandFor<Pick<Admin, 'users'>>()

export const userImport = command({
  name: 'user import',
  summary: 'Creates users of another system, with the hashes of their passwords.',
  args: ['FILE'],
  description: `FILE has one JSON object per line; "-" is standard input. Members: id, username, email, email_verified_at, phone,
phone_verified_at, password_hash, active, staff, superuser, roles, joined_at, last_login_at, attributes. Only id and one of username, email
and phone are required. The page "Moving users in" has the accepted hashes.

A line that cannot be imported is printed with its number and the reason, and the rest goes on; the exit code is 1 then. Users whose id exists
are skipped, so an import that was interrupted can be run again. It may run beside the server. With --fields, attributes are checked.`,
  examples: [
    'watchword user import users.jsonl --dry-run',
    'watchword user import users.jsonl',
    'psql -qAtc "select …" | watchword user import -',
  ],
  options: {
    update: {
      type: 'boolean',
      help: 'change users whose id exists; another password hash revokes their sessions',
    },
    ...FIELDS,
    'dry-run': { type: 'boolean', help: 'check every line and write nothing' },
    ...DATABASE,
  },
  async run({ values, args: [file = ''], context, print, progress, open }) {
    const { update = false, 'dry-run': isDryRun = false } = values
    const lines = linesOf(await inputOf(file, context))
    const report = new ImportReport(print)
    const counts = await open(
      values.database,
      ({ users }) =>
        users.import(report.usersIn(lines, context), {
          existing: update ? 'update' : 'skip',
          dryRun: isDryRun,
          onInvalid: (invalid) => report.invalid(invalid),
          progress: (soFar) => progress(progressText(soFar)),
        }),
      { create: true, options: fieldsOf(values, context) },
    )
    const all = { ...counts, invalid: counts.invalid + report.unread }
    const summary = [...summaryOf(all, isDryRun), ...rejectedOf(all)].join(' ')
    const output = { text: summary, json: { ...all, dry_run: isDryRun } }
    if (all.invalid === 0) return output
    print(output)
    throw new ReportedError(1)
  },
})

async function inputOf(
  file: string,
  { stdin }: CommandContext,
): Promise<AsyncIterable<Buffer>> {
  if (file === '-') return stdin
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error)
    throw new CommandError(
      `The file ${quoted(file)} cannot be read (${found.code}). Name a file with one JSON object per line, or - for standard input.`,
    )
  if (found.isDirectory())
    throw new CommandError(
      `${quoted(file)} is a folder. Name a file with one JSON object per line.`,
    )
  return createReadStream(file, { highWaterMark: 256 * 1024 })
}

/** Reads users from lines, and prints each line that cannot be imported. */
class ImportReport {
  readonly #print: (output: CommandOutput) => void
  /** Of users that `users.import` has not decided about, at most one batch. */
  readonly #numbers = new WeakMap<object, number>()
  #unread = 0

  constructor(print: (output: CommandOutput) => void) {
    this.#print = print
  }

  /** Lines that are no users. */
  get unread(): number {
    return this.#unread
  }

  async *usersIn(
    lines: AsyncIterable<Line>,
    { stdout }: CommandContext,
  ): AsyncGenerator<ImportedUser> {
    for await (const line of lines) {
      const user = this.#userIn(line)
      if (user !== undefined) yield user
      if (stdout.writableNeedDrain) await once(stdout, 'drain')
    }
  }

  invalid({ user, errors }: InvalidUser): void {
    const byName = Object.entries(errors).map(
      ([member, messages]) => [lineName(member), messages] as const,
    )
    this.#printLine(
      this.#numbers.get(user as object) ?? 0,
      byName.map(([name, messages]) => `${labelOf(name)}${messages.join(' ')}`).join(' '),
      { errors: Object.fromEntries(byName) },
    )
  }

  #userIn({ number, text }: Line): ImportedUser | undefined {
    if (text?.trim() === '') return undefined
    try {
      if (text === undefined)
        throw new LineError('This line is longer than 1 MiB, or it is not UTF-8.')
      const user = parseUserLine(text)
      this.#numbers.set(user, number)
      return user
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      this.#unread++
      this.#printLine(number, error.message, { error: error.message })
      return undefined
    }
  }

  #printLine(line: number, reason: string, json: object): void {
    this.#print({
      text: `Line ${line}: ${printable(reason)}`,
      json: { line, ...json },
    })
  }
}

function labelOf(name: string): string {
  if (name === 'non_field_errors') return ''
  return `${name}: `
}

function progressText({ created, updated, skipped, invalid }: ImportCounts): string {
  return `Importing … ${plural(created + updated + skipped + invalid, 'user')}`
}

const DONE = { create: 'Created', change: 'changed' } as const
const PLANNED = { create: 'Would create', change: 'change' } as const

function summaryOf(counts: ImportCounts, isDryRun: boolean): readonly string[] {
  const { created, updated, skipped } = counts
  const words = isDryRun ? PLANNED : DONE
  const exist = nounFor(skipped, 'exists', 'exist')
  const parts = [
    `${words.create} ${plural(created, 'user')}`,
    ...listIf(updated > 0, `${words.change} ${count(updated)}`),
    ...listIf(skipped > 0, `skipped ${count(skipped)} that ${exist}`),
  ]
  return [`${parts.join(', ')}.`, ...listIf(isDryRun, 'Nothing was written.')]
}

function rejectedOf({ invalid }: ImportCounts): readonly string[] {
  if (invalid === 0) return []
  const were = nounFor(invalid, 'was', 'were')
  return [`${plural(invalid, 'line')} ${were} not imported, for the reasons above.`]
}

const count = (number: number): string => number.toLocaleString('en-US')

export const userExport = command({
  name: 'user export',
  summary: 'Prints all users as JSON lines, which "user import" takes back.',
  args: [],
  description:
    'Without hashes of passwords, unless --password-hashes asks for them. A file with hashes is a secret: passwords can be guessed with it.',
  examples: [
    'watchword user export > users.jsonl',
    'watchword user export --password-hashes | gpg -e -r you@example.com > users.jsonl.gpg',
  ],
  options: {
    'password-hashes': { type: 'boolean', help: 'with the hashes of passwords' },
    ...DATABASE,
  },
  run: ({ values, context: { stdout }, open }) =>
    open(values.database, async ({ users }) => {
      const passwordHashes = values['password-hashes'] === true
      for await (const user of users.export({ passwordHashes })) {
        if (!stdout.write(`${userLine(user)}\n`)) await once(stdout, 'drain')
      }
      return undefined
    }),
})
