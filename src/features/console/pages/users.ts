import { ifDefined } from '../../../base/optional.ts'
import { table } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Count, Page, UserFilter, UserPlace } from '../listing.ts'
import { consoleStore } from '../store.ts'
import {
  filterChoice,
  filterField,
  filterQuery,
  filters,
  isFiltered,
  listPage,
  sinceIn,
  withQuery,
} from './list.ts'
import { userCursorIn } from './place.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { countText, whenText } from './text.ts'
import { factorText, pathOfUser, rightsText, statusTags } from './user-texts.ts'

const PATH = '/console/users/'

interface Row {
  readonly user: StoredUser
  readonly factors: readonly string[]
  readonly sessions: number
}

const handlers: ConsoleHandlers = {
  async get(visit) {
    const reads = visit.core.ports(consoleStore).console
    const [found, count] = await Promise.all([
      reads.findUsers(userFilterIn(visit), userCursorIn(visit.query)),
      reads.countUsers(),
    ])
    const rows = await rowsOf(found.rows, visit)
    return usersPage(visit, { ...found, rows }, count)
  },
}

export const users = forStaff(handlers)

async function rowsOf(
  found: readonly StoredUser[],
  { core }: StaffVisit,
): Promise<readonly Row[]> {
  const reads = core.ports(consoleStore).console
  const ids = found.map(({ id }) => id)
  const [factors, sessions] = await Promise.all([
    reads.listFactorKinds(ids),
    reads.countSessions(ids, core.clock()),
  ])
  return found.map((user) => ({
    user,
    factors: factors.get(user.id) ?? [],
    sessions: sessions.get(user.id) ?? 0,
  }))
}

const STATUS = ['active', 'inactive', 'verified', 'unverified'] as const
const STAFF: Readonly<Record<string, boolean>> = { yes: true, no: false }
const FACTOR: Readonly<Record<string, boolean>> = { with: true, without: false }

export function userFilterIn(visit: StaffVisit): UserFilter {
  const chosen = (name: string): string => visit.query.get(name) ?? ''
  return {
    search: chosen('q'),
    status: STATUS.find((each) => each === chosen('status')),
    staff: STAFF[chosen('staff')],
    role: chosen('role') || undefined,
    factor: FACTOR[chosen('factor')],
    joinedSince: sinceIn(visit, 'created'),
  }
}

const usersPage = (visit: StaffVisit, found: Page<Row, UserPlace>, count: Count): Html =>
  listPage<Row>(visit, {
    title: 'Users',
    current: 'users',
    path: PATH,
    noun: 'users',
    found,
    links: links(visit),
    done: { deleted: 'The user was deleted.' },
    above: userFilters(visit),
    none: noUsers(visit, count),
    table: (rows) => userTable(visit, rows, captionOf(visit, count)),
  })

const links = (visit: StaffVisit): Html =>
  html`<div class="row push">
${visit.can('watchword.change') && html`<a class="btn small" href="${PATH}new/">Create a user</a>`}
<a class="btn small" href="${exportLink(visit, 'csv')}">Download as CSV</a>
<a class="btn small" href="${exportLink(visit, 'jsonl')}">Download as JSON lines</a>
</div>`

const FILTERS = ['q', 'status', 'staff', 'role', 'factor', 'created']

const exportLink = (visit: StaffVisit, format: 'csv' | 'jsonl'): string =>
  withQuery(`${PATH}export/`, filterQuery(visit, FILTERS, { format }))

function noUsers(visit: StaffVisit, count: Count): HtmlValue {
  if (!isFiltered(visit, FILTERS))
    return html`<p><strong>No users.</strong></p><p>Create one here, or with <code>watchword user create</code>.</p>`
  return html`<p><strong>${notFoundText(visit)}</strong></p>
<p><a href="${PATH}">Show all users (${countText(count)})</a></p>`
}

function notFoundText({ query }: StaffVisit): string {
  const search = query.get('q')
  if (!search) return 'No user matches.'
  return `No user whose name, e-mail, id or phone begins with “${search}” matches.`
}

function captionOf(visit: StaffVisit, count: Count): string {
  if (isFiltered(visit, FILTERS)) return `Users that match, of ${countText(count)}`
  return `${countText(count)} users`
}

const userTable = ({ now }: StaffVisit, rows: readonly Row[], caption: string): Html =>
  table<Row>(
    caption,
    [
      { title: 'User', cell: ({ user }) => nameAndAddress(user) },
      { title: 'Status', cell: ({ user }) => statusTags(user) },
      { title: 'Roles', cell: ({ user }) => rightsText(user) },
      {
        title: 'Second factor',
        isRoomy: true,
        cell: ({ factors }) => factorText(factors),
      },
      { title: 'Sessions', isNumber: true, cell: ({ sessions }) => atMost(sessions) },
      { title: 'Last sign-in', cell: ({ user }) => lastSignIn(user, now) },
      {
        title: 'Created',
        isRoomy: true,
        cell: ({ user }) => whenText(user.joinedAt, now),
      },
    ],
    rows,
  )

const nameAndAddress = ({ id, username, email }: StoredUser): Html =>
  html`<a href="${pathOfUser(id)}">${username}</a>${email !== undefined && html`<small>${email}</small>`}`

export const lastSignIn = ({ lastLoginAt }: StoredUser, now: number): HtmlValue =>
  ifDefined(lastLoginAt, (at) => whenText(at, now)) ?? 'not recorded'

function atMost(count: number): string {
  if (count >= 100) return '100 or more'
  return String(count)
}

function userFilters(visit: StaffVisit): Html {
  const roles = Object.keys(visit.core.roles)
  const ofRoles = { '': 'all', ...Object.fromEntries(roles.map((each) => [each, each])) }
  return filters(
    PATH,
    html`${filterField(visit, { name: 'q', label: 'Search', type: 'search', title: 'Beginning of a name, e-mail, id or phone number' })}
${filterChoice(visit, 'status', 'Status', STATUS_TEXTS)}
${filterChoice(visit, 'staff', 'Staff', { '': 'all', yes: 'staff', no: 'not staff' })}
${roles.length > 0 && filterChoice(visit, 'role', 'Role', ofRoles)}
${filterChoice(visit, 'factor', 'Second factor', { '': 'all', with: 'with', without: 'without' })}
${filterChoice(visit, 'created', 'Created', CREATED_TEXTS)}`,
  )
}

const STATUS_TEXTS = {
  '': 'all',
  active: 'active',
  inactive: 'deactivated',
  verified: 'verified',
  unverified: 'not verified',
}

const CREATED_TEXTS = {
  '': 'any time',
  hour: 'in the last hour',
  day: 'in the last day',
  week: 'in the last 7 days',
  month: 'in the last 30 days',
}
