import { type Html, html } from '../../../pages/html.ts'
import { mayRevoke } from '../user-rules.ts'
import { apiTokenTable } from './api-token-table.ts'
import { eventTable } from './event-table.ts'
import { sessionTable } from './session-table.ts'
import { emptySection } from './shell.ts'
import type { StaffVisit } from './staff-visit.ts'
import { plural } from './text.ts'
import type { UserData } from './user-data.ts'
import { pathNow } from './user-forms.ts'

/** The newest sessions, API tokens and events of a user, with links to all. */
export const userLists = (visit: StaffVisit, data: UserData): Html =>
  html`${sessionPart(visit, data)}
${tokenPart(visit, data)}
${eventPart(visit, data)}`

/** Sessions on the page of a user; the rest is in the list of sessions. */
const SHOWN = 10

const linkTo = (list: string, query: Readonly<Record<string, string>>): string =>
  `/console/${list}/?${new URLSearchParams(query)}`

function sessionPart(visit: StaffVisit, { sessions, account, words }: UserData): Html {
  const { id, username } = account.user
  const { rows } = sessions
  const all = linkTo('sessions', { q: id, state: 'all' })
  if (rows.length === 0)
    return emptySection(
      'sessions',
      'Sessions',
      html`None is active. <a href="${all}">Ended sessions</a>`,
    )
  const shown = rows.slice(0, SHOWN)
  const caption = captionOf(rows.length)
  const action = pathNow(visit)
  const canRevoke = () => canRevokeOf(account, visit)
  return html`${sessionTable(visit, shown, { words, hasUsers: false, caption, action, canRevoke })}
<p><a href="${all}">All sessions of ${username}</a></p>`
}

const canRevokeOf = ({ user }: UserData['account'], visit: StaffVisit): boolean =>
  visit.can('watchword.change') && mayRevoke(user, visit)

function captionOf(sessions: number): string {
  if (sessions > SHOWN) return `The newest ${SHOWN} active sessions`
  return plural(sessions, 'active session')
}

function tokenPart(visit: StaffVisit, { tokens, account }: UserData): Html {
  const { rows, next } = tokens
  if (rows.length === 0) return emptySection('tokens', 'API tokens', 'None.')
  const caption = plural(rows.length, 'API token')
  const all = linkTo('api-tokens', { user: account.user.id })
  const canRevoke = () => canRevokeOf(account, visit)
  return html`${apiTokenTable(visit, rows, { caption, action: pathNow(visit), canRevoke })}
${next !== undefined && html`<p><a href="${all}">All API tokens</a></p>`}`
}

function eventPart(visit: StaffVisit, { events, words, account }: UserData): Html {
  const { id, username } = account.user
  if (events.rows.length === 0) return emptySection('events', 'Latest events', 'None.')
  return html`${eventTable(visit, events.rows, words.names, 'Latest events, UTC')}
<p><a href="${linkTo('events', { user: id })}">All events of ${username}</a></p>`
}
