import type { StoredEvent } from '../../../audit/event.ts'
import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import {
  button,
  checkbox,
  confirmed,
  errorSummary,
  type FieldErrors,
  facts,
  field,
  form,
  hidden,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { relativeTimeOf } from '../../../pages/time.ts'
import { nameOf } from '../../../passwords/encodings.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import type { Account, StoredUser } from '../../../users/user.ts'
import { hasMail } from '../../accounts/settings.ts'
import type { ListedApiToken } from '../../api-tokens/api-token.ts'
import { type Factor, listFactors } from '../../second-factors/factors.ts'
import type { Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import {
  act,
  mayChange,
  mayGive,
  mayImpersonate,
  mayTakeOver,
  USER_NOTICES,
} from '../user-actions.ts'
import { apiTokenTable } from './api-tokens.ts'
import { eventTable } from './events.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { sessionTable } from './sessions.ts'
import { consolePage, doneNotice, plural, statusTags, whenText } from './shell.ts'

const handlers: ConsoleHandlers = {
  // `act` asks for the permission of each action.
  postNeeds: 'watchword.view',
  get: async (visit) => userPage(visit, await dataOf(visit)),
  async post(visit) {
    const { user } = await accountIn(visit)
    const { code, path = pathOf(user), cookies = [] } = await act(user, visit)
    return seeOther(code === 'impersonated' ? path : `${path}?done=${code}`, { cookies })
  },
}

export const user = forStaff(handlers)

const pathOf = ({ id }: StoredUser): string => `/console/users/${encodeURIComponent(id)}/`

interface UserData {
  readonly account: Account
  readonly factors: readonly Factor[]
  readonly sessions: Page<StoredSession, Place>
  readonly tokens: Page<ListedApiToken, Place>
  readonly events: Page<StoredEvent, Place>
  readonly names: ReadonlyMap<string, string>
}

/** @throws AuthError `not_found` */
async function accountIn({ core, parameters }: StaffVisit): Promise<Account> {
  const account = await core.users.read('id', parameters.id ?? '')
  if (account === undefined) throw new AuthError('not_found')
  return account
}

async function dataOf(visit: StaffVisit): Promise<UserData> {
  const { core } = visit
  const account = await accountIn(visit)
  const userId = account.user.id
  const reads = core.ports(consoleStore).console
  const now = core.clock()
  const [factors, sessions, tokens, events] = await Promise.all([
    listFactors(userId, core),
    reads.findSessions({ userId, state: 'active' }, now),
    reads.findApiTokens({ userId }, now),
    reads.findEvents({ userId }, undefined, 10),
  ])
  const others = [
    ...events.rows.map(({ actor }) => actor),
    ...sessions.rows.map(({ actor }) => actor),
  ].filter((id) => id !== undefined)
  const names = await reads.findNames([...new Set([userId, ...others])])
  return { account, factors, sessions, tokens, events, names }
}

function userPage(visit: StaffVisit, data: UserData): Html {
  const { user: shown } = data.account
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: shown.username,
    current: 'users',
    hasErrors: errors !== undefined,
    main: html`<nav aria-label="Breadcrumb"><ol class="crumbs"><li><a href="/console/users/">Users</a></li><li aria-current="page">${shown.username}</li></ol></nav>
<div class="row"><h1>${shown.username}</h1>${statusTags(shown)}${shown.superuser && tag('superuser', 'now')}${shown.staff && tag('staff', 'now')}${shown.roles.map((role) => tag(role))}</div>
${doneNotice(visit, USER_NOTICES)}
${errors !== undefined && errorSummary(visit, errors)}
<div class="split lead">
<section aria-labelledby="account"><h2 id="account">Account</h2>${accountFacts(visit, data)}${mayChange(shown, visit) && changeForms(visit, shown, errors)}</section>
${actionPanel(visit, data, errors)}
</div>
${sessionPart(visit, data)}
${tokenPart(visit, data)}
${eventPart(visit, data)}`,
  })
}

/** The messages of a form that was sent, by its fields. */
export function errorsIn({ error }: StaffVisit): FieldErrors | undefined {
  if (error === undefined) return undefined
  const { body, detail } = error
  if (error.code !== 'invalid' || body === undefined) return { '': [detail] }
  return Object.fromEntries(
    Object.entries(body as FieldErrors).map(([name, messages]) => [
      name === 'non_field_errors' || name === 'detail' ? '' : name,
      [messages].flat(),
    ]),
  )
}

const NONE = '–'

