import { ownMember } from '../../../base/optional.ts'
import { button, form, notice } from '../../../pages/components.ts'
import { densePage } from '../../../pages/document.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { Core } from '../../core.ts'
import { hasOAuth } from '../../oauth/options.ts'
import { hasSigningKeys } from '../../signing-keys/options.ts'
import type { StaffVisit } from './staff-visit.ts'

/** The pages in the menu. */
const MENU = [
  ['overview', 'Overview', '/console/'],
  ['users', 'Users', '/console/users/'],
  ['sessions', 'Sessions', '/console/sessions/'],
  ['tokens', 'API tokens', '/console/api-tokens/'],
  ['signingKeys', 'Request signing keys', '/console/signing-keys/'],
  ['applications', 'Applications', '/console/applications/'],
  ['keys', 'Keys', '/console/keys/'],
  ['events', 'Events', '/console/events/'],
  ['messages', 'Mail outbox', '/console/outbox/'],
  ['explain', 'Explain a token', '/console/explain/'],
  ['settings', 'Settings', '/console/settings/'],
] as const

export type MenuName = (typeof MENU)[number][0]

/** Whether the options have a page of the menu. */
function isOn(name: MenuName, { section }: Pick<Core, 'section'>): boolean {
  if (name === 'applications') return hasOAuth(section)
  if (name === 'signingKeys') return hasSigningKeys(section)
  return true
}

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
    menu: MENU.filter(([name]) => isOn(name, visit.core)).map(([name, text, href]) => ({
      text,
      href,
      isCurrent: name === current,
    })),
    top: html`<span>${visit.visitor.user.username}</span>${signOut(visit)}`,
    main,
  })

const withConsoleName = (visit: StaffVisit): StaffVisit => ({
  ...visit,
  site: { ...visit.site, name: `${visit.site.name} console`, home: '/console/' },
})

const signOut = (visit: StaffVisit): Html =>
  form(
    visit,
    { action: visit.accountPath('/sign-out/') },
    button('Sign out', { kind: 'small' }),
  )

/** Where a page is, if it is in no menu. */
export const breadcrumb = (text: string, href: string, current: string): Html =>
  html`<nav aria-label="Breadcrumb"><ol class="crumbs"><li><a href="${href}">${text}</a></li><li aria-current="page">${current}</li></ol></nav>`

/** The notice of a finished action, by the code in `?done=`. Text of the URL is never shown. */
export function doneNotice(
  { query }: StaffVisit,
  texts: Readonly<Record<string, HtmlValue>>,
): HtmlValue {
  const text = ownMember(texts, query.get('done') ?? '')
  return text !== undefined && notice('good', html`<p>${text}</p>`)
}

/** A section of a page that has nothing to show. */
export const emptySection = (id: string, title: string, text: HtmlValue): Html =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><p class="empty">${text}</p></section>`
