import type { AuthRequest } from './request.ts'

/** Enough to recognize a device by. */
const LONGEST = 200

/** C0, DEL and C1: a terminal that shows the text must not act on it, and PostgreSQL stores no NUL. */
const CONTROL = /[\0-\x1f\x7f-\x9f]+/g

/** The pages of the browsable API send it: users find their sessions by it in a list. */
const PAGE = 'watchword-page'

/** The client's `User-Agent`, without control characters and cut; `undefined` if it has none. */
export function userAgentOf(request: Pick<AuthRequest, 'header'>): string | undefined {
  const agent = request.header('user-agent')?.replace(CONTROL, ' ').trim()
  const isPage = request.header(PAGE) === 'browse'
  const text = [isPage && 'Browsable API', agent].filter(Boolean).join(': ')
  return text.slice(0, LONGEST).trimEnd() || undefined
}
