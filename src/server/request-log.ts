import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LogEntry } from '../base/log.ts'
import { formatLine, pathForLog } from '../base/log.ts'

export type ServerLog = (entry: LogEntry) => void

/** What a line says of who asked. */
export interface RequestClient {
  readonly request: string
  readonly address: string
}

/** Tells of a request once its response is over. Nothing of a header, a query or a body is in it (L3). */
export function logWhenDone(
  request: IncomingMessage,
  response: ServerResponse,
  caller: RequestClient,
  log: ServerLog,
): void {
  const began = performance.now()
  response.once('close', () => {
    const isWhole = response.writableFinished
    const path = pathForLog(request.url ?? '')
    // Probes come every few seconds. What they find is told where it is not good.
    if (path.startsWith('/health/') && isWhole && response.statusCode === 200) return
    log({
      level: levelOf(response.statusCode, isWhole),
      event: 'request',
      method: request.method,
      path,
      status: isWhole ? response.statusCode : 'broken off',
      ms: Math.round(performance.now() - began),
      ...caller,
    })
  })
}

function levelOf(status: number, isWhole: boolean): LogEntry['level'] {
  if (!isWhole || status === 503) return 'warn'
  return status >= 500 ? 'error' : 'info'
}

/** For people: `POST /api/token/ 401 12 ms`. What is no request is told with all that is known of it. */
export function textLine(entry: LogEntry): string {
  const { event, method, path, status, ms } = entry
  if (event === 'request') return `${method} ${path} ${status} ${ms} ms`
  return event === 'unreadable request' ? `${event} ${status}` : formatLine(entry)
}

/** For programs: one JSON object a line, with the moment in UTC and the process. */
export const jsonLine = ({ level, event, ...fields }: LogEntry): string =>
  JSON.stringify({
    at: new Date().toISOString(),
    level,
    event,
    pid: process.pid,
    ...fields,
  })
