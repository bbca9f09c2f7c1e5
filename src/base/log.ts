import { currentContext } from './request-context.ts'

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly [field: string]: unknown
}

export type Log = (entry: LogEntry) => void

/** A log that fails takes no answer with it and ends no process (rule D8). What it is told says of which request it is. */
export const safeLog =
  (log: Log): Log =>
  (entry) => {
    try {
      const request = currentContext()?.requestId
      log(request === undefined ? entry : { ...entry, request })
    } catch {
      // There is nobody left to tell.
    }
  }

/** An entry as a line for people. */
export const formatLine = ({ level, event, ...fields }: LogEntry): string =>
  `watchword ${level}: ${event}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`

/** One line each on standard error. */
export const logLine: Log = (entry) => console.error(formatLine(entry))

/**
 * The path without its query, in printable ASCII. A segment too long for a name is left out: it may be a token that
 * somebody put there.
 */
export function pathForLog(url: string): string {
  const path = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  const short = path
    .split('/')
    .slice(0, 9)
    .map((segment) => (segment.length > 32 ? '…' : segment))
  return short.join('/').replace(/[^\x21-\x7e…]/g, '?')
}
