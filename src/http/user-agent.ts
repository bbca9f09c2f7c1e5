import type { AuthRequest } from './request.ts'

/** Enough to recognize a device by. */
const LONGEST = 200

/** C0, DEL and C1: a terminal that shows the text must not act on it, and PostgreSQL stores no NUL. */
const CONTROL = /[\0-\x1f\x7f-\x9f]+/g

/** The client's `User-Agent`, without control characters and cut; `undefined` if it has none. */
export function userAgentOf(request: Pick<AuthRequest, 'header'>): string | undefined {
  const text = request.header('user-agent')?.replace(CONTROL, ' ').trim()
  return text?.slice(0, LONGEST).trimEnd() || undefined
}
