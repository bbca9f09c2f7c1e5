import type { StoredEvent } from '../../../audit/event.ts'
import { AuthError } from '../../../base/errors.ts'
import { ownMember } from '../../../base/optional.ts'
import { type Answer, streamed } from '../../../http/answer.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Cursor, Page, Place, UserPlace } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { eventFilterIn } from './event-filters.ts'
import { exportRecorder, type RecordExport, recordedPages } from './export-record.ts'
import { FORMATS, type Format } from './file-formats.ts'
import { NO_ROWS } from './list.ts'
import { forStaff, requireStillStaff, type StaffVisit } from './staff-visit.ts'
import { userFilterIn } from './users.ts'

/** Rows that are read at once: some hundred kilobytes. */
const CHUNK = 1000

/** What a file has, and how its rows are read. */
interface Exported<Row, P> {
  /** Of the file, without the format. */
  readonly name: string
  readonly columns: readonly string[]
  valuesOf(row: Row): Readonly<Record<string, unknown>>
  read(cursor: Cursor<P>): Promise<Page<Row, P>>
}

/** Reads the first rows before the answer begins: what the store cannot answer then is a 503. */
async function fileOf<Row, P>(
  visit: StaffVisit,
  exported: Exported<Row, P>,
): Promise<Answer> {
  const { name } = exported
  const ending = visit.query.get('format') ?? ''
  const format = ownMember(FORMATS, ending)
  if (format === undefined) throw new AuthError('not_found')
  const pages = pagesOf(visit, exported, await exported.read({}))
  const record = exportRecorder(name, visit)
  return streamed(format.mediaType, textOf(exported, format, pages, record), {
    headers: [
      ['Content-Disposition', `attachment; filename="${name}.${ending}"`],
      ['X-Content-Type-Options', 'nosniff'],
    ],
  })
}

/** Reading a large file takes minutes, in which the visitor may lose the right to. */
async function* pagesOf<Row, P>(
  visit: StaffVisit,
  { read }: Exported<Row, P>,
  first: Page<Row, P>,
): AsyncGenerator<Page<Row, P>> {
  for (let page = first; ; page = await read({ after: page.next })) {
    yield page
    if (page.next === undefined) return
    await requireStillStaff(visit)
  }
}

async function* textOf<Row, P>(
  { columns, valuesOf }: Exported<Row, P>,
  format: Format,
  pages: AsyncIterable<Page<Row, P>>,
  record: RecordExport,
): AsyncGenerator<string> {
  const textOfRows = (rows: readonly Row[]): string =>
    rows.map((row) => format.row(valuesOf(row), columns)).join('')
  yield format.head(columns)
  for await (const { rows } of recordedPages(pages, record)) yield textOfRows(rows)
}

const EVENT_COLUMNS = [
  ...['id', 'at', 'kind', 'user_id', 'session_id', 'actor', 'address', 'request_id'],
  'detail',
]

const eventValues = (event: StoredEvent) => ({
  id: event.id,
  at: timeOf(event.at),
  kind: event.kind,
  user_id: event.userId ?? null,
  session_id: event.sessionId ?? null,
  actor: event.actor ?? null,
  address: event.address ?? null,
  request_id: event.requestId ?? null,
  detail: event.detail,
})

export const eventExport = forStaff({
  async get(visit) {
    const reads = visit.core.ports(consoleStore).console
    const filter = await eventFilterIn(visit)
    return fileOf<StoredEvent, Place>(visit, {
      name: 'events',
      columns: EVENT_COLUMNS,
      valuesOf: eventValues,
      read: async (cursor) =>
        (filter && (await reads.findEvents(filter, cursor, CHUNK))) ?? NO_ROWS,
    })
  },
})

const USER_COLUMNS = [
  ...['id', 'username', 'email', 'email_verified', 'phone', 'phone_verified', 'active'],
  ...['staff', 'superuser', 'roles', 'joined_at', 'last_login_at', 'attributes'],
]

const userValues = (user: StoredUser) => ({
  id: user.id,
  username: user.username,
  email: user.email ?? null,
  email_verified: user.emailVerifiedAt !== undefined,
  phone: user.phone ?? null,
  phone_verified: user.phoneVerifiedAt !== undefined,
  active: user.active,
  staff: user.staff,
  superuser: user.superuser,
  roles: user.roles,
  joined_at: timeOf(user.joinedAt),
  last_login_at: timeOf(user.lastLoginAt),
  attributes: user.attributes,
})

export const userExport = forStaff({
  get: (visit) =>
    fileOf<StoredUser, UserPlace>(visit, {
      name: 'users',
      columns: USER_COLUMNS,
      valuesOf: userValues,
      read: (cursor) =>
        visit.core
          .ports(consoleStore)
          .console.findUsers(userFilterIn(visit), cursor, CHUNK),
    }),
})

function timeOf(moment: number | undefined): string | null {
  if (moment === undefined) return null
  return new Date(moment * 1000).toISOString()
}
