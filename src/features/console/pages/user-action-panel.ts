import {
  button,
  confirmed,
  type FieldErrors,
  field,
  hidden,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import { hasMail } from '../../accounts/settings.ts'
import type { Factor } from '../../second-factors/factors.ts'
import { mayChange, mayImpersonate, mayRevoke, mayTakeOver } from '../user-rules.ts'
import type { StaffVisit } from './staff-visit.ts'
import { plural } from './text.ts'
import type { UserData } from './user-data.ts'
import { actionForm } from './user-forms.ts'

/** The actions on a user, beside the facts. */
export function actionPanel(
  visit: StaffVisit,
  { account, sessions, factors }: UserData,
  errors: FieldErrors = {},
): HtmlValue {
  const { user: shown } = account
  const may = mayChange(shown, visit)
  if (!may && !mayImpersonate(shown, visit)) return noActions(visit)
  return html`<section class="panel tight" aria-labelledby="actions"><h2 id="actions">Actions</h2>
${may && mailActions(visit, shown)}
${mayRevoke(shown, visit) && simple(visit, 'revoke-sessions', 'Revoke all sessions')}
${mayTakeOver(shown, visit) && takeOver(visit, factors, errors)}
${mayImpersonate(shown, visit) && confirmed('Act as this user…', impersonateForm(visit, shown, errors))}
${may && activation(visit, shown, sessions.rows.length)}
${may && shown.id !== visit.visitor.user.id && confirmed('Delete…', deleteForm(visit, shown, errors))}
</section>`
}

const noActions = (visit: StaffVisit): Html =>
  html`<section class="panel tight" aria-labelledby="actions"><h2 id="actions">Actions</h2>
<p>${whyNone(visit)}</p></section>`

function whyNone({ can }: StaffVisit): string {
  if (can('watchword.change')) return 'Only superusers change staff.'
  return 'You may view users. To change them, a role needs the permission watchword.change.'
}

const simple = (visit: StaffVisit, action: string, text: string): Html =>
  actionForm(visit, action, button(text, { kind: 'wide' }))

function mailActions(visit: StaffVisit, shown: StoredUser): HtmlValue {
  const { email, phone, emailVerifiedAt, phoneVerifiedAt } = shown
  if (email === undefined) return false
  const canMail = hasMail(visit.core)
  const isVerified = emailVerifiedAt !== undefined
  return html`${canMail && simple(visit, 'send-reset', 'Send a password reset link')}
${canMail && !isVerified && simple(visit, 'send-verification', 'Send a confirmation of the address')}
${!isVerified && confirmed('Count the address as verified…', verifyForm(visit, 'email', email))}
${phone !== undefined && phoneVerifiedAt === undefined && confirmed('Count the phone number as verified…', verifyForm(visit, 'phone', phone))}`
}

const verifyForm = (visit: StaffVisit, name: 'email' | 'phone', address: string): Html =>
  actionForm(
    visit,
    'verify',
    html`${hidden('field', name)}<p>Do this if you know that ${address} is the user's own. Who receives its messages can sign in.</p>
${button('Count as verified', { kind: '' })}`,
  )

const takeOver = (
  visit: StaffVisit,
  factors: readonly Factor[],
  errors: FieldErrors,
): Html =>
  html`${confirmed('Set a password…', passwordForm(visit, errors))}
${factors.length > 0 && confirmed('Remove second factors…', factorForm(visit, factors))}`

const passwordForm = (visit: StaffVisit, errors: FieldErrors): Html =>
  actionForm(
    visit,
    'set-password',
    html`<p>All sessions are revoked. API tokens stay valid.</p>
${field(visit, { name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', errors: errors.password })}
${button('Set password', { kind: '' })}`,
  )

const factorForm = (visit: StaffVisit, factors: readonly Factor[]): Html =>
  actionForm(
    visit,
    'reset-factors',
    html`<p>${plural(factors.length, 'second factor')} and all recovery codes are removed. Until the user adds another, the password alone signs in. First make sure that it is the user who asks for it.</p>
${button('Remove second factors', { kind: 'danger' })}`,
  )

const REASON =
  'Recorded in the events. Lasts 30 minutes; password, passkeys and e-mail cannot be changed. You are signed out of the console.'

const impersonateForm = (
  visit: StaffVisit,
  shown: StoredUser,
  errors: FieldErrors,
): Html =>
  actionForm(
    visit,
    'impersonate',
    html`${field(visit, { name: 'reason', label: 'Reason', autocomplete: 'off', maxlength: 200, hint: REASON, errors: errors.reason })}
${button(html`Start acting as ${shown.username}`, { kind: '' })}`,
  )

function activation(visit: StaffVisit, shown: StoredUser, sessions: number): HtmlValue {
  if (!shown.active) return simple(visit, 'activate', 'Activate')
  if (shown.id === visit.visitor.user.id) return false
  return confirmed(
    'Deactivate…',
    actionForm(
      visit,
      'deactivate',
      html`<p>All ${sessions < 25 && `${sessions} `}active sessions are revoked within a second. API tokens are refused while the account is not active. You can activate it again.</p>
${button(html`Deactivate ${shown.username}`, { kind: 'danger' })}`,
    ),
  )
}

const deleteForm = (visit: StaffVisit, shown: StoredUser, errors: FieldErrors): Html =>
  actionForm(
    visit,
    'delete',
    html`<p>Account, sessions, second factors and API tokens are deleted. Events stay, without the name. This cannot be undone.</p>
${field(visit, { name: 'confirm', label: 'Type the username', autocomplete: 'off', isVerbatim: true, errors: errors.confirm })}
${button(html`Delete ${shown.username}`, { kind: 'danger' })}`,
  )
