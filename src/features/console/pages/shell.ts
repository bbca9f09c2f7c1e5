import { button, form, notice, pager, tag } from '../../../pages/components.ts'
import { densePage } from '../../../pages/document.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Count } from '../listing.ts'
import type { StaffVisit } from './gate.ts'

/** The pages in the menu. */
const MENU = [
  ['overview', 'Overview', '/console/'],
  ['users', 'Users', '/console/users/'],
  ['sessions', 'Sessions', '/console/sessions/'],
  ['tokens', 'API tokens', '/console/api-tokens/'],
  ['keys', 'Keys', '/console/keys/'],
  ['events', 'Events', '/console/events/'],
  ['messages', 'Mail outbox', '/console/outbox/'],
  ['explain', 'Explain a token', '/console/explain/'],
  ['settings', 'Settings', '/console/settings/'],
] as const

export type MenuName = (typeof MENU)[number][0]

export interface ConsoleParts {
  readonly title: string
  readonly current: MenuName
  readonly main: HtmlValue
  readonly hasErrors?: boolean
}

/** A page of the console, with its menu. */
export const consolePage = (
  visit: StaffVisit,
  { title, current, main, hasErrors = false }: ConsoleParts,
): Html =>
  densePage(withConsoleName(visit), {
    title,
    hasErrors,
    menuName: 'Console',
    menu: MENU.map(([name, text, href]) => ({ text, href, isCurrent: name === current })),
    top: html`<span>${visit.visitor.user.username}</span>${signOut(visit)}`,
    main,
  })

/** The console is in English only. */
const withConsoleName = (visit: StaffVisit): StaffVisit => ({
  ...visit,
  language: 'en',
  site: { ...visit.site, name: `${visit.site.name} console`, home: '/console/' },
})

const signOut = (visit: StaffVisit): Html =>
  form(
    visit,
    { action: visit.accountPath('/sign-out/') },
    button('Sign out', { kind: 'small' }),
  )

/** What a redirect after an action says, by the code in `?done=`: never a text of the address. */
export function doneNotice(
  { query }: StaffVisit,
  texts: Readonly<Record<string, HtmlValue>>,
): HtmlValue {
  const code = query.get('done') ?? ''
  return Object.hasOwn(texts, code) && notice('good', html`<p>${texts[code]}</p>`)
}

/** Links to the beginning of a list and to its next page. */
export function listPager(
  visit: StaffVisit,
  path: string,
  next: string | undefined,
): HtmlValue {
  const at = (place: string | undefined): string => {
    const query = new URLSearchParams(visit.query)
    for (const name of ['after', 'done']) query.delete(name)
    if (place !== undefined) query.set('after', place)
    return query.size === 0 ? path : `${path}?${query}`
  }
  const english = { texts: { common: { ...visit.texts.common, ...PAGER } } } as never
  return pager(english, {
    newer: visit.query.has('after') ? at(undefined) : undefined,
    older: next === undefined ? undefined : at(next),
  })
}

const PAGER = { newer: 'First page', older: 'Next', pages: 'Pages' }

/** Above 10,000 nothing is counted. */
export const countText = ({ count, isMore }: Count): string =>
  isMore ? `more than ${numberText(count)}` : numberText(count)

export const numberText = (value: number): string => value.toLocaleString('en')

export const plural = (count: number, noun: string): string =>
  `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`

/** Many rows were read, and few match. */
export const cutNotice = (noun: string): Html =>
  notice(
    'warn',
    html`<p>Many ${noun} were read that do not match, so this page ends early. “Next” goes on; a narrower filter is faster.</p>`,
  )

/** A form of filters: its answer has an address. */
export const filters = (path: string, fields: HtmlValue): Html =>
  html`<form class="row end" method="get" action="${path}" role="search">
${fields}
<div class="row"><button class="btn main">Filter</button><a href="${path}">Clear</a></div>
</form>`

/** A moment of today by its time, others by their date, in UTC. */
export function whenText(moment: number, now: number): Html {
  const date = new Date(moment * 1000)
  const iso = date.toISOString()
  const isToday = iso.slice(0, 10) === new Date(now * 1000).toISOString().slice(0, 10)
  const time = iso.slice(11, 16)
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
  const isThisYear = date.getUTCFullYear() === new Date(now * 1000).getUTCFullYear()
  const text = isThisYear ? day : `${day} ${date.getUTCFullYear()}`
  return html`<time datetime="${iso}">${isToday ? `today, ${time}` : `${text}, ${time}`}</time>`
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August'],
  ...['September', 'October', 'November', 'December'],
]

/** The states of a user, in words. */
export function statusTags(user: StoredUser): Html {
  const isUnverified = user.email !== undefined && user.emailVerifiedAt === undefined
  return html`${user.active ? tag('active', 'good') : tag('deactivated', 'bad')}${isUnverified && html` ${tag('not verified', 'warn')}`}`
}
