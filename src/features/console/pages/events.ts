import type { StoredEvent } from '../../../audit/event.ts'
import { days, minutes, type UnixSeconds } from '../../../base/clock.ts'
import { Answer } from '../../../http/answer.ts'
import { shown } from '../../../pages/answers.ts'
import {
  empty,
  field,
  notice,
  select,
  type Tone,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { Count, EventFilter, Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { placeIn, placeText } from './place.ts'
import { findUserId, userLink } from './sessions.ts'
import {
  consolePage,
  cutNotice,
  filters,
  listPager,
  numberText,
  plural,
} from './shell.ts'

const PATH = '/console/events/'

/** Seconds between two readings of a list that is followed. */
const REFRESH = 5

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core, query } = visit
    const reads = core.ports(consoleStore).console
    // Events are written after their requests are answered.
    await core.audit.settled()
    const filter = await eventFilterIn(visit)
    const [page, count] =
      filter === undefined
        ? [NOTHING, undefined]
        : await Promise.all([
            reads.findEvents(filter, placeIn(query.get('after'))),
            reads.countEvents(filter),
          ])
    const ids = page.rows.flatMap(({ userId, actor }) =>
      [userId, actor].filter((id) => id !== undefined),
    )
    const names = await reads.findNames([...new Set(ids)])
    const markup = eventsPage(visit, page, count, names)
    return isFollowed(visit) ? refreshed(shown(markup, visit.site)) : markup
  },
}

export const events = forStaff(handlers)

const NOTHING: Page<StoredEvent, Place> = { rows: [], next: undefined, isCut: false }

const isFollowed = ({ query }: StaffVisit): boolean =>
  query.get('follow') === '1' && !query.has('after')

/** Browsers load the page again. A header, so that the page itself is the same. */
const refreshed = ({ content, status, headers, cacheControl }: Answer): Answer =>
  new Answer(content, status, {
    headers: [...headers, ['Refresh', String(REFRESH)]],
    cacheControl,
  })

const SINCE: Readonly<Record<string, number>> = {
  hour: minutes(60),
  day: days(1),
  week: days(7),
  month: days(30),
}

/** @returns `undefined` if a user is asked for whom there is not */
export async function eventFilterIn(visit: StaffVisit): Promise<EventFilter | undefined> {
  const { query, core, now } = visit
  const text = (query.get('user') ?? '').trim()
  const userId = text === '' ? undefined : await userIdIn(text, visit)
  if (text !== '' && userId === undefined) return undefined
  const length = SINCE[query.get('in') ?? '']
  const since = momentIn(query.get('since'))
  const address = (query.get('address') ?? '').trim()
  return {
    userId,
    kind: core.eventKinds.find((kind) => kind === query.get('kind')),
    address: address === '' || address.includes('\0') ? undefined : address,
    since: since ?? (length === undefined ? undefined : ((now - length) as UnixSeconds)),
    until: momentIn(query.get('until')),
  }
}

/** Events outlive their users: an id that no user has any more finds them, too. */
async function userIdIn(text: string, { core }: StaffVisit) {
  const found = await findUserId(text, core)
  if (found !== undefined || !/^[\x21-\x7e]{1,64}$/.test(text)) return found
  return text as NonNullable<typeof found>
}

/** A moment as `datetime-local` sends it, in UTC. */
function momentIn(text: string | null): UnixSeconds | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text))
    return undefined
  const moment = Date.parse(`${text}Z`)
  return Number.isNaN(moment) ? undefined : ((moment / 1000) as UnixSeconds)
}

type Names = ReadonlyMap<string, string>

function eventsPage(
  visit: StaffVisit,
  { rows, next, isCut }: Page<StoredEvent, Place>,
  count: Count | undefined,
  names: Names,
): Html {
  const following = isFollowed(visit)
  return consolePage(visit, {
    title: 'Events',
    current: 'events',
    main: html`<div class="row"><h1>Events</h1><div class="row push">
<a class="btn small" href="${linkOf(visit, { follow: following ? undefined : '1' })}">${following ? 'Stop following' : 'Follow'}</a>
<a class="btn small" href="${exportLink(visit, 'csv')}">Download as CSV</a>
<a class="btn small" href="${exportLink(visit, 'jsonl')}">Download as JSON lines</a>
</div></div>
${following && notice('now', html`<p>This page loads again every ${REFRESH} seconds.</p>`)}
${eventFilters(visit)}
${count?.isMore && notice('now', html`<p>More than ${numberText(count.count)} events match, so they are not counted. Narrow the time or the event to find one.</p>`)}
${isCut && cutNotice('events')}
${rows.length === 0 && !isCut ? noEvents(visit) : eventTable(visit, rows, names, captionOf(count))}
${listPager(visit, PATH, next && placeText(next))}`,
  })
}

