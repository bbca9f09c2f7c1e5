import {
  button,
  confirmed,
  field,
  form,
  hidden,
  secret,
} from '../../../pages/components.ts'
import type { PageContext } from '../../../pages/context.ts'
import { taskPage } from '../../../pages/document.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { PageTexts } from '../../pages/texts/page-texts.ts'
import { qrCode } from '../qr-code.ts'
import type { Render } from '../renderers.ts'
import { userFieldInput } from '../user-fields.ts'
import type {
  RecoveryCodesData,
  ResetPasswordData,
  SecondFactorData,
  SetUpData,
  SignUpData,
} from './data.ts'
import { KEY_ICON } from './icons.ts'
import {
  backLink,
  buttonList,
  formPage,
  hasFaults,
  nextField,
  rememberField,
} from './views.ts'

type Page = PageContext<PageTexts>

export const renderSecondFactor: Render<SecondFactorData> = (data, page) => {
  const { texts } = page
  const has = (method: SecondFactorData['methods'][number]): boolean =>
    data.methods.includes(method)
  return formPage(page, data, {
    title: texts.secondFactor.title,
    content: html`<p>${texts.secondFactor.text}</p>
${has('totp') && totpForm(data, page)}
${has('totp') && has('passkey') && html`<p class="or">${texts.common.or}</p>`}
${has('passkey') && html`<a class="btn wide" href="${data.passkey}">${KEY_ICON}${texts.secondFactor.passkey}</a>`}
${has('recovery') && confirmed(texts.secondFactor.recoverySummary, recoveryForm(data, page))}`,
    below: backLink(page, data.back),
  })
}

const totpForm = (data: SecondFactorData, page: Page): Html =>
  form(
    page,
    { action: data.action },
    html`${codeField(page, page.texts.secondFactor.code, data.errors.code, !hasFaults(data))}
${rememberField(data.remember, page)}
${button(page.texts.secondFactor.submit)}`,
  )

const codeField = (
  page: Page,
  label: string,
  errors: readonly string[] | undefined,
  autofocus: boolean,
): Html =>
  field(page, {
    name: 'code',
    label,
    errors,
    isCode: true,
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: '[0-9 ]{6,8}',
    title: page.texts.secondFactor.codeTitle,
    autofocus,
  })

const recoveryForm = (data: SecondFactorData, page: Page): Html => {
  const { texts } = page
  return form(
    page,
    { action: data.action },
    html`${field(page, {
      name: 'recovery',
      label: texts.secondFactor.recovery,
      hint: texts.secondFactor.recoveryHint,
      errors: data.errors.recovery,
      autocomplete: 'off',
      isVerbatim: true,
    })}
${rememberField(data.remember, page)}
${button(texts.secondFactor.recoverySubmit, { kind: '' })}`,
  )
}

export const renderSetUp: Render<SetUpData> = (data, page) =>
  formPage(page, data, {
    ...setUpStep(data, page),
    below: backLink(page, data.back),
  })

function setUpStep(data: SetUpData, page: Page) {
  const { setUp } = page.texts
  if (data.totp === undefined)
    return { title: setUp.title, content: beginForm(data, page) }
  return { title: setUp.scanTitle, content: scanForm(data, data.totp, page) }
}

const beginForm = (data: SetUpData, page: Page): HtmlValue => [
  html`<p>${page.texts.setUp.text}</p>`,
  form(
    page,
    { action: data.action },
    button(page.texts.setUp.begin, { name: 'begin', value: 'yes' }),
  ),
]

const scanForm = (
  data: SetUpData,
  { id, secret: key, uri }: NonNullable<SetUpData['totp']>,
  page: Page,
): HtmlValue => [
  html`<p>${page.texts.setUp.scan}</p>
${uri !== '' && qrCode(uri, page.texts.setUp.scanTitle)}
<p>${page.texts.setUp.key}</p>
${secret(key)}`,
  form(
    page,
    { action: data.action },
    html`${hidden('id', id)}${hidden('secret', key)}${hidden('uri', uri)}
${codeField(page, page.texts.setUp.code, data.errors.code, !hasFaults(data))}
${rememberField(data.remember, page)}
${button(page.texts.setUp.submit)}`,
  ),
]

export const renderRecoveryCodes: Render<RecoveryCodesData> = ({ codes, next }, page) => {
  const { texts } = page
  return taskPage(page, {
    title: texts.recoveryCodes.title,
    main: html`<div class="panel">
<h1>${texts.recoveryCodes.title}</h1>
<p>${texts.recoveryCodes.text}</p>
<pre class="secret" translate="no" tabindex="0" aria-label="${texts.recoveryCodes.label}">${codes.join('\n')}</pre>
<a class="btn main wide" href="${next}">${texts.recoveryCodes.submit}</a>
</div>`,
  })
}

export const renderSignUp: Render<SignUpData> = (data, page) => {
  const { texts } = page
  return formPage(page, data, {
    title: texts.signUp.title,
    content: html`${data.isInvited && html`<p>${texts.signUp.invited}</p>`}
${form(
  page,
  { action: data.action },
  html`${nextField(data.next)}
${nameFields(data, page)}
${data.fields.map((each) => userFieldInput(page, each, texts.fields, { prefix: '', errors: data.errors }))}
${data.hasPassword && newPasswordField(page, texts.signUp.password, data.errors.password)}
${button(texts.signUp.submit)}`,
)}
${buttonList(data.buttons, true, page)}`,
    below: html`<p>${texts.signUp.hasAccount} <a href="${data.signIn}">${texts.signUp.signIn}</a></p>`,
  })
}

const nameFields = ({ email, username, errors }: SignUpData, page: Page): HtmlValue => [
  email !== undefined &&
    field(page, {
      name: 'email',
      type: 'email',
      label: page.texts.signUp.email,
      hint: page.texts.signUp.emailHint,
      value: email.value,
      required: email.isRequired,
      errors: errors.email,
      autocomplete: 'email',
    }),
  username !== undefined &&
    field(page, {
      name: 'username',
      label: page.texts.signUp.username,
      hint: page.texts.signUp.usernameHint,
      value: username.value,
      required: username.isRequired,
      errors: errors.username,
      autocomplete: 'username',
      maxlength: 150,
      isVerbatim: true,
    }),
]

const newPasswordField = (
  page: Page,
  label: string,
  errors: readonly string[] | undefined,
): Html =>
  field(page, {
    name: 'password',
    id: 'password',
    type: 'password',
    label,
    hint: page.texts.signUp.passwordHint,
    errors,
    autocomplete: 'new-password',
    minlength: 8,
  })

export const renderResetPassword: Render<ResetPasswordData> = (data, page) => {
  const { texts } = page
  return formPage(page, data, {
    title: texts.reset.title,
    content: html`${data.address !== undefined && html`<p>${texts.enterCode.sent(data.address)}</p>`}
${form(
  page,
  { action: data.action },
  html`${data.username !== undefined && accountField(data.username, page)}
${data.asksForCode && codeField(page, texts.enterCode.code, data.errors.code, !hasFaults(data))}
${newPasswordField(page, texts.reset.password, data.errors.password)}
${button(texts.reset.submit)}
<p class="hint">${texts.reset.hint}</p>`,
)}`,
  })
}

const accountField = (username: string, page: Page): Html =>
  field(page, {
    name: 'username',
    label: page.texts.reset.account,
    value: username,
    readonly: true,
    autocomplete: 'username',
  })
