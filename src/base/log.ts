import { escapeControls } from './json-text.ts'
import { currentContext } from './request-context.ts'

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly [field: string]: unknown
}

export type Log = (entry: LogEntry) => void

/** Wraps a log so that it never throws (rule D8: logging never changes an answer) and adds the id of the current request. */
export const safeLog =
  (log: Log): Log =>
  (entry) => {
    try {
      log(withRequestId(entry))
    } catch {
      // The log is what failed, so there is nothing to report it to.
    }
  }

function withRequestId(entry: LogEntry): LogEntry {
  const request = currentContext()?.requestId
  if (request === undefined) return entry
  return { ...entry, request }
}

/** Formats an entry for people, in one line. */
export function formatLine({ level, event, ...fields }: LogEntry): string {
  const line = `watchword ${level}: ${oneLine(event)}`
  if (Object.keys(fields).length === 0) return line
  return `${line} ${escapeControls(JSON.stringify(fields))}`
}

/** Text as in a JSON string: a line end in it must not begin a line of its own. */
const oneLine = (text: string): string =>
  escapeControls(
    text.replace(/[\0-\x1f]/g, (control) => JSON.stringify(control).slice(1, -1)),
  )

/** The default log: one line per entry on standard error. */
export const logLine: Log = (entry) => console.error(formatLine(entry))

const LONGEST_SEGMENT = 32
const MAX_SEGMENTS = 9

/**
 * The path of a URL for the log: printable ASCII, without the query. Long segments become `…`, since they may be tokens.
 */
export function pathForLog(url: string): string {
  const path = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  const segments = path.split('/').slice(0, MAX_SEGMENTS).map(shortSegment)
  return segments.join('/').replace(/[^\x21-\x7e…]/g, '?')
}

function shortSegment(segment: string): string {
  if (segment.length > LONGEST_SEGMENT) return '…'
  return segment
}
