import { AuthError } from '../../../base/errors.ts'
import { runInContext } from '../../../base/request-context.ts'
import { contextNow, type StaffVisit } from './staff-visit.ts'

type ExportEvent = 'export_started' | 'export_ended'

/** Records an event of an export with the visitor as its user. */
export type RecordExport = (kind: ExportEvent, detail?: object) => void

/** Long enough for any filter of a form. */
const LONGEST_VALUE = 100

/**
 * Records the events of one export.
 *
 * @param name what is exported, such as `users`
 */
export function exportRecorder(
  name: string,
  { core, query, visitor }: StaffVisit,
): RecordExport {
  const { format, ...filter } = Object.fromEntries(query)
  const values = Object.entries(filter).filter(([, value]) => value !== '')
  const common = { name, format, filter: Object.fromEntries(values.map(shortened)) }
  // The parts of the answer are produced outside of the request's context.
  const context = contextNow()
  const { id: userId } = visitor.user
  const sessionId = visitor.session.id
  return (kind, more) => {
    const detail = { ...common, ...more }
    void runInContext(context, () =>
      core.audit.record({ kind, userId, sessionId, detail }),
    )
  }
}

const shortened = ([name, value]: readonly [string, string]) =>
  [name.slice(0, LONGEST_VALUE), value.slice(0, LONGEST_VALUE)] as const

/** `disconnected`: the client has stopped reading. `rights_lost`: the visitor was signed out, or lost the permission. */
type ExportEnd = 'complete' | 'disconnected' | 'rights_lost' | 'failed'

/** Records that an export starts, and how it ends after how many rows, also if it ends early. */
export async function* recordedPages<P extends { readonly rows: readonly unknown[] }>(
  pages: AsyncIterable<P>,
  record: RecordExport,
): AsyncGenerator<P> {
  let rows = 0
  let end: ExportEnd = 'disconnected'
  record('export_started')
  try {
    for await (const page of pages) {
      rows += page.rows.length
      yield page
    }
    end = 'complete'
  } catch (error) {
    end = endOf(error)
    throw error
  } finally {
    record('export_ended', { rows, end })
  }
}

function endOf(error: unknown): ExportEnd {
  const isRefused = error instanceof AuthError && error.code === 'permission_denied'
  if (isRefused) return 'rights_lost'
  return 'failed'
}
