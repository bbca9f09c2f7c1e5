import type { UnixSeconds } from '../../../base/clock.ts'
import { days, minutes } from '../../../base/clock.ts'
import { empty, field, select, table } from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Count, UserFilter } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { placeText, userPlaceIn } from './place.ts'
import {
  consolePage,
  countText,
  cutNotice,
  doneNotice,
  filters,
  listPager,
  statusTags,
  whenText,
} from './shell.ts'

const PATH = '/console/users/'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { query, core } = visit
    const reads = core.ports(consoleStore).console
    const filter = filterIn(visit)
    const [page, count] = await Promise.all([
      reads.findUsers(filter, userPlaceIn(query.get('after'))),
      reads.countUsers(),
    ])
    const ids = page.rows.map(({ id }) => id)
    const [factors, sessions] = await Promise.all([
      reads.listFactorKinds(ids),
      reads.countSessions(ids, core.clock()),
    ])
    const rows = page.rows.map((user) => ({
      user,
      factors: factors.get(user.id) ?? [],
      sessions: sessions.get(user.id) ?? 0,
    }))
    return usersPage(visit, { ...page, rows }, count)
  },
}

export const users = forStaff(handlers)

interface Row {
  readonly user: StoredUser
  readonly factors: readonly string[]
  readonly sessions: number
}

interface Found {
  readonly rows: readonly Row[]
  readonly next: Parameters<typeof placeText>[0] | undefined
  readonly isCut: boolean
}

const STATUS = ['active', 'inactive', 'verified', 'unverified'] as const

const CREATED: Readonly<Record<string, number>> = {
  hour: minutes(60),
  day: days(1),
  week: days(7),
  month: days(30),
}

function filterIn({ query, now }: StaffVisit): UserFilter {
  const created = CREATED[query.get('created') ?? '']
  const staff = query.get('staff')
  const factor = query.get('factor')
  return {
    search: query.get('q') ?? '',
    status: STATUS.find((each) => each === query.get('status')),
    staff: staff === 'yes' || (staff === 'no' ? false : undefined),
    role: query.get('role') || undefined,
    factor: factor === 'with' || (factor === 'without' ? false : undefined),
    joinedSince: created === undefined ? undefined : ((now - created) as UnixSeconds),
  }
}

const usersPage = (visit: StaffVisit, found: Found, count: Count): Html =>
  consolePage(visit, {
    title: 'Users',
    current: 'users',
    main: html`<div class="row"><h1>Users</h1>${visit.can('watchword.change') && html`<a class="btn small push" href="${PATH}new/">Create a user</a>`}</div>
${doneNotice(visit, { deleted: 'The user was deleted.' })}
${userFilters(visit)}
${found.isCut && cutNotice('users')}
${found.rows.length === 0 && !found.isCut ? noUsers(visit, count) : userTable(visit, found.rows, count)}
${listPager(visit, PATH, found.next && placeText(found.next))}`,
  })

const isFiltered = ({ query }: StaffVisit): boolean =>
  ['q', 'status', 'staff', 'role', 'factor', 'created'].some((name) => query.get(name))

function noUsers(visit: StaffVisit, count: Count): Html {
  const search = visit.query.get('q')
  if (!isFiltered(visit))
    return empty(
      html`<p><strong>No users.</strong></p><p>Create one here, or with <code>watchword user create</code>.</p>`,
    )
  return empty(html`<p><strong>${search ? html`No user whose name, e-mail, id or phone begins with “${search}” matches.` : 'No user matches.'}</strong></p>
<p><a href="${PATH}">Show all users (${countText(count)})</a></p>`)
}

const userTable = (visit: StaffVisit, rows: readonly Row[], count: Count): Html =>
  table(
    isFiltered(visit)
      ? `Users that match, of ${countText(count)}`
      : `${countText(count)} users`,
    [
      {
        title: 'User',
        cell: ({ user }: Row) =>
          html`<a href="${PATH}${encodeURIComponent(user.id)}/">${user.username}</a>${user.email !== undefined && html`<small>${user.email}</small>`}`,
      },
      { title: 'Status', cell: ({ user }: Row) => statusTags(user) },
      { title: 'Roles', cell: ({ user }: Row) => rolesText(user) },
      {
        title: 'Second factor',
        isRoomy: true,
        cell: ({ factors }: Row) => factorText(factors),
      },
      {
        title: 'Sessions',
        isNumber: true,
        cell: ({ sessions }: Row) => atMost(sessions),
      },
      {
        title: 'Last sign-in',
        cell: ({ user: { lastLoginAt } }: Row) =>
          lastLoginAt === undefined ? 'not recorded' : whenText(lastLoginAt, visit.now),
      },
      {
        title: 'Created',
        isRoomy: true,
        cell: ({ user }: Row) => whenText(user.joinedAt, visit.now),
      },
    ],
    rows,
  )

const atMost = (count: number): string => (count >= 100 ? '100 or more' : String(count))

export const rolesText = ({ roles, staff, superuser }: StoredUser): string =>
  [...roles, ...(staff ? ['staff'] : []), ...(superuser ? ['superuser'] : [])].join(
    ', ',
  ) || 'none'

export const factorText = (kinds: readonly string[]): string =>
  kinds.map((kind) => (kind === 'totp' ? 'app' : kind)).join(', ') || 'none'

const choices = (...all: readonly (readonly [value: string, text: string])[]) =>
  all.map(([value, text]) => ({ value, text }))

function userFilters(visit: StaffVisit): Html {
  const { query, core } = visit
  const chosen = (name: string): string => query.get(name) ?? ''
  const roles = Object.keys(core.roles)
  return filters(
    PATH,
    html`${field(visit, { name: 'q', label: 'Search', type: 'search', value: chosen('q'), required: false, autocomplete: 'off', title: 'Beginning of a name, e-mail, id or phone number' })}
${select(visit, { name: 'status', label: 'Status', value: chosen('status'), choices: choices(['', 'all'], ['active', 'active'], ['inactive', 'deactivated'], ['verified', 'verified'], ['unverified', 'not verified']) })}
${select(visit, { name: 'staff', label: 'Staff', value: chosen('staff'), choices: choices(['', 'all'], ['yes', 'staff'], ['no', 'not staff']) })}
${roles.length > 0 && select(visit, { name: 'role', label: 'Role', value: chosen('role'), choices: choices(['', 'all'], ...roles.map((role) => [role, role] as const)) })}
${select(visit, { name: 'factor', label: 'Second factor', value: chosen('factor'), choices: choices(['', 'all'], ['with', 'with'], ['without', 'without']) })}
${select(visit, { name: 'created', label: 'Created', value: chosen('created'), choices: choices(['', 'any time'], ['hour', 'in the last hour'], ['day', 'in the last day'], ['week', 'in the last 7 days'], ['month', 'in the last 30 days']) })}`,
  )
}
