import { days, minutes, type UnixSeconds } from '../../../base/clock.ts'
import { seeOther } from '../../../pages/answers.ts'
import {
  button,
  empty,
  field,
  form,
  hidden,
  select,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { relativeTimeOf } from '../../../pages/time.ts'
import type { SessionId, StoredSession } from '../../../sessions/session.ts'
import { usernameKey } from '../../../users/names.ts'
import type { UserId } from '../../../users/user.ts'
import type { Core } from '../../core.ts'
import type { Count, Page, Place, SessionFilter } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { revokeSession } from '../verbs.ts'
import { deviceText } from './device.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { placeIn, placeText } from './place.ts'
import {
  consolePage,
  countText,
  cutNotice,
  doneNotice,
  filters,
  listPager,
  whenText,
} from './shell.ts'

const PATH = '/console/sessions/'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core, query } = visit
    const reads = core.ports(consoleStore).console
    const filter = await filterIn(visit)
    const now = core.clock()
    const [page, active] = await Promise.all([
      filter === undefined
        ? NOTHING
        : reads.findSessions(filter, now, placeIn(query.get('after'))),
      reads.countActiveSessions(now),
    ])
    const ids = page.rows.flatMap(({ userId, actor }) =>
      [userId ?? [], actor ?? []].flat(),
    )
    return sessionsPage(visit, page, active, await reads.findNames([...new Set(ids)]))
  },
  async post(visit) {
    await revokeSession(visit.form.text('session'), visit)
    return seeOther(`${PATH}?done=revoked`)
  },
}

export const sessions = forStaff(handlers)

const NOTHING: Page<StoredSession, Place> = { rows: [], next: undefined, isCut: false }

const SESSION_ID = /^[\da-f]{32}$/

/** @returns `undefined` if a user is asked for whom there is not */
async function filterIn(visit: StaffVisit): Promise<SessionFilter | undefined> {
  const { query, core } = visit
  const text = (query.get('q') ?? '').trim()
  const named = await namedIn(text, core)
  return named && { ...stateIn(visit), ...named }
}

function stateIn({ query, now }: StaffVisit): SessionFilter {
  const state = query.get('state') ?? 'active'
  const used = query.get('used')
  const since = used === null ? undefined : { hour: minutes(60), day: days(1) }[used]
  return {
    state: state === 'active' || state === 'ended' ? state : undefined,
    usedSince: since === undefined ? undefined : ((now - since) as UnixSeconds),
    usedBefore: used === 'unused' ? ((now - days(7)) as UnixSeconds) : undefined,
  }
}

/** A session's id, the beginning of an address, or a user. */
async function namedIn(text: string, core: Core): Promise<SessionFilter | undefined> {
  if (text === '') return {}
  const isSession =
    SESSION_ID.test(text) && (await core.sessions?.find(text as SessionId))
  if (isSession) return { sessionId: text as SessionId, state: undefined }
  const userId = await findUserId(text, core)
  if (userId !== undefined) return { userId }
  return /^[\da-f]{0,4}[.:]|^\d{1,3}\./i.test(text) ? { address: text } : undefined
}

/** The user with this name, address or id. */
export async function findUserId(
  text: string,
  { users }: Core,
): Promise<UserId | undefined> {
  if (text.includes('\0') || !text.isWellFormed()) return undefined
  const key = usernameKey(text)
  const found =
    (await users.findByKey('username', key)) ??
    (await users.findByKey('email', text.toLowerCase())) ??
    (await users.read('id', text))?.user
  return found?.id
}

type Names = ReadonlyMap<string, string>

function sessionsPage(
  visit: StaffVisit,
  { rows, next, isCut }: Page<StoredSession, Place>,
  active: Count,
  names: Names,
): Html {
  return consolePage(visit, {
    title: 'Sessions',
    current: 'sessions',
    main: html`<h1>Sessions</h1>
${doneNotice(visit, { revoked: 'The session was revoked.' })}
${sessionFilters(visit)}
${isCut && cutNotice('sessions')}
${rows.length === 0 && !isCut ? noSessions(visit) : sessionTable(visit, rows, names, `${countText(active)} active sessions; the newest sign-in first`, PATH)}
${listPager(visit, PATH, next && placeText(next))}`,
  })
}

