import { listIf } from '../../../base/optional.ts'
import {
  button,
  checkbox,
  errorSummary,
  field,
  form,
  hidden,
  notice,
} from '../../../pages/components.ts'
import type { PageContext } from '../../../pages/context.ts'
import { type PageParts, taskPage } from '../../../pages/document.ts'
import { retryText } from '../../../pages/error-page.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { exactLengthOf } from '../../../pages/time.ts'
import type { SignInButton } from '../../page-hooks.ts'
import type { PageTexts } from '../../pages/texts/page-texts.ts'
import type { Render } from '../renderers.ts'
import type {
  CodeRequestData,
  ContinueData,
  EnterCodeData,
  ForgotPasswordData,
  FormData,
  LinkData,
  MessageData,
  PasskeyData,
  RememberData,
  SignInData,
} from './data.ts'

type Page = PageContext<PageTexts>

/** What stands above the heading of a page whose form was sent with faults. */
export const faultsOf = (
  page: Page,
  { errors, retry }: FormData,
  until?: string,
): HtmlValue => [
  retry !== undefined &&
    notice('bad', html`<p>${retryText(retry, page)} ${until}</p>`, {
      title: page.texts.signIn.tooMany,
      focus: true,
    }),
  errorSummary(page, errors),
]

export const hasFaults = ({ errors, retry }: FormData): boolean =>
  retry !== undefined || Object.keys(errors).length > 0

/** A task with a form. */
export const formPage = (
  page: Page,
  data: FormData,
  {
    title,
    until,
    content,
    below,
    scripts = [],
  }: {
    readonly title: string
    readonly until?: string
    readonly content: HtmlValue
    readonly below?: HtmlValue
    readonly scripts?: PageParts['scripts']
  },
): Html =>
  taskPage(page, {
    title,
    hasErrors: hasFaults(data),
    scripts: [...scripts, ...listIf(data.retry !== undefined, 'countdown.js' as const)],
    main: html`<div class="panel">
${faultsOf(page, data, until)}
<h1>${title}</h1>
${content}
</div>
${below}`,
  })

export const nextField = (next: string | undefined): HtmlValue =>
  next !== undefined && hidden('next', next)

export const backLink = (page: Page, href: string): Html =>
  html`<p><a href="${href}">${page.texts.signIn.back}</a></p>`

export const renderSignIn: Render<SignInData> = (data, page) => {
  const { texts } = page
  const hasPasskeys = data.buttons.some(({ name }) => name === 'passkey')
  return formPage(page, data, {
    title: texts.signIn.title,
    scripts: listIf(data.hasPasswords && hasPasskeys, 'autofill.js'),
    until: texts.signIn.until,
    content: html`${data.hasPasswords && passwordForm(data, page)}
${buttonList(data.buttons, data.hasPasswords, page)}`,
    below:
      data.signUp !== undefined &&
      html`<p>${texts.signIn.isNew} <a href="${data.signUp}">${texts.signIn.signUp}</a></p>`,
  })
}

const passwordForm = (data: SignInData, page: Page): Html => {
  const { texts } = page
  const fields = html`${nextField(data.next)}
${field(page, {
  name: 'login',
  label: texts.signIn[data.loginField],
  value: data.login,
  errors: data.errors.login,
  autocomplete: 'username webauthn',
  isVerbatim: true,
})}
${field(page, {
  name: 'password',
  type: 'password',
  label: texts.signIn.password,
  errors: data.errors.password,
  autocomplete: 'current-password',
})}
${data.forgot !== undefined && html`<p><a href="${data.forgot}">${texts.signIn.forgot}</a></p>`}
${button(texts.signIn.submit)}`
  return form(page, { action: data.action }, fields)
}

/** The ways beside a form, below a line. Nothing if there are none. */
export const buttonList = (
  buttons: readonly SignInButton[],
  hasForm: boolean,
  { texts }: Page,
): HtmlValue =>
  buttons.length > 0 &&
  html`${hasForm && html`<p class="or">${texts.common.or}</p>`}
<div class="flow tight">${buttons.map(
    ({ name, href, icon, text }) =>
      html`<a class="btn wide" href="${href}" data-way="${name}">${icon}${text}</a>`,
  )}</div>`

/** The script fills the hidden field and sends the form. Without it the other ways are named. */
export const renderPasskey: Render<PasskeyData> = (data, page) => {
  const { texts } = page
  const ways = html`<ul class="flow tight">${data.otherWays.map(
    ({ href, text }) => html`<li><a href="${href}">${text}</a></li>`,
  )}</ul>`
  return formPage(page, data, {
    title: texts.passkey.title,
    scripts: ['passkey.js'],
    content: html`<noscript><p>${texts.passkey.noScript}</p></noscript>
<div class="notice warn" id="unsupported" role="alert" hidden><p>${texts.passkey.unsupported}</p></div>
<div class="notice warn" id="cancelled" role="alert" hidden><p>${texts.passkey.cancelled}</p></div>
<div class="flow" id="ceremony" hidden>
<p>${texts.passkey.text}</p>
${passkeyForm(data, page)}
</div>
<h2>${texts.passkey.otherWays}</h2>
${ways}`,
  })
}

/** The checkbox of a second step. */
export const rememberField = (
  remember: RememberData | undefined,
  { texts, language }: Page,
): HtmlValue =>
  remember !== undefined &&
  checkbox({
    name: 'remember_device',
    text: texts.secondFactor.remember(exactLengthOf(remember.seconds, language)),
    checked: remember.isChosen,
  })

