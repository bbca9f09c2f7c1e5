import { days, minutes, type UnixSeconds } from '../../../base/clock.ts'
import { ownMember } from '../../../base/optional.ts'
import { empty, field, notice, select } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { Page, Place, UserPlace } from '../listing.ts'
import { placeText } from './place.ts'
import { consolePage, doneNotice, type MenuName } from './shell.ts'
import type { StaffVisit } from './staff-visit.ts'

type Found<Row> = Page<Row, Place> | Page<Row, UserPlace>

/** An empty page: the filter names an unknown user. */
export const NO_ROWS = {
  rows: [],
  next: undefined,
  previous: undefined,
  isCut: false,
} as const

export interface ListParts<Row> {
  readonly title: string
  readonly current: MenuName
  readonly path: string
  /** What many of its rows are called, such as `sessions`. */
  readonly noun: string
  readonly found: Found<Row>
  /** Links beside the title. */
  readonly links?: HtmlValue
  /** What redirects after actions say. */
  readonly done?: Readonly<Record<string, HtmlValue>>
  /** Above the list: its filters, notices. */
  readonly above?: HtmlValue
  /** In place of the table, if the list is empty. */
  readonly none: HtmlValue
  table(rows: readonly Row[]): HtmlValue
}

/** A list with its filters, and links to its other pages. */
export function listPage<Row>(visit: StaffVisit, parts: ListParts<Row>): Html {
  const { title, current, noun, found, links = false, done = {}, above } = parts
  const rows: readonly Row[] = found.rows
  const isEmpty = rows.length === 0 && !found.isCut
  return consolePage(visit, {
    title,
    current,
    main: html`<div class="row"><h1>${title}</h1>${links}</div>
${doneNotice(visit, done)}
${above}
${found.isCut && cutNotice(noun, visit)}
${isEmpty && empty(parts.none)}${!isEmpty && parts.table(rows)}
${pager(visit, parts.path, found)}`,
  })
}

/** Many rows were read, and few match. */
const cutNotice = (noun: string, { query }: StaffVisit): Html =>
  notice(
    'warn',
    html`<p>Many ${noun} were read that do not match, so this page ends early. “${directionOf(query)}” goes on; a narrower filter is faster.</p>`,
  )

function directionOf(query: URLSearchParams): string {
  if (query.has('before')) return 'Previous'
  return 'Next'
}

/** Links to the first page of a list, and to those before and after. Nothing if it has one page. */
function pager(
  { query }: StaffVisit,
  path: string,
  { previous, next }: Pick<Page<unknown, Place | UserPlace>, 'previous' | 'next'>,
): HtmlValue {
  const isFirst = !query.has('after') && !query.has('before')
  if (isFirst && next === undefined) return false
  const at = (cursor: Readonly<Record<string, string>>) => linkIn(query, path, cursor)
  return html`<nav class="row" aria-label="Pages">
${!isFirst && html`<a class="btn small" href="${at({})}">First page</a>`}
${previous !== undefined && html`<a class="btn small" rel="prev" href="${at({ before: placeText(previous) })}">Previous</a>`}
${next !== undefined && html`<a class="btn small" rel="next" href="${at({ after: placeText(next) })}">Next</a>`}
</nav>`
}

/** A page of the list with the same filters. */
function linkIn(
  filters: URLSearchParams,
  path: string,
  cursor: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams(filters)
  for (const name of ['after', 'before', 'done']) query.delete(name)
  for (const [name, value] of Object.entries(cursor)) query.set(name, value)
  return withQuery(path, query)
}

export function withQuery(path: string, query: URLSearchParams): string {
  if (query.size === 0) return path
  return `${path}?${query}`
}

/** A form of filters: its answer has an address. */
export const filters = (path: string, fields: HtmlValue): Html =>
  html`<form class="row end" method="get" action="${path}" role="search">
${fields}
<div class="row"><button class="btn main">Filter</button><a href="${path}">Clear</a></div>
</form>`

interface FilterField {
  readonly name: string
  readonly label: string
  /** What can be written there. */
  readonly title?: string
  readonly type?: 'text' | 'search' | 'datetime-local'
}

export const filterField = (visit: StaffVisit, definition: FilterField): Html =>
  field(visit, {
    ...definition,
    value: visit.query.get(definition.name) ?? '',
    required: false,
    autocomplete: 'off',
  })

/** @param texts by their values @param byDefault the value that is chosen at first */
export const filterChoice = (
  visit: StaffVisit,
  name: string,
  label: string,
  texts: Readonly<Record<string, string>>,
  byDefault = '',
): Html =>
  select(visit, {
    name,
    label,
    value: visit.query.get(name) ?? byDefault,
    choices: Object.entries(texts).map(([value, text]) => ({ value, text })),
  })

/** The filters of a visit, for links to the same rows. */
export function filterQuery(
  visit: StaffVisit,
  names: readonly string[],
  more: Readonly<Record<string, string>> = {},
): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of names) {
    const value = visit.query.get(name)
    if (value) query.set(name, value)
  }
  for (const [name, value] of Object.entries(more)) query.set(name, value)
  return query
}

/** Whether a list is narrowed by one of these. */
export const isFiltered = ({ query }: StaffVisit, names: readonly string[]): boolean =>
  names.some((name) => query.get(name))

const LENGTHS: Readonly<Record<string, number>> = {
  hour: minutes(60),
  day: days(1),
  week: days(7),
  month: days(30),
}

/** The moment that began so long ago, such as `day`. @returns `undefined` for other words */
export function sinceIn(
  { query, now }: StaffVisit,
  name: string,
): UnixSeconds | undefined {
  const length = ownMember(LENGTHS, query.get(name) ?? '')
  if (length === undefined) return undefined
  return (now - length) as UnixSeconds
}
