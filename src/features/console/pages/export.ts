import type { StoredEvent } from '../../../audit/event.ts'
import { AuthError } from '../../../base/errors.ts'
import { type Answer, content } from '../../../http/answer.ts'
import type { Header } from '../../../http/request.ts'
import { consoleStore } from '../store.ts'
import { eventFilterIn } from './events.ts'
import { type ConsoleHandlers, forStaff } from './gate.ts'
import { placeIn, placeText } from './place.ts'

/** Events of one file: some megabytes. The header `Link` names the next one (RFC 8288). */
export const EXPORTED = 10_000

const FORMATS = {
  csv: { mediaType: 'text/csv; charset=utf-8', textOf: csvOf },
  jsonl: { mediaType: 'application/jsonl; charset=utf-8', textOf: jsonLinesOf },
} as const

const handlers: ConsoleHandlers = {
  async get(visit): Promise<Answer> {
    const { core, query } = visit
    const name = query.get('format') ?? ''
    if (!isFormat(name)) throw new AuthError('not_found')
    const filter = await eventFilterIn(visit)
    const reads = core.ports(consoleStore).console
    const { rows, next } =
      filter === undefined
        ? { rows: [], next: undefined }
        : await reads.findEvents(filter, placeIn(query.get('after')), EXPORTED)
    const { mediaType, textOf } = FORMATS[name]
    return content(mediaType, textOf(rows), { headers: headersOf(name, query, next) })
  },
}

export const eventExport = forStaff(handlers)

const isFormat = (name: string): name is keyof typeof FORMATS =>
  Object.hasOwn(FORMATS, name)

function headersOf(
  format: string,
  query: URLSearchParams,
  next: Parameters<typeof placeText>[0] | undefined,
): readonly Header[] {
  const headers: Header[] = [
    ['Content-Disposition', `attachment; filename="events.${format}"`],
    ['X-Content-Type-Options', 'nosniff'],
  ]
  if (next === undefined) return headers
  const following = new URLSearchParams(query)
  following.set('after', placeText(next))
  return [...headers, ['Link', `</console/events/export/?${following}>; rel="next"`]]
}

const valuesOf = (event: StoredEvent) => ({
  id: event.id,
  at: new Date(event.at * 1000).toISOString(),
  kind: event.kind,
  user_id: event.userId ?? null,
  session_id: event.sessionId ?? null,
  actor: event.actor ?? null,
  address: event.address ?? null,
  request_id: event.requestId ?? null,
  detail: event.detail,
})

function jsonLinesOf(events: readonly StoredEvent[]): string {
  return events.map((event) => `${JSON.stringify(valuesOf(event))}\n`).join('')
}

const COLUMNS = [
  ...['id', 'at', 'kind', 'user_id', 'session_id', 'actor', 'address', 'request_id'],
  'detail',
] as const

/** RFC 4180: CRLF, and quotes around each value. */
function csvOf(events: readonly StoredEvent[]): string {
  const rows = events.map((event) => {
    const values: Readonly<Record<string, unknown>> = valuesOf(event)
    return COLUMNS.map((name) => csvValue(values[name])).join(',')
  })
  return [COLUMNS.join(','), ...rows, ''].join('\r\n')
}

/** Spreadsheets run a value that begins with one of these as a formula (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n]/

export function csvValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = FORMULA.test(text.trimStart()) || FORMULA.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
