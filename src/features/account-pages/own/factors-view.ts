import {
  button,
  errorSummary,
  type FieldErrors,
  field,
  form,
  hidden,
  secret,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { qrCode } from '../qr-code.ts'
import { rememberField } from '../sign-in/views.ts'
import type {
  AccountData,
  FactorData,
  NewTotpData,
  RecoveryData,
  TotpItem,
  TotpPageData,
  TotpSecret,
} from './data.ts'
import { deviceList } from './devices-view.ts'
import { buttonLink, crumbs, ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { labelField } from './passkeys-view.ts'
import { usernameForManagers } from './password-view.ts'
import { to } from './paths.ts'
import { usesOf } from './uses.ts'

/** Authenticator apps and recovery codes. */
export const factorsSection = (
  { factors, viewer }: AccountData,
  page: OwnPage,
): HtmlValue =>
  factors &&
  html`<ul class="items">
${factors.totps.map((each) => totpItem(each, viewer.actor === undefined, page))}
${setUpItem(factors, viewer.actor === undefined, page)}
${recoveryItem(factors, viewer.actor === undefined, page)}
</ul>
${deviceList(factors.devices ?? [], viewer.actor === undefined, page)}`

const nameOf = ({ label }: TotpItem, { texts }: OwnPage): string =>
  label || texts.own.totp

const totpItem = (totp: TotpItem, canChange: boolean, page: OwnPage): Html => {
  const { own } = page.texts
  const name = nameOf(totp, page)
  return html`<li>
<div><strong>${name}</strong><p class="hint">${usesOf(totp, page)}</p></div>
${tag(own.on, 'good')}
${canChange && buttonLink(to(page, 'totp', totp.id), own.remove, name)}
</li>`
}

const setUpItem = (
  { totps }: FactorData,
  canChange: boolean,
  page: OwnPage,
): HtmlValue => {
  const { own } = page.texts
  if (totps.length > 0)
    return (
      canChange &&
      html`<li><div>${buttonLink(to(page, 'newTotp'), own.addAnother)}</div></li>`
    )
  return html`<li>
<div><strong>${own.totp}</strong><p class="hint">${own.totpHint}</p></div>
${tag(own.off)}
${canChange && buttonLink(to(page, 'newTotp'), own.setUp, own.totp)}
</li>`
}

/** Below this number the user should make new ones. */
const FEW = 3

const recoveryItem = (factors: FactorData, canChange: boolean, page: OwnPage): Html => {
  const { own } = page.texts
  const { hasFactor, recoveryCodesLeft: left, totps } = factors
  return html`<li>
<div><strong>${own.recoveryCodes}</strong>
<p class="hint">${recoveryHint(factors, page)}</p></div>
${hasFactor && left < FEW && tag(own.recoveryFew, 'warn')}
${
  canChange &&
  (totps.length > 0 || left > 0) &&
  buttonLink(to(page, 'recoveryCodes'), own.newCodes, own.recoveryCodes)
}
</li>`
}

function recoveryHint(
  { hasFactor, recoveryCodesLeft }: FactorData,
  { texts: { own } }: OwnPage,
): string {
  if (!hasFactor) return own.recoveryMissing
  return own.recoveryLeft(recoveryCodesLeft)
}

/** `/account/authenticators/new/`: the password, then the key and the first code. */
export function newTotpView(data: NewTotpData, page: OwnPage): Html {
  const { own } = page.texts
  const { errors } = data
  return ownPage(page, data, {
    section: 'secondFactor',
    title: own.totpTitle,
    main: html`${crumbs(page, 'secondFactor', own.totpTitle)}
${errorSummary(page, errors)}
<h1>${own.totpTitle}</h1>
${newTotpSteps(data, page)}`,
  })
}

function newTotpSteps(data: NewTotpData, page: OwnPage): Html {
  if (data.totp === undefined) return beginForm(data, page)
  return secretSteps(data.totp, data, page)
}

const beginForm = (
  { asksPassword, username, label, errors }: NewTotpData,
  page: OwnPage,
): Html => {
  const { own } = page.texts
  return html`<p>${own.totpStart}</p>
${form(
  page,
  { action: to(page, 'newTotp') },
  html`${labelField(page, { label, hint: own.totpLabelHint, name: own.totpLabel, errors: errors.label })}
${asksPassword && passwordField(username, errors, page)}
<div class="row">${button(page.texts.common.continue, { kind: 'main' })}
<a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
)}`
}

/** The current password, with the name that password managers look for. */
export const passwordField = (
  username: string,
  errors: FieldErrors,
  page: OwnPage,
): Html =>
  html`${usernameForManagers(username)}
${field(page, {
  name: 'current_password',
  label: page.texts.own.currentPassword,
  type: 'password',
  autocomplete: 'current-password',
  errors: errors.current_password,
})}`

const secretSteps = (
  totp: TotpSecret,
  { errors, remember }: NewTotpData,
  page: OwnPage,
): Html => {
  const { own } = page.texts
  return html`<ol class="flow sections">
<li class="flow">
<h2>${own.totpStep1}</h2>
<div class="row">
${qrCode(totp.uri, own.qrLabel)}
<div class="field">
<p>${own.totpScan}</p>
${secret(inGroups(totp.secret))}
<p class="hint">${factsOf(totp, page)}</p>
</div>
</div>
</li>
<li class="flow">
<h2>${own.totpStep2}</h2>
${form(
  page,
  { action: to(page, 'confirmTotp') },
  html`${hidden('id', totp.id)}
${hidden('secret', totp.secret)}
${codeField(page, own.totpCode, errors)}
${rememberField(remember, page)}
<p class="hint">${own.totpThen}</p>
<div class="row">${button(own.turnOn, { kind: 'main' })}
<a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
)}
</li>
</ol>`
}

const inGroups = (secretText: string): string =>
  (secretText.match(/.{1,4}/g) ?? []).join(' ')

/** The names in the address are those that the app shows. */
const factsOf = ({ uri }: TotpSecret, { texts: { own } }: OwnPage): string => {
  const { pathname, searchParams } = new URL(uri)
  const account = decodeURIComponent(pathname).split(':').slice(1).join(':')
  return own.totpFacts(account, searchParams.get('issuer') ?? '')
}

/** A code of six digits. */
export const codeField = (page: OwnPage, label: string, errors: FieldErrors): Html =>
  field(page, {
    name: 'code',
    label,
    isCode: true,
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: '[0-9 ]{6,8}',
    title: page.texts.own.codeTitle,
    errors: errors.code,
  })

/** A code of an app, or a recovery code. */
const secondFactorField = (page: OwnPage, errors: FieldErrors): Html =>
  field(page, {
    name: 'code',
    label: page.texts.own.codeOrRecovery,
    autocomplete: 'one-time-code',
    isVerbatim: true,
    maxlength: 64,
    errors: errors.code,
  })

/** `/account/authenticators/{id}/`: removes one. */
export function totpView(data: TotpPageData, page: OwnPage): Html {
  const { own } = page.texts
  const { totp, errors } = data
  const title = nameOf(totp, page)
  return ownPage(page, data, {
    section: 'secondFactor',
    title,
    main: html`${crumbs(page, 'secondFactor', title)}
${errorSummary(page, errors)}
<h1>${title}</h1>
<p>${usesOf(totp, page)}</p>
<h2>${own.removeTotp}</h2>
<p>${own.removeTotpText}</p>
${form(
  page,
  { action: to(page, 'totp', totp.id) },
  html`${secondFactorField(page, errors)}
<div class="row">${button(own.remove, { kind: 'danger' })}
<a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
)}`,
  })
}

/** `/account/recovery-codes/`: makes new ones, and shows them once. */
export function recoveryView(data: RecoveryData, page: OwnPage): Html {
  const { errors } = data
  const { title, content } = recoveryStep(data, page)
  return ownPage(page, data, {
    section: 'secondFactor',
    title,
    main: html`${crumbs(page, 'secondFactor', title)}
${errorSummary(page, errors)}
<h1>${title}</h1>
${content}`,
  })
}

function recoveryStep({ codes, errors }: RecoveryData, page: OwnPage) {
  const { own } = page.texts
  if (codes === undefined)
    return { title: own.recoveryTitle, content: recoveryForm(errors, page) }
  return { title: own.recoverySaved, content: shownCodes(codes, page) }
}

const recoveryForm = (errors: FieldErrors, page: OwnPage): Html => {
  const { own } = page.texts
  return html`<p>${own.recoveryText}</p>
${form(
  page,
  { action: to(page, 'recoveryCodes') },
  html`${secondFactorField(page, errors)}
<div class="row">${button(own.createCodes, { kind: 'main' })}
<a class="btn" href="${to(page, 'account')}">${own.cancel}</a></div>`,
)}`
}

const shownCodes = (codes: readonly string[], page: OwnPage): Html => {
  const { own } = page.texts
  return html`<div class="notice good" role="status">
<p>${own.recoverySavedText}</p>
<pre class="secret" translate="no">${codes.join('\n')}</pre>
</div>
<div class="row"><a class="btn main" href="${to(page, 'account')}#secondFactor">${own.recoveryDone}</a></div>`
}
