import { listIf } from '../../../base/optional.ts'
import {
  button,
  confirmed,
  empty,
  errorSummary,
  field,
  form,
  hidden,
} from '../../../pages/components.ts'
import { TOKEN_FIELD } from '../../../pages/form-token.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import type { AccountData, NewPasskeyData, PasskeyItem, PasskeyPageData } from './data.ts'
import { buttonLink, crumbs, ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'
import { usesOf } from './uses.ts'

/** The passkeys of the user. */
export const passkeysSection = (
  { passkeys, viewer }: AccountData,
  page: OwnPage,
): HtmlValue =>
  passkeys &&
  html`<p>${page.texts.own.passkeysIntro}</p>
${passkeyList(passkeys, viewer.actor === undefined, page)}
${
  viewer.actor === undefined &&
  html`<div class="row">${buttonLink(to(page, 'newPasskey'), page.texts.own.addPasskey)}</div>`
}`

function passkeyList(
  passkeys: readonly PasskeyItem[],
  canChange: boolean,
  page: OwnPage,
): Html {
  if (passkeys.length === 0) return empty(html`<p>${page.texts.own.passkeysEmpty}</p>`)
  return html`<ul class="items">
${passkeys.map((each) => passkeyItem(each, canChange, page))}
</ul>`
}

const passkeyItem = (passkey: PasskeyItem, canChange: boolean, page: OwnPage): Html => {
  const name = nameOf(passkey, page)
  return html`<li>
<div><strong>${name}</strong>
<p class="hint">${kindOf(passkey, page)} · ${usesOf(passkey, page)}</p></div>
${canChange && buttonLink(to(page, 'passkey', passkey.id), page.texts.own.manage, name)}
</li>`
}

const nameOf = ({ label }: PasskeyItem, { texts }: OwnPage): string =>
  label || texts.own.passkeyUnnamed

function kindOf({ isSynced }: PasskeyItem, { texts: { own } }: OwnPage): string {
  if (isSynced) return own.synced
  return own.thisDeviceAlone
}

/** `/account/passkeys/new/`: a script of the page asks the device, fills a hidden field and sends the form. */
export function newPasskeyView(data: NewPasskeyData, page: OwnPage): Html {
  const { own } = page.texts
  return ownPage(page, data, {
    section: 'passkeys',
    title: own.addPasskey,
    scripts: listIf(data.options !== undefined, 'passkey.js'),
    main: html`${crumbs(page, 'passkeys', own.addPasskey)}
${errorSummary(page, data.errors)}
<h1>${own.addPasskey}</h1>
${data.options !== undefined && ceremony(data, page)}
<div class="row"><a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
  })
}

const ceremony = (data: NewPasskeyData, page: OwnPage): Html => {
  const { own, passkey } = page.texts
  return html`<noscript><p>${own.passkeyNeedsScript}</p></noscript>
<div class="notice warn" id="unsupported" role="alert" hidden><p>${own.passkeyUnsupported}</p></div>
<div class="notice warn" id="cancelled" role="alert" hidden><p>${passkey.cancelled}</p></div>
<div class="flow" id="ceremony" hidden>
<p>${own.addPasskeyText}</p>
${newPasskeyForm(data, page)}
</div>`
}

const newPasskeyForm = (
  { label, options, errors }: NewPasskeyData,
  page: OwnPage,
): Html => {
  const { own } = page.texts
  return html`<form method="post" action="${to(page, 'newPasskey')}" id="passkey" data-ceremony="create" data-options="${options}" data-starts="later">
${hidden(TOKEN_FIELD, page.formToken)}
${hidden('credential', '')}
${labelField(page, { label, hint: own.passkeyNameHint, name: own.passkeyName, errors: errors.label })}
<div class="row">${button(own.createPasskey, { kind: 'main' })}</div>
</form>`
}

/** A name of up to 64 characters that the user chooses. */
export const labelField = (
  page: OwnPage,
  {
    label,
    hint,
    name,
    errors,
  }: {
    readonly label: string
    readonly hint: string
    readonly name: string
    readonly errors: readonly string[] | undefined
  },
): Html =>
  field(page, {
    name: 'label',
    label: name,
    hint,
    value: label,
    required: false,
    autocomplete: 'off',
    maxlength: 64,
    errors,
  })

/** `/account/passkeys/{id}/`: renames or removes one. */
export function passkeyView(data: PasskeyPageData, page: OwnPage): Html {
  const { own } = page.texts
  const { passkey, errors, label } = data
  const title = nameOf(passkey, page)
  return ownPage(page, data, {
    section: 'passkeys',
    title,
    main: html`${crumbs(page, 'passkeys', title)}
${errorSummary(page, errors)}
<h1>${title}</h1>
<p>${kindOf(passkey, page)} · ${usesOf(passkey, page)}</p>
${form(
  page,
  { action: to(page, 'passkey', passkey.id) },
  html`${labelField(page, { label, hint: own.passkeyNameHint, name: own.passkeyName, errors: errors.label })}
<div class="row">${button(own.rename, { kind: '' })}</div>`,
)}
${confirmed(own.removePasskey, removeForm(passkey, page))}`,
  })
}

const removeForm = ({ id, createdAt }: PasskeyItem, page: OwnPage): Html => {
  const { own } = page.texts
  return form(
    page,
    { action: to(page, 'removePasskey', id) },
    html`<p>${own.removePasskeyText} (${own.added} ${dateOf(createdAt, page.language)})</p>
<div class="row">${button(own.remove, { kind: 'danger' })}</div>`,
  )
}
