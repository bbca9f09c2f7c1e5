import { listIf } from '../../../base/optional.ts'
import { type FieldErrors, form, notice } from '../../../pages/components.ts'
import { accountPage, type PageParts } from '../../../pages/document.ts'
import { retryText } from '../../../pages/error-page.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { AccountData, MenuSection, OwnPageData, Viewer } from './data.ts'
import type { OwnPage } from './own-page.ts'
import { sectionHref, to } from './paths.ts'

/** The frame of each page of the account: the menu, who is signed in, and what was done before. */
export const ownPage = (
  page: OwnPage,
  { viewer, done, errors, retry }: OwnPageData,
  {
    section,
    scripts = [],
    ...parts
  }: Omit<PageParts, 'hasErrors'> & { readonly section?: string },
): Html =>
  accountPage(page, {
    ...parts,
    scripts: [...scripts, ...listIf(retry !== undefined, 'countdown.js' as const)],
    hasErrors: Object.keys(errors).length > 0 || retry !== undefined,
    menuName: page.texts.own.account,
    menu: viewer.sections.map(({ name, title }) => ({
      text: title,
      href: sectionHref(page, name),
      isCurrent: name === section,
    })),
    top: topOf(page, viewer),
    menuEnd: signOutForm(page, 'cramped'),
    strip: stripOf(page, viewer),
    main: html`${done !== undefined && notice('good', html`<p>${done}</p>`)}${retryNotice(page, retry)}${parts.main}`,
  })

const topOf = (page: OwnPage, { username }: Viewer): Html =>
  html`<span class="roomy">${username}</span>
${signOutForm(page, 'roomy')}`

/** @param className of the screens that show it there */
const signOutForm = (page: OwnPage, className: 'roomy' | 'cramped'): Html =>
  form(
    page,
    { action: to(page, 'signOut'), className },
    html`<button class="btn small">${page.texts.own.signOut}</button>`,
  )

const stripOf = ({ texts }: OwnPage, { actor, username }: Viewer): HtmlValue =>
  actor !== undefined &&
  html`<div class="strip warn" role="status">${texts.own.impersonatedBy(actor, username)}</div>`

const retryNotice = (page: OwnPage, retry: OwnPageData['retry']): HtmlValue => {
  if (retry === undefined) return undefined
  const title = page.texts.errors.throttled.title
  return notice('warn', html`<p>${retryText(retry, page)}</p>`, { title, focus: true })
}

/** What is wrong with one of the forms on the page of the account. */
export function faultsOfForm(
  { failed, errors }: AccountData,
  form: AccountData['failed'],
): FieldErrors {
  if (failed !== form) return {}
  return errors
}

/** The way back from a page to its section. */
export const crumbs = (page: OwnPage, section: string, title: string): Html =>
  html`<nav aria-label="${page.texts.own.breadcrumb}">
<ol class="crumbs">
<li><a href="${sectionHref(page, section)}">${page.texts.own.account}</a></li>
<li aria-current="page">${title}</li>
</ol>
</nav>`

/** A section of the account with its heading, which the menu links to. */
export const sectionOf = ({ name, title }: MenuSection, content: HtmlValue): Html =>
  html`<section id="${name}" aria-labelledby="${name}-h">
<h2 id="${name}-h">${title}</h2>
${content}
</section>`

/** What is read aloud and not seen: which of several things a button is for. */
export const unseen = (text: string): Html => html`<span class="seen-not">${text}</span>`

/** A link that looks like a button. @param of which of several things it is for */
export const buttonLink = (href: string, text: string, of?: string): Html =>
  html`<a class="btn small" href="${href}">${text}${of !== undefined && unseen(` ${of}`)}</a>`

/** A form that is one button. */
export const buttonForm = (
  page: OwnPage,
  action: string,
  text: string,
  { of, kind = 'small' }: { readonly of?: string; readonly kind?: string } = {},
): Html =>
  form(
    page,
    { action },
    html`<button class="btn ${kind}">${text}${of !== undefined && unseen(` ${of}`)}</button>`,
  )

/** What a user who acts as another one sees in place of a page that changes the account. */
export const forbiddenView = (data: OwnPageData, page: OwnPage): Html =>
  ownPage(page, data, {
    title: page.texts.errors.forbidden.title,
    main: html`<h1>${page.texts.errors.forbidden.title}</h1>
<p>${page.texts.own.impersonatedBy(data.viewer.actor ?? '', data.viewer.username)}</p>
<div class="row"><a class="btn main" href="${to(page, 'account')}">${page.texts.own.account}</a></div>`,
  })
