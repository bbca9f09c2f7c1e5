import {
  button,
  errorSummary,
  type Field,
  field,
  form,
} from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import { lengthOf } from '../../../pages/time.ts'
import type { ChangeContactData, ContactCodeData } from './data.ts'
import { codeField } from './factors-view.ts'
import { buttonLink, crumbs, ownPage } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** `/account/email/` and `/account/phone/`: ask for another address or number. */
export function changeContactView(data: ChangeContactData, page: OwnPage): Html {
  const { field: kind, current, errors } = data
  const words = WORDS[kind](page)
  const title = current === undefined ? words.add : words.change
  return ownPage(page, data, {
    section: 'profile',
    title,
    main: html`${crumbs(page, 'profile', title)}
${errorSummary(page, errors)}
<h1>${title}</h1>
<p>${words.whatHappens}</p>
${form(
  page,
  { action: to(page, kind) },
  html`${field(page, { ...words.input, value: data.value, errors: errors[kind] ?? [] })}
<div class="row">${button(words.send, { kind: 'main' })}
<a class="btn" href="${to(page, 'account')}">${page.texts.own.cancel}</a></div>`,
)}`,
  })
}

interface ContactWords {
  readonly add: string
  readonly change: string
  readonly whatHappens: string
  readonly send: string
  readonly input: Field
}

const WORDS: Readonly<Record<'email' | 'phone', (page: OwnPage) => ContactWords>> = {
  email: ({ texts: { own } }) => ({
    add: own.addEmail,
    change: own.changeEmail,
    whatHappens: `${own.emailWhatHappens} ${own.emailOtherDevices}`,
    send: own.sendMessage,
    input: { name: 'email', label: own.newEmail, type: 'email', autocomplete: 'email' },
  }),
  phone: ({ texts: { own } }) => ({
    add: own.addPhone,
    change: own.changePhone,
    whatHappens: own.phoneWhatHappens,
    send: own.sendCode,
    input: {
      name: 'phone',
      label: own.newPhone,
      hint: own.phoneNumberHint,
      type: 'tel',
      autocomplete: 'tel',
    },
  }),
}

/** `/account/email/code/` and `/account/phone/code/`: take the digits that were sent. */
export function contactCodeView(data: ContactCodeData, page: OwnPage): Html {
  const { errors } = data
  const { own } = page.texts
  return ownPage(page, data, {
    section: 'profile',
    title: own.enterCode,
    main: html`${crumbs(page, 'profile', own.enterCode)}
${errorSummary(page, errors)}
<h1>${own.enterCode}</h1>
${codeForm(data, page)}`,
  })
}

const CODE_PAGES = { email: 'emailCode', phone: 'phoneCode' } as const

function codeForm(
  { field: kind, errors, pending }: ContactCodeData,
  page: OwnPage,
): Html {
  const { own } = page.texts
  if (pending === undefined)
    return html`<p>${own.nothingPending}</p>
<div class="row">${buttonLink(to(page, kind), own.useAnother)}</div>`
  const { value, until } = pending
  return html`<p>${own.codeSentTo(value, lengthOf(until - page.now, page.language))}</p>
${form(
  page,
  { action: to(page, CODE_PAGES[kind]) },
  html`${codeField(page, own.code, errors)}
<div class="row">${button(page.texts.common.continue, { kind: 'main' })}
${buttonLink(to(page, kind), own.useAnother)}</div>`,
)}`
}
