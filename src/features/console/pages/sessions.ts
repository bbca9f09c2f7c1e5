import { days, minutes, type UnixSeconds } from '../../../base/clock.ts'
import { ownMember } from '../../../base/optional.ts'
import { seeOther } from '../../../pages/answers.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { SessionId, StoredSession } from '../../../sessions/session.ts'
import type { Core } from '../../core.ts'
import { placesOf } from '../../pages/places.ts'
import type { Count, Page, Place, SessionFilter } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { endSession } from '../user-actions.ts'
import { revocableOf } from '../user-rules.ts'
import { findUserId } from './find-user.ts'
import { filterChoice, filterField, filters, listPage, NO_ROWS } from './list.ts'
import { cursorIn } from './place.ts'
import { type SessionTable, type SessionWords, sessionTable } from './session-table.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { countText } from './text.ts'

const PATH = '/console/sessions/'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core } = visit
    const reads = core.ports(consoleStore).console
    const [found, active] = await Promise.all([
      findSessions(visit),
      reads.countActiveSessions(core.clock()),
    ])
    const users = found.rows.map(({ userId }) => userId)
    const [words, canRevoke] = await Promise.all([
      wordsOf(found.rows, core),
      revocableOf(users, visit),
    ])
    return sessionsPage(visit, found, active, { words, canRevoke })
  },
  async post(visit) {
    await endSession(visit.form.text('session'), visit)
    return seeOther(`${PATH}?done=revoked`)
  },
}

export const sessions = forStaff(handlers)

async function findSessions(visit: StaffVisit): Promise<Page<StoredSession, Place>> {
  const { core, query } = visit
  const filter = await filterIn(visit)
  if (filter === undefined) return NO_ROWS
  const reads = core.ports(consoleStore).console
  return reads.findSessions(filter, core.clock(), cursorIn(query))
}

/** Reads the data of a session table that is not in the rows of sessions. */
export async function wordsOf(
  rows: readonly StoredSession[],
  core: Core,
): Promise<SessionWords> {
  const ids = rows.flatMap(({ userId, actor }) => [userId ?? [], actor ?? []].flat())
  const addresses = rows.map(({ address }) => address)
  const [names, places] = await Promise.all([
    core.ports(consoleStore).console.findNames([...new Set(ids)]),
    placesOf(addresses, core),
  ])
  return { names, places }
}

const SESSION_ID = /^[\da-f]{32}$/

/** @returns `undefined` if the filter names an unknown user */
async function filterIn(visit: StaffVisit): Promise<SessionFilter | undefined> {
  const text = (visit.query.get('q') ?? '').trim()
  const named = await namedIn(text, visit.core)
  return named && { ...stateIn(visit), ...named }
}

const STATES = ['active', 'ended'] as const

const USED: Readonly<Record<string, (now: number) => SessionFilter>> = {
  hour: (now) => ({ usedSince: (now - minutes(60)) as UnixSeconds }),
  day: (now) => ({ usedSince: (now - days(1)) as UnixSeconds }),
  unused: (now) => ({ usedBefore: (now - days(7)) as UnixSeconds }),
}

function stateIn({ query, now }: StaffVisit): SessionFilter {
  const state = query.get('state') ?? 'active'
  const used = ownMember(USED, query.get('used') ?? '')
  return { state: STATES.find((each) => each === state), ...used?.(now) }
}

const ADDRESS = /^[\da-f]{0,4}[.:]|^\d{1,3}\./i

/** A session's id, the beginning of an address, or a user. */
async function namedIn(text: string, core: Core): Promise<SessionFilter | undefined> {
  if (text === '') return {}
  const isSession =
    SESSION_ID.test(text) && (await core.sessions?.find(text as SessionId))
  if (isSession) return { sessionId: text as SessionId, state: undefined }
  const userId = await findUserId(text, core)
  if (userId !== undefined) return { userId }
  if (ADDRESS.test(text)) return { address: text }
  return undefined
}

const sessionsPage = (
  visit: StaffVisit,
  found: Page<StoredSession, Place>,
  active: Count,
  shown: Pick<SessionTable, 'words' | 'canRevoke'>,
): Html =>
  listPage<StoredSession>(visit, {
    title: 'Sessions',
    current: 'sessions',
    path: PATH,
    noun: 'sessions',
    found,
    done: { revoked: 'The session was revoked.' },
    above: sessionFilters(visit),
    none: noSessions(visit),
    table: (rows) =>
      sessionTable(visit, rows, {
        ...shown,
        hasUsers: true,
        caption: `${countText(active)} active sessions; the newest sign-in first`,
        action: PATH,
      }),
  })

const noSessions = (visit: StaffVisit): HtmlValue =>
  html`<p><strong>${notFoundText(visit)}</strong></p>
<p>A session begins with each sign-in. <a href="${PATH}?state=all">Show all sessions</a></p>`

function notFoundText({ query }: StaffVisit): string {
  const text = query.get('q')
  if (!text) return 'No session matches.'
  return `No session of “${text}” matches.`
}

const SEARCH = 'User, beginning of an address, or session id'

const sessionFilters = (visit: StaffVisit): Html =>
  filters(
    PATH,
    html`${filterField(visit, { name: 'q', label: 'Search', type: 'search', title: SEARCH })}
${filterChoice(visit, 'state', 'State', { active: 'active', ended: 'ended', all: 'all' }, 'active')}
${filterChoice(visit, 'used', 'Last used', USED_TEXTS)}`,
  )

const USED_TEXTS = {
  '': 'any time',
  hour: 'in the last hour',
  day: 'in the last day',
  unused: 'more than 7 days ago',
}
