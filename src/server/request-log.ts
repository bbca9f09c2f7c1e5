import type { IncomingMessage, ServerResponse } from 'node:http'
import { escapeControls } from '../base/json-text.ts'
import type { LogEntry } from '../base/log.ts'
import { formatLine, pathForLog } from '../base/log.ts'
import { monotonicClock } from '../base/monotonic.ts'
import { originForm } from '../base/request-target.ts'

export type ServerLog = (entry: LogEntry) => void

/** What a log line says about the client: the id of its request and its address. */
export interface RequestClient {
  readonly request: string
  readonly address: string
}

/** Logs a request when its response is over, without anything of a header, a query or a body (rule L3). */
export function logWhenDone(
  request: IncomingMessage,
  response: ServerResponse,
  client: RequestClient,
  log: ServerLog,
): void {
  const began = monotonicClock()
  response.once('close', () => {
    const isComplete = response.writableFinished
    const path = pathForLog(originForm(request.url ?? ''))
    // Health checks come every few seconds; only failures are worth a line.
    if (path.startsWith('/health/') && isComplete && response.statusCode === 200) return
    log({
      level: levelOf(response.statusCode, isComplete),
      event: 'request',
      method: request.method,
      path,
      status: isComplete ? response.statusCode : 'broken off',
      ms: Math.round(monotonicClock() - began),
      ...client,
    })
  })
}

function levelOf(status: number, isComplete: boolean): LogEntry['level'] {
  if (!isComplete || status === 503) return 'warn'
  if (status >= 500) return 'error'
  return 'info'
}

/** Formats an entry for people: `POST /api/token/ 401 12 ms`; entries that are no request with all of their fields. */
export function textLine(entry: LogEntry): string {
  const { event, method, path, status, ms } = entry
  if (event === 'request') return `${method} ${path} ${status} ${ms} ms`
  if (event === 'unreadable request') return `${event} ${status}`
  return formatLine(entry)
}

/** Formats an entry for programs: one JSON object per line, with the time in UTC and the process id. */
export const jsonLine = ({ level, event, ...fields }: LogEntry): string =>
  escapeControls(
    JSON.stringify({
      at: new Date().toISOString(),
      level,
      event,
      pid: process.pid,
      ...fields,
    }),
  )
