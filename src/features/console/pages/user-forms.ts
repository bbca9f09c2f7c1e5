import {
  button,
  checkbox,
  confirmed,
  type FieldErrors,
  field,
  form,
  hidden,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import { mayGive, mayTakeOver } from '../user-rules.ts'
import type { StaffVisit } from './staff-visit.ts'

/** The page itself, which a form of it is sent to. */
export const pathNow = ({ url }: StaffVisit): string => url.replace(/\?.*$/s, '')

export const actionForm = (visit: StaffVisit, action: string, content: HtmlValue): Html =>
  form(visit, { action: pathNow(visit) }, html`${hidden('action', action)}${content}`)

/** The forms below what is known of a user. */
export const changeForms = (
  visit: StaffVisit,
  shown: StoredUser,
  errors: FieldErrors = {},
): Html =>
  html`${mayTakeOver(shown, visit) && confirmed('Change name and addresses…', profileForm(visit, shown, errors))}
${rolesForm(visit, shown)}
${visit.visitor.user.superuser && staffForm(visit, shown)}`

function profileForm(visit: StaffVisit, shown: StoredUser, errors: FieldErrors): Html {
  const text = (name: 'username' | 'email' | 'phone') => ({
    name,
    value: shownText(name, visit, shown),
    autocomplete: 'off',
    errors: errors[name],
  })
  return actionForm(
    visit,
    'profile',
    html`${field(visit, { ...text('username'), label: 'Username', isVerbatim: true })}
${field(visit, { ...text('email'), label: 'E-mail', type: 'email', required: false, hint: 'Another address is not verified.' })}
${field(visit, { ...text('phone'), label: 'Phone', type: 'tel', required: false, hint: 'With country code, such as +351912345678.' })}
<div class="row">${button('Save', { kind: 'small' })}</div>`,
  )
}

/** What was typed, if it has faults. */
function shownText(
  name: 'username' | 'email' | 'phone',
  { form: sent }: StaffVisit,
  shown: StoredUser,
): string {
  if (sent.text('action') === 'profile') return sent.text(name)
  return shown[name] ?? ''
}

/** The roles of the options, and those that the user has besides. */
function rolesForm(visit: StaffVisit, shown: StoredUser): HtmlValue {
  const roles = [...new Set([...Object.keys(visit.core.roles), ...shown.roles])]
  if (roles.length === 0) return false
  return actionForm(
    visit,
    'roles',
    html`<fieldset><legend>Roles</legend><div class="row">
${roles.map((role) => roleBox(role, visit, shown))}
${button('Save roles', { kind: 'small' })}</div></fieldset>
<p class="hint">Changes apply from the next request on. You may give and take roles whose permissions you have.</p>`,
  )
}

function roleBox(role: string, visit: StaffVisit, shown: StoredUser): Html {
  const checked = shown.roles.includes(role)
  if (mayGive(role, visit))
    return checkbox({ name: 'role', value: role, text: role, checked })
  if (!checked) return html`<span>${role}: no</span>`
  return html`${hidden('role', role)}<span>${role}: yes</span>`
}

const staffForm = (visit: StaffVisit, shown: StoredUser): Html =>
  actionForm(
    visit,
    'staff',
    html`<fieldset><legend>Administration</legend><div class="row">
${checkbox({ name: 'staff', text: STAFF, checked: shown.staff })}
${checkbox({ name: 'superuser', text: SUPERUSER, checked: shown.superuser })}
${button('Save', { kind: 'small' })}</div></fieldset>`,
  )

export const STAFF = 'staff: may open this console'
export const SUPERUSER = 'superuser: may do everything'
