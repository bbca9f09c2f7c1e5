import { button, errorSummary, field, form } from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { DeleteData, OwnPageData } from './data.ts'
import { crumbs, ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** `/account/export/`: a file with all that is stored of the user. */
export function exportView(data: OwnPageData, page: OwnPage): Html {
  const { own } = page.texts
  return ownPage(page, data, {
    section: 'data',
    title: own.exportMyData,
    main: html`${crumbs(page, 'data', own.exportMyData)}
<h1>${own.exportMyData}</h1>
<p>${own.exportIntro}</p>
${form(page, { action: to(page, 'exportData') }, html`<div class="row">${button(own.download, { kind: 'main' })}</div>`)}`,
  })
}

/** `/account/delete/`: what cannot be undone needs the name of the account. */
export function deleteView(data: DeleteData, page: OwnPage): Html {
  const { own } = page.texts
  const { username, errors } = data
  return ownPage(page, data, {
    section: 'deleteAccount',
    title: own.deleteAccount,
    main: html`${crumbs(page, 'deleteAccount', own.deleteAccount)}
${errorSummary(page, errors)}
<h1>${own.deleteAccount}</h1>
<p>${own.deleteIntro}</p>
${form(
  page,
  { action: to(page, 'deleteAccount') },
  html`${field(page, {
    name: 'username',
    label: own.deleteConfirm(username),
    autocomplete: 'off',
    isVerbatim: true,
    errors: errors.username,
  })}
<div class="row">${button(own.deleteButton, { kind: 'danger' })}
<a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
)}`,
  })
}
