import { occasion } from '../base/occasion.ts'
import type { LogEntry } from '../options.ts'

export type Log = (entry: LogEntry) => void

/** A log that fails takes no answer with it and ends no process (rule D8). What it is told says of which request it is. */
export const unfailing =
  (log: Log): Log =>
  (entry) => {
    try {
      const request = occasion()?.requestId
      log(request === undefined ? entry : { ...entry, request })
    } catch {
      // There is nobody left to tell.
    }
  }

/** An entry as a line for people. */
export const lineOf = ({ level, event, ...fields }: LogEntry): string =>
  `watchword ${level}: ${event}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`

/** One line each on standard error. */
export const logLine: Log = (entry) => console.error(lineOf(entry))