function accountFacts(visit: StaffVisit, { account, factors }: UserData): Html {
  const { user: shown, hash } = account
  const verified = (at: number | undefined): Html =>
    at === undefined ? tag('not verified', 'warn') : tag('verified', 'good')
  return facts([
    ['Id', html`<code>${shown.id}</code>`],
    ['Username', shown.username],
    [
      'E-mail',
      shown.email === undefined
        ? NONE
        : html`${shown.email} ${verified(shown.emailVerifiedAt)}`,
    ],
    [
      'Phone',
      shown.phone === undefined
        ? NONE
        : html`${shown.phone} ${verified(shown.phoneVerifiedAt)}`,
    ],
    ['Password', hash.startsWith('!') ? 'none' : nameOf(hash)],
    ['Second factor', factorFacts(factors, visit.now)],
    ['Created', whenText(shown.joinedAt, visit.now)],
    [
      'Last sign-in',
      shown.lastLoginAt === undefined
        ? 'not recorded'
        : whenText(shown.lastLoginAt, visit.now),
    ],
    ...Object.entries(shown.attributes).map(
      ([name, value]) => [name, attributeText(value)] as const,
    ),
  ])
}

const attributeText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? NONE)

const factorFacts = (factors: readonly Factor[], now: number): HtmlValue =>
  factors.length === 0
    ? 'none'
    : html`<ul>${factors.map(({ kind, label, lastUsedAt }) => html`<li>${kind === 'totp' ? 'authenticator app' : 'passkey'}${label !== '' && html` “${label}”`}, ${lastUsedAt === undefined ? 'never used' : html`used ${relativeTimeOf(lastUsedAt, now)}`}</li>`)}</ul>`

const actionForm = (visit: StaffVisit, action: string, content: HtmlValue): Html =>
  form(
    visit,
    { action: visit.url.replace(/\?.*$/s, '') },
    html`${hidden('action', action)}${content}`,
  )

const changeForms = (
  visit: StaffVisit,
  shown: StoredUser,
  errors: FieldErrors = {},
): Html =>
  html`${mayTakeOver(shown, visit) && confirmed('Change name and addresses…', profileForm(visit, shown, errors))}
${rolesForm(visit, shown)}
${visit.visitor.user.superuser && staffForm(visit, shown)}`

function profileForm(visit: StaffVisit, shown: StoredUser, errors: FieldErrors): Html {
  const isSent = visit.form.text('action') === 'profile'
  const value = (name: 'username' | 'email' | 'phone'): string =>
    isSent ? visit.form.text(name) : (shown[name] ?? '')
  return actionForm(
    visit,
    'profile',
    html`${field(visit, { name: 'username', label: 'Username', value: value('username'), isVerbatim: true, autocomplete: 'off', errors: errors.username })}
${field(visit, { name: 'email', label: 'E-mail', type: 'email', value: value('email'), required: false, autocomplete: 'off', hint: 'Another address is not verified.', errors: errors.email })}
${field(visit, { name: 'phone', label: 'Phone', type: 'tel', value: value('phone'), required: false, autocomplete: 'off', hint: 'With country code, such as +351912345678.', errors: errors.phone })}
<div class="row">${button('Save', { kind: 'small' })}</div>`,
  )
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
  const has = shown.roles.includes(role)
  if (mayGive(role, visit))
    return checkbox({ name: 'role', value: role, text: role, checked: has })
  return html`${has && hidden('role', role)}<span>${role}: ${has ? 'yes' : 'no'}</span>`
}

const staffForm = (visit: StaffVisit, shown: StoredUser): Html =>
  actionForm(
    visit,
    'staff',
    html`<fieldset><legend>Administration</legend><div class="row">
${checkbox({ name: 'staff', text: 'staff: may open this console', checked: shown.staff })}
${checkbox({ name: 'superuser', text: 'superuser: may do everything', checked: shown.superuser })}
${button('Save', { kind: 'small' })}</div></fieldset>`,
  )

function actionPanel(
  visit: StaffVisit,
  { account, sessions, factors }: UserData,
  errors: FieldErrors = {},
): HtmlValue {
  const { user: shown } = account
  const may = mayChange(shown, visit)
  if (!may && !mayImpersonate(shown, visit)) return noActions(visit)
  return html`<section class="panel tight" aria-labelledby="actions"><h2 id="actions">Actions</h2>
${may && mailActions(visit, shown)}
${may && simple(visit, 'revoke-sessions', 'Revoke all sessions')}
${mayTakeOver(shown, visit) && confirmed('Set a password…', passwordForm(visit, errors))}
${mayTakeOver(shown, visit) && factors.length > 0 && confirmed('Remove second factors…', factorForm(visit, factors))}
${mayImpersonate(shown, visit) && confirmed('Act as this user…', impersonateForm(visit, shown, errors))}
${may && activation(visit, shown, sessions.rows.length)}
${may && shown.id !== visit.visitor.user.id && confirmed('Delete…', deleteForm(visit, shown, errors))}
</section>`
}

