import { button, errorSummary, form, hidden } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { withNext } from '../../../pages/next-path.ts'
import type { AgainData, ProofKind } from './data.ts'
import { codeField, passwordField } from './factors-view.ts'
import { ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** `/account/again/`: users who are signed in show once more that it is them. */
export function againView(data: AgainData, page: OwnPage): Html {
  const { own } = page.texts
  const { ways, username, errors } = data
  return ownPage(page, data, {
    title: own.againTitle,
    main: html`${errorSummary(page, errors)}
<h1>${own.againTitle}</h1>
<p>${own.againText(username)}</p>
${ways.map((way, i) => html`${i > 0 && html`<p class="or">${page.texts.common.or}</p>`}${FORMS[way](data, page)}`)}
${ways.length === 0 && noWay(page)}`,
  })
}

const noWay = (page: OwnPage): Html =>
  html`<p>${page.texts.own.againNoWay}</p>
<div class="row"><a class="btn main" href="${to(page, 'signOut')}">${page.texts.own.signOut}</a></div>`

/** Each way is a form of its own. */
const formOf = ({ next }: AgainData, page: OwnPage, content: HtmlValue): Html =>
  form(page, { action: to(page, 'again') }, html`${hidden('next', next)}${content}`)

const FORMS: Readonly<Record<ProofKind, (data: AgainData, page: OwnPage) => Html>> = {
  password: (data, page) =>
    formOf(
      data,
      page,
      html`${passwordField(data.username, data.errors, page)}
<div class="row">${button(page.texts.common.continue, { kind: 'main' })}</div>`,
    ),
  code: (data, page) =>
    formOf(
      data,
      page,
      html`${codeField(page, page.texts.own.codeFromApp, data.errors)}
<div class="row">${button(page.texts.common.continue, { kind: data.ways[0] === 'code' ? 'main' : '' })}</div>`,
    ),
  message: ({ next }, page) =>
    form(
      page,
      { action: to(page, 'againCode') },
      html`${hidden('next', next)}
<div class="row">${button(page.texts.own.againMessage, { kind: '', name: 'again', value: 'yes' })}</div>`,
    ),
  passkey: ({ next }, page) =>
    html`<div class="row"><a class="btn" href="${withNext(to(page, 'againPasskey'), next)}">${page.texts.own.againPasskey}</a></div>`,
}
