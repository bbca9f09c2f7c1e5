import type { StoredEvent } from '../../../audit/event.ts'
import { Answer } from '../../../http/answer.ts'
import { shown } from '../../../pages/answers.ts'
import { notice } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { Count, Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { EVENT_FILTERS, eventFilterIn, eventFilters } from './event-filters.ts'
import { eventTable } from './event-table.ts'
import { filterQuery, isFiltered, listPage, NO_ROWS, withQuery } from './list.ts'
import { cursorIn } from './place.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { numberText, plural } from './text.ts'
import type { Names } from './user-texts.ts'

const PATH = '/console/events/'

/** Seconds between two readings of a list that is followed. */
const REFRESH = 5

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core } = visit
    // Events are written after their requests are answered.
    await core.audit.settled()
    const { found, count } = await findEvents(visit)
    const ids = found.rows.flatMap(({ userId, actor }) =>
      [userId, actor].filter((id) => id !== undefined),
    )
    const names = await core.ports(consoleStore).console.findNames([...new Set(ids)])
    const markup = eventsPage(visit, found, count, names)
    if (!isFollowed(visit)) return markup
    return refreshed(shown(markup, visit.site))
  },
}

export const events = forStaff(handlers)

interface FoundEvents {
  readonly found: Page<StoredEvent, Place>
  readonly count?: Count | undefined
}

async function findEvents(visit: StaffVisit): Promise<FoundEvents> {
  const filter = await eventFilterIn(visit)
  if (filter === undefined) return { found: NO_ROWS }
  const reads = visit.core.ports(consoleStore).console
  const [found, count] = await Promise.all([
    reads.findEvents(filter, cursorIn(visit.query)),
    reads.countEvents(filter),
  ])
  return { found, count }
}

const isFollowed = ({ query }: StaffVisit): boolean =>
  query.get('follow') === '1' && !query.has('after') && !query.has('before')

/** Browsers load the page again. A header, so that the page itself is the same. */
const refreshed = ({ content, status, headers, cacheControl }: Answer): Answer =>
  new Answer(content, status, {
    headers: [...headers, ['Refresh', String(REFRESH)]],
    cacheControl,
  })

const eventsPage = (
  visit: StaffVisit,
  found: Page<StoredEvent, Place>,
  count: Count | undefined,
  names: Names,
): Html =>
  listPage<StoredEvent>(visit, {
    title: 'Events',
    current: 'events',
    path: PATH,
    noun: 'events',
    found,
    links: links(visit),
    above: html`${isFollowed(visit) && notice('now', html`<p>This page loads again every ${REFRESH} seconds.</p>`)}
${eventFilters(visit, PATH)}
${count?.isMore && notice('now', html`<p>More than ${numberText(count.count)} events match, so they are not counted. Narrow the time or the event to find one.</p>`)}`,
    none: noEvents(visit),
    table: (rows) => eventTable(visit, rows, names, captionOf(count)),
  })

const links = (visit: StaffVisit): Html =>
  html`<div class="row push">
${followLink(visit)}
<a class="btn small" href="${exportLink(visit, 'csv')}">Download as CSV</a>
<a class="btn small" href="${exportLink(visit, 'jsonl')}">Download as JSON lines</a>
</div>`

function followLink(visit: StaffVisit): Html {
  const at = (more = {}) => withQuery(PATH, filterQuery(visit, EVENT_FILTERS, more))
  if (isFollowed(visit))
    return html`<a class="btn small" href="${at()}">Stop following</a>`
  return html`<a class="btn small" href="${at({ follow: '1' })}">Follow</a>`
}

const exportLink = (visit: StaffVisit, format: 'csv' | 'jsonl'): string =>
  withQuery(`${PATH}export/`, filterQuery(visit, EVENT_FILTERS, { format }))

const captionOf = (count: Count | undefined): string =>
  `${countedText(count)}, newest first, UTC`

function countedText(count: Count | undefined): string {
  if (count === undefined || count.isMore) return 'Events'
  return plural(count.count, 'event')
}

function noEvents(visit: StaffVisit): HtmlValue {
  if (isFiltered(visit, EVENT_FILTERS))
    return html`<p><strong>No event matches.</strong></p><p>Events are kept for 90 days, unless the option <code>audit</code> says otherwise. <a href="${PATH}">Show all events</a></p>`
  return html`<p><strong>No events.</strong></p><p>Sign-ins, changes and what is suspicious are recorded, unless the option <code>audit</code> is <code>false</code>.</p>`
}
