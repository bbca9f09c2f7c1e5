import { listIf } from '../../../base/optional.ts'
import { tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { momentOf } from '../../../pages/time.ts'
import type { AccountData, SessionItem, SessionsData, SessionsPageData } from './data.ts'
import { buttonForm, crumbs, ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'
import { lastUseOf } from './uses.ts'

/** The devices that are signed in, the first of them. */
export const sessionsSection = (
  { sessions, viewer }: AccountData,
  page: OwnPage,
): HtmlValue =>
  sessions &&
  html`<p>${page.texts.own.sessionsIntro}</p>
${sessionList(sessions, viewer.actor === undefined, page)}`

/** `/account/sessions/`: all of them. */
export const sessionsView = (data: SessionsPageData, page: OwnPage): Html =>
  ownPage(page, data, {
    section: 'sessions',
    title: page.texts.own.sessions,
    main: html`${crumbs(page, 'sessions', page.texts.own.sessions)}
<h1>${page.texts.own.sessions}</h1>
<p>${page.texts.own.sessionsIntro}</p>
${sessionList(data.sessions, data.viewer.actor === undefined, page)}`,
  })

const sessionList = (
  { items, total }: SessionsData,
  canChange: boolean,
  page: OwnPage,
): Html => html`<ul class="items">
${items.map((each) => sessionItem(each, canChange, page))}
</ul>
<div class="row">
${
  items.length < total &&
  html`<a class="btn" href="${to(page, 'sessions')}">${page.texts.own.showAll(total)}</a>`
}
${canChange && othersForm(items, page)}
</div>`

function othersForm(items: readonly SessionItem[], page: OwnPage): Html {
  const { own } = page.texts
  if (items.every(({ isCurrent }) => isCurrent))
    return html`<p class="hint">${own.noOtherSessions}</p>`
  return buttonForm(page, to(page, 'sessions'), own.signOutOthers, { kind: 'danger' })
}

const sessionItem = (session: SessionItem, canChange: boolean, page: OwnPage): Html => {
  const { own } = page.texts
  const name = deviceName(session, page)
  return html`<li>
<div><strong>${name}</strong><p class="hint">${joined(sessionFacts(session, page))}</p></div>
${session.isOfActor && tag(own.byActor, 'warn')}
${session.isCurrent && tag(own.thisDevice, 'now')}
${!session.isCurrent && canChange && buttonForm(page, to(page, 'session', session.id), own.signOut, { of: name })}
</li>`
}

const sessionFacts = (
  { place, address, createdAt, lastUsedAt, isCurrent }: SessionItem,
  page: OwnPage,
): readonly HtmlValue[] => [
  place,
  address,
  html`${page.texts.own.signedIn} ${momentOf(createdAt, page.language)}`,
  ...listIf(!isCurrent && lastUsedAt !== undefined, lastUseOf(lastUsedAt, page)),
]

/** The facts that there are, with a dot between them. */
export const joined = (values: readonly HtmlValue[]): HtmlValue =>
  values.filter((value) => value !== undefined).map((value, i) => [i > 0 && ' · ', value])

/** `Firefox on Linux` */
export function deviceName(
  { program, system }: Pick<SessionItem, 'program' | 'system'>,
  { texts }: OwnPage,
): string {
  if (program !== undefined && system !== undefined)
    return texts.own.deviceOn(program, system)
  return program ?? system ?? texts.own.unknownDevice
}