const noActions = (visit: StaffVisit): Html =>
  html`<section class="panel tight" aria-labelledby="actions"><h2 id="actions">Actions</h2>
<p>${visit.can('watchword.change') ? 'Only superusers change staff.' : 'You may view users. To change them, a role needs the permission watchword.change.'}</p></section>`

const simple = (visit: StaffVisit, action: string, text: string): Html =>
  actionForm(visit, action, button(text, { kind: 'wide' }))

function mailActions(visit: StaffVisit, shown: StoredUser): HtmlValue {
  if (shown.email === undefined) return false
  const canMail = hasMail(visit.core)
  const isVerified = shown.emailVerifiedAt !== undefined
  return html`${canMail && simple(visit, 'send-reset', 'Send a password reset link')}
${canMail && !isVerified && simple(visit, 'send-verification', 'Send a confirmation of the address')}
${!isVerified && confirmed('Count the address as verified…', verifyForm(visit, 'email', shown.email))}
${shown.phone !== undefined && shown.phoneVerifiedAt === undefined && confirmed('Count the phone number as verified…', verifyForm(visit, 'phone', shown.phone))}`
}

const verifyForm = (visit: StaffVisit, name: 'email' | 'phone', address: string): Html =>
  actionForm(
    visit,
    'verify',
    html`${hidden('field', name)}<p>Do this if you know that ${address} is the user's own. Who receives its messages can sign in.</p>
${button('Count as verified', { kind: '' })}`,
  )

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

const impersonateForm = (
  visit: StaffVisit,
  shown: StoredUser,
  errors: FieldErrors,
): Html =>
  actionForm(
    visit,
    'impersonate',
    html`${field(visit, { name: 'reason', label: 'Reason', autocomplete: 'off', maxlength: 200, hint: 'Recorded in the events. Lasts 30 minutes; password, passkeys and e-mail cannot be changed. You are signed out of the console.', errors: errors.reason })}
${button(html`Start acting as ${shown.username}`, { kind: '' })}`,
  )

function activation(visit: StaffVisit, shown: StoredUser, sessions: number): HtmlValue {
  if (!shown.active) return simple(visit, 'activate', 'Activate')
  if (shown.id === visit.visitor.user.id) return false
  const count = sessions >= 25 ? 'All' : `All ${sessions}`
  return confirmed(
    'Deactivate…',
    actionForm(
      visit,
      'deactivate',
      html`<p>${count} active sessions are revoked within a second. API tokens are refused while the account is not active. You can activate it again.</p>
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

const pathNow = ({ url }: StaffVisit): string => url.replace(/\?.*$/s, '')

/** Sessions on the page of a user; the rest is in the list of sessions. */
const SHOWN = 10

function sessionPart(visit: StaffVisit, { sessions, account }: UserData): Html {
  const all = `/console/sessions/?${new URLSearchParams({ q: account.user.id, state: 'all' })}`
  if (sessions.rows.length === 0)
    return html`<section aria-labelledby="sessions"><h2 id="sessions">Sessions</h2><p class="empty">None is active. <a href="${all}">Ended sessions</a></p></section>`
  const count = sessions.rows.length
  const caption =
    count > SHOWN
      ? `The newest ${SHOWN} active sessions`
      : plural(count, 'active session')
  return html`${sessionTable(visit, sessions.rows.slice(0, SHOWN), undefined, caption, pathNow(visit))}
<p><a href="${all}">All sessions of ${account.user.username}</a></p>`
}

const tokenPart = (visit: StaffVisit, { tokens, account }: UserData): Html =>
  tokens.rows.length === 0
    ? html`<section aria-labelledby="tokens"><h2 id="tokens">API tokens</h2><p class="empty">None.</p></section>`
    : html`${apiTokenTable(visit, tokens.rows, undefined, plural(tokens.rows.length, 'API token'), pathNow(visit))}
${tokens.next !== undefined && html`<p><a href="/console/api-tokens/?${new URLSearchParams({ user: account.user.id }).toString()}">All API tokens</a></p>`}`

function eventPart(visit: StaffVisit, { events, names, account }: UserData): Html {
  if (events.rows.length === 0)
    return html`<section aria-labelledby="events"><h2 id="events">Latest events</h2><p class="empty">None.</p></section>`
  const query = new URLSearchParams({ user: account.user.id })
  return html`${eventTable(visit, events.rows, names, 'Latest events, UTC')}
<p><a href="/console/events/?${query.toString()}">All events of ${account.user.username}</a></p>`
}