/** With a choice to make, or after a fault, the button starts. */
function startsOf(data: PasskeyData): 'now' | 'later' {
  if (hasFaults(data) || data.remember !== undefined) return 'later'
  return 'now'
}

const passkeyForm = (data: PasskeyData, page: Page): Html =>
  html`<form method="post" action="${data.action}" id="passkey" data-ceremony="get" data-options="${data.options}" data-starts="${startsOf(data)}">
${hidden('csrfmiddlewaretoken', page.formToken)}
${nextField(data.next)}
<input type="hidden" name="credential" value="">
${rememberField(data.remember, page)}
${button(page.texts.passkey.submit)}
</form>`

export const renderCodeRequest: Render<CodeRequestData> = (data, page) => {
  const { title, text, input, submit } = REQUESTS[data.purpose](data, page)
  return formPage(page, data, {
    title,
    content: html`<p>${text}</p>
${form(page, { action: data.action }, html`${nextField(data.next)}${input}${button(submit)}`)}`,
    below: backLink(page, data.back),
  })
}

interface CodeRequestParts {
  readonly title: string
  readonly text: string
  readonly input: Html
  readonly submit: string
}

const REQUESTS: Readonly<
  Record<
    CodeRequestData['purpose'],
    (data: CodeRequestData, page: Page) => CodeRequestParts
  >
> = {
  email: (data, page) => ({
    ...page.texts.codeRequest,
    input: addressField(data, page),
  }),
  phone: (data, page) => ({
    title: page.texts.codeRequest.phoneTitle,
    text: page.texts.codeRequest.phoneText,
    input: phoneField(data, page),
    submit: page.texts.codeRequest.submit,
  }),
  confirm: (data, page) => ({
    title: page.texts.confirm.againTitle,
    text: page.texts.confirm.again,
    input: addressField(data, page),
    submit: page.texts.confirm.againSubmit,
  }),
}

const phoneField = (data: CodeRequestData, page: Page): Html =>
  field(page, {
    name: 'phone',
    type: 'tel',
    label: page.texts.codeRequest.phone,
    hint: page.texts.codeRequest.phoneHint,
    value: data.value,
    errors: data.errors.phone,
    autocomplete: 'tel',
  })

const addressField = (data: CodeRequestData, page: Page): Html =>
  field(page, {
    name: 'email',
    type: 'email',
    label: page.texts.signIn.email,
    value: data.value,
    errors: data.errors.email,
    autocomplete: 'email',
  })

export const renderEnterCode: Render<EnterCodeData> = (data, page) => {
  const { texts } = page
  return formPage(page, data, {
    title: texts.enterCode.title,
    content: html`${data.isResent && notice('good', html`<p>${texts.enterCode.resent}</p>`)}
<p>${texts.enterCode.sent(data.address)}</p>
${form(
  page,
  { action: data.action },
  html`${nextField(data.next)}
${field(page, {
  name: 'code',
  label: texts.enterCode.code,
  errors: data.errors.code,
  isCode: true,
  inputmode: 'numeric',
  autocomplete: 'one-time-code',
  autofocus: !hasFaults(data),
})}
${button(texts.enterCode.submit)}`,
)}
${form(
  page,
  { action: data.action, className: 'row' },
  html`${nextField(data.next)}
${button(texts.enterCode.again, { kind: 'small', name: 'again', value: 'yes' })}
<a href="${data.back}">${texts.enterCode.other}</a>`,
)}
<p class="hint">${texts.enterCode.hint}</p>`,
  })
}

export const renderLink: Render<LinkData> = (data, page) => {
  const texts = page.texts[data.purpose]
  return formPage(page, data, {
    title: texts.title,
    content: html`<p>${linkText(data, page)}</p>
${form(page, { action: data.action }, button(texts.submit))}
${data.purpose === 'login' && html`<p class="hint">${page.texts.login.hint}</p>`}`,
  })
}

function linkText({ purpose, name = '' }: LinkData, { texts }: Page): string {
  if (purpose === 'login') return texts.login.text(name)
  return texts[purpose].text
}

export const renderMessage: Render<MessageData> = (data, page) =>
  taskPage(page, {
    title: data.title,
    main: html`<div class="panel">
<h1>${data.title}</h1>
<p>${data.text}</p>
${data.link !== undefined && html`<a class="btn main wide" href="${data.link.href}">${data.link.text}</a>`}
${data.hint !== undefined && html`<p class="hint">${data.hint}</p>`}
</div>`,
  })

export const renderForgotPassword: Render<ForgotPasswordData> = (data, page) => {
  const { texts } = page
  return formPage(page, data, {
    title: texts.forgot.title,
    content: html`<p>${texts.forgot.text}</p>
${form(
  page,
  { action: data.action },
  html`${field(page, {
    name: 'email',
    type: 'email',
    label: texts.forgot.email,
    value: data.email,
    errors: data.errors.email,
    autocomplete: 'email',
  })}
${button(texts.forgot.submit)}`,
)}`,
    below: backLink(page, data.back),
  })
}

export const renderContinue: Render<ContinueData> = ({ href, site }, page) =>
  taskPage(page, {
    title: page.texts.goOn.title(site),
    refresh: href,
    main: html`<div class="panel">
<h1>${page.texts.goOn.title(site)}</h1>
<p>${page.texts.goOn.text}</p>
<a class="btn main wide" href="${href}">${page.texts.goOn.submit(site)}</a>
</div>`,
  })