const captionOf = (count: Count | undefined): string =>
  count === undefined || count.isMore
    ? 'Events, newest first, UTC'
    : `${plural(count.count, 'event')}, newest first, UTC`

const FILTERS = ['kind', 'user', 'address', 'in', 'since', 'until']

function queryOf(visit: StaffVisit, more: Readonly<Record<string, string | undefined>>) {
  const query = new URLSearchParams()
  for (const name of FILTERS) {
    const value = visit.query.get(name)
    if (value) query.set(name, value)
  }
  for (const [name, value] of Object.entries(more)) if (value) query.set(name, value)
  return query
}

const linkOf = (
  visit: StaffVisit,
  more: Readonly<Record<string, string | undefined>>,
) => {
  const query = queryOf(visit, more)
  return query.size === 0 ? PATH : `${PATH}?${query}`
}

const exportLink = (visit: StaffVisit, format: 'csv' | 'jsonl'): string =>
  `${PATH}export/?${queryOf(visit, { format })}`

const noEvents = (visit: StaffVisit): Html =>
  FILTERS.some((name) => visit.query.get(name))
    ? empty(
        html`<p><strong>No event matches.</strong></p><p>Events are kept for 90 days, unless the option <code>audit</code> says otherwise. <a href="${PATH}">Show all events</a></p>`,
      )
    : empty(
        html`<p><strong>No events.</strong></p><p>Sign-ins, changes and what is suspicious are recorded, unless the option <code>audit</code> is <code>false</code>.</p>`,
      )

function eventFilters(visit: StaffVisit): Html {
  const chosen = (name: string): string => visit.query.get(name) ?? ''
  const kinds = visit.core.eventKinds.map((kind) => ({ value: kind, text: kind }))
  return filters(
    PATH,
    html`${select(visit, { name: 'kind', label: 'Event', value: chosen('kind'), choices: [{ value: '', text: 'all' }, ...kinds] })}
${field(visit, { name: 'user', label: 'User', value: chosen('user'), required: false, autocomplete: 'off', title: 'Name, e-mail or id' })}
${field(visit, { name: 'address', label: 'Address', value: chosen('address'), required: false, autocomplete: 'off', title: 'Beginning of an address, such as 192.0.2.' })}
${select(visit, {
  name: 'in',
  label: 'Time',
  value: chosen('in'),
  choices: [
    { value: '', text: 'any' },
    { value: 'hour', text: 'last hour' },
    { value: 'day', text: 'last day' },
    { value: 'week', text: 'last 7 days' },
    { value: 'month', text: 'last 30 days' },
  ],
})}
${field(visit, { name: 'since', label: 'From (UTC)', type: 'datetime-local', value: chosen('since'), required: false })}
${field(visit, { name: 'until', label: 'To (UTC)', type: 'datetime-local', value: chosen('until'), required: false })}`,
  )
}

/** Kinds that say that something is wrong. */
const TONES: Readonly<Record<string, Tone>> = {
  reuse_detected: 'bad',
  refresh_ahead: 'bad',
  sign_in_throttled: 'warn',
  second_factor_failed: 'warn',
  keys_rotated: 'now',
  user_deleted: 'now',
}

export const eventTable = (
  visit: StaffVisit,
  rows: readonly StoredEvent[],
  names: Names,
  caption: string,
): Html =>
  table(
    caption,
    [
      { title: 'Time', cell: ({ at }: StoredEvent) => timeText(at, visit.now) },
      { title: 'Event', cell: ({ kind }) => kindText(kind) },
      { title: 'User', cell: ({ userId }) => userLink(userId, names) },
      {
        title: 'Address',
        cell: ({ address }) => (address ? html`<code>${address}</code>` : '–'),
      },
      {
        title: 'Detail',
        cell: (event) => html`<small>${detailText(event, names)}</small>`,
      },
      {
        title: 'Request',
        isRoomy: true,
        cell: ({ requestId }) =>
          requestId === undefined ? '–' : html`<code>${requestId.slice(0, 8)}…</code>`,
      },
    ],
    rows,
  )

const kindText = (kind: string): Html => {
  const tone = TONES[kind]
  return tone === undefined ? html`${kind}` : tag(kind, tone)
}

/** With the second: events of one second belong together. */
function timeText(at: number, now: number): Html {
  const iso = new Date(at * 1000).toISOString()
  const isToday = iso.slice(0, 10) === new Date(now * 1000).toISOString().slice(0, 10)
  const text = isToday ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11, 19)}`
  return html`<time datetime="${iso}">${text}</time>`
}

/** What an event says besides, in one line. */
export function detailText({ detail, actor }: StoredEvent, names: Names): string {
  const members = Object.entries(detail).map(
    ([name, value]) => `${name}: ${valueText(value)}`,
  )
  const by = actor === undefined ? [] : [`by ${names.get(actor) ?? actor}`]
  return [...by, ...members].join('; ') || '–'
}

const valueText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
