import { ifDefined } from '../../../base/optional.ts'
import { button, facts, field, form, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { userFieldInput } from '../user-fields.ts'
import type { AccountData, ContactData, ProfileData } from './data.ts'
import { buttonForm, buttonLink, faultsOfForm } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** The fields of the user, the address and the number. */
export function profileSection(data: AccountData, page: OwnPage): HtmlValue {
  const { profile, viewer } = data
  if (profile === undefined) return undefined
  const isReadOnly = viewer.actor !== undefined
  return html`${isReadOnly && profileFacts(profile, page)}
${!isReadOnly && profileForm(profile, data, page)}
<ul class="items">
${emailItem(profile.email, isReadOnly, page)}
${phoneItem(profile.phone, isReadOnly, page)}
</ul>`
}

const profileFacts = ({ username, fields }: ProfileData, page: OwnPage): Html =>
  facts([
    [page.texts.own.username, username],
    ...fields.map(({ label, value }): [string, string] => [label, value]),
  ])

function profileForm(
  { username, fields }: ProfileData,
  data: AccountData,
  page: OwnPage,
): Html {
  const { own } = page.texts
  const faults = faultsOfForm(data, 'profile')
  return form(
    page,
    { action: to(page, 'profile') },
    html`<div class="row end">
${field(page, {
  name: 'username',
  id: 'profile-username',
  label: own.username,
  value: username,
  autocomplete: 'username',
  isVerbatim: true,
  errors: faults.username,
})}
${fields.map((each) =>
  userFieldInput(page, each, page.texts.fields, { prefix: 'profile-', errors: faults }),
)}
</div>
<div class="row">${button(own.save, { kind: '' })}</div>`,
  )
}

const emailItem = (
  contact: ContactData | undefined,
  isReadOnly: boolean,
  page: OwnPage,
): HtmlValue =>
  contact &&
  contactItem(contact, page, {
    isReadOnly,
    missing: page.texts.own.emailMissing,
    hint: page.texts.own.emailHint,
    of: page.texts.own.email,
    change: to(page, 'email'),
    code: to(page, 'emailCode'),
    verify: to(page, 'emailVerify'),
    pending: page.texts.own.pendingEmail,
  })

const phoneItem = (
  contact: ContactData | undefined,
  isReadOnly: boolean,
  page: OwnPage,
): HtmlValue =>
  contact &&
  contactItem(contact, page, {
    isReadOnly,
    missing: page.texts.own.phoneMissing,
    hint: page.texts.own.phoneHint,
    of: page.texts.own.phone,
    change: to(page, 'phone'),
    code: to(page, 'phoneCode'),
    verify: undefined,
    pending: page.texts.own.pendingPhone,
  })

interface ContactWords {
  readonly isReadOnly: boolean
  readonly missing: string
  readonly hint: string
  readonly of: string
  readonly change: string
  readonly code: string
  readonly verify: string | undefined
  pending(value: string): string
}

function contactItem(contact: ContactData, page: OwnPage, words: ContactWords): Html {
  const { value, pending } = contact
  const { own } = page.texts
  return html`<li>
<div><strong>${value ?? words.missing}</strong>
<p class="hint">${ifDefined(pending?.value, words.pending) ?? words.hint}</p></div>
${value !== undefined && verifiedTag(contact, page)}
${pending !== undefined && tag(own.waiting, 'now')}
${!words.isReadOnly && contact.canChange && contactActions(contact, page, words)}
</li>`
}

function verifiedTag({ isVerified }: ContactData, { texts: { own } }: OwnPage): Html {
  if (isVerified) return tag(own.verified, 'good')
  return tag(own.notVerified, 'warn')
}

const contactActions = (
  { value, isVerified, pending, isTyped }: ContactData,
  page: OwnPage,
  { of, change, code, verify }: ContactWords,
): Html => {
  const { own } = page.texts
  const canVerify = verify !== undefined && value !== undefined && !isVerified
  return html`<div class="row">
${canVerify && buttonForm(page, verify, own.verify, { of })}
${pending !== undefined && isTyped && buttonLink(code, own.enterCode, own.of(of))}
${buttonLink(change, value === undefined ? own.set : own.change, of)}
</div>`
}