const noSessions = ({ query }: StaffVisit): Html => {
  const text = query.get('q')
  return empty(html`<p><strong>${text ? html`No session of “${text}” matches.` : 'No session matches.'}</strong></p>
<p>A session begins with each sign-in. <a href="${PATH}?state=all">Show all sessions</a></p>`)
}

const sessionFilters = (visit: StaffVisit): Html =>
  filters(
    PATH,
    html`${field(visit, { name: 'q', label: 'Search', type: 'search', value: visit.query.get('q') ?? '', required: false, autocomplete: 'off', title: 'User, beginning of an address, or session id' })}
${select(visit, {
  name: 'state',
  label: 'State',
  value: visit.query.get('state') ?? 'active',
  choices: [
    { value: 'active', text: 'active' },
    { value: 'ended', text: 'ended' },
    { value: 'all', text: 'all' },
  ],
})}
${select(visit, {
  name: 'used',
  label: 'Last used',
  value: visit.query.get('used') ?? '',
  choices: [
    { value: '', text: 'any time' },
    { value: 'hour', text: 'in the last hour' },
    { value: 'day', text: 'in the last day' },
    { value: 'unused', text: 'more than 7 days ago' },
  ],
})}`,
  )

/** @param action where the buttons send their forms */
export function sessionTable(
  visit: StaffVisit,
  rows: readonly StoredSession[],
  names: Names | undefined,
  caption: string,
  action: string,
): Html {
  const device = {
    title: 'Device',
    cell: (session: StoredSession) =>
      html`${deviceText(session.userAgent)}${actorText(session, names)}`,
  }
  const user = {
    title: 'User',
    cell: (session: StoredSession) => userLink(session.userId, names),
  }
  return table(
    caption,
    [
      ...(names === undefined ? [device] : [user, device]),
      {
        title: 'Address',
        cell: ({ address }) => (address ? html`<code>${address}</code>` : 'unknown'),
      },
      { title: 'Signed in with', cell: ({ amr }) => methodsText(amr) },
      { title: 'Since', cell: ({ createdAt }) => whenText(createdAt, visit.now) },
      { title: 'Last used', cell: (session) => lastUseText(session, visit) },
      { title: 'State', cell: (session) => stateTag(session, visit.now) },
      {
        title: 'Action',
        cell: (session) =>
          isActive(session, visit.now) &&
          visit.can('watchword.change') &&
          revokeForm(visit, session, action),
      },
    ],
    rows,
  )
}

const isActive = ({ revokedAt, expiresAt, idleExpiresAt }: StoredSession, now: number) =>
  revokedAt === undefined && Math.min(expiresAt, idleExpiresAt) > now

function stateTag(session: StoredSession, now: number): Html {
  if (session.revokeReason !== undefined)
    return tag(`revoked: ${session.revokeReason}`, 'bad')
  return isActive(session, now) ? tag('active', 'good') : tag('expired')
}

/** Uses of this process may not be written yet. */
function lastUseText(session: StoredSession, { core, now }: StaffVisit): HtmlValue {
  const at = core.sessions?.findUse(session.id) ?? session.lastUsedAt ?? session.rotatedAt
  return at === undefined ? 'not yet' : relativeTimeOf(at, now)
}

export const userLink = (id: string | undefined, names: Names | undefined): HtmlValue =>
  id === undefined
    ? '–'
    : html`<a href="/console/users/${encodeURIComponent(id)}/">${names?.get(id) ?? id}</a>`

const actorText = ({ actor }: StoredSession, names: Names | undefined): HtmlValue =>
  actor !== undefined &&
  html`<small>${names?.get(actor) ?? actor} acts as the user</small>`

/** Values of `amr` (RFC 8176 §2), in words. */
const METHODS: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'app',
  sms: 'text message',
  hwk: 'passkey',
  swk: 'passkey',
  link: 'link in a mail',
  mfa: 'several',
}

export const methodsText = (amr: readonly string[] | undefined): string => {
  if (amr === undefined) return 'unknown'
  return amr.map((each) => METHODS[each] ?? each).join(', ') || 'a program'
}

const revokeForm = (visit: StaffVisit, session: StoredSession, action: string): Html =>
  form(
    visit,
    { action },
    html`${hidden('action', 'revoke-session')}${hidden('session', session.id)}${button(html`Revoke<span class="seen-not"> session on ${deviceText(session.userAgent)}, ${session.id}</span>`, { kind: 'small' })}`,
  )
