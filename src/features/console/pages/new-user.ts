import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { button, checkbox, errorSummary, field, form } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { hasMail } from '../../accounts/settings.ts'
import { mayGive } from '../user-actions.ts'
import { accountsOf } from '../verbs.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { consolePage } from './shell.ts'
import { errorsIn } from './user.ts'

const PATH = '/console/users/new/'

const handlers: ConsoleHandlers = {
  get(visit) {
    if (!visit.can('watchword.change'))
      throw new AuthError('permission_denied', 'does not have "watchword.change"')
    return newUserPage(visit)
  },
  async post(visit) {
    const { id } = await create(visit)
    return seeOther(`/console/users/${encodeURIComponent(id)}/?done=created`)
  },
}

export const newUser = forStaff(handlers)

async function create(visit: StaffVisit): Promise<{ readonly id: string }> {
  const { form: sent, core, visitor } = visit
  const roles = sent.all('role')
  const raises = sent.has('staff') || sent.has('superuser')
  if ((raises && !visitor.user.superuser) || !roles.every((role) => mayGive(role, visit)))
    throw new AuthError('permission_denied', 'may not give these rights')
  const password = sent.exact('password')
  const email = sent.text('email')
  const user = await core.userAdmin.create({
    username: sent.text('username'),
    ...(email !== '' && { email, emailVerified: sent.has('verified') }),
    ...(password !== '' && { password }),
    staff: sent.has('staff'),
    superuser: sent.has('superuser'),
    roles,
  })
  if (sent.has('invite') && email !== '' && hasMail(core))
    await accountsOf(visit).requestPasswordReset({ username: user.username })
  return user
}

function newUserPage(visit: StaffVisit): Html {
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: 'Create a user',
    current: 'users',
    hasErrors: errors !== undefined,
    main: html`<nav aria-label="Breadcrumb"><ol class="crumbs"><li><a href="/console/users/">Users</a></li><li aria-current="page">Create a user</li></ol></nav>
<h1>Create a user</h1>
${errors !== undefined && errorSummary(visit, errors)}
<div class="split lead">${userForm(visit, errors)}</div>`,
  })
}

function userForm(visit: StaffVisit, errors: ReturnType<typeof errorsIn> = {}): Html {
  const { form: sent } = visit
  return form(
    visit,
    { action: PATH },
    html`${field(visit, { name: 'username', label: 'Username', value: sent.text('username'), autocomplete: 'off', isVerbatim: true, errors: errors.username })}
${field(visit, { name: 'email', label: 'E-mail', type: 'email', value: sent.text('email'), required: false, autocomplete: 'off', errors: errors.email })}
${checkbox({ name: 'verified', text: 'The address is known to be the user’s own', checked: sent.has('verified') })}
${field(visit, { name: 'password', label: 'Password', type: 'password', required: false, autocomplete: 'new-password', hint: 'Without one, the user cannot sign in with a password until one is set.', errors: errors.password })}
${hasMail(visit.core) && checkbox({ name: 'invite', text: 'Mail a link to choose a password', checked: sent.has('invite') })}
${rights(visit)}
<div class="row">${button('Create user', { kind: 'main' })}<a class="btn" href="/console/users/">Cancel</a></div>`,
  )
}

function rights(visit: StaffVisit): HtmlValue {
  const { form: sent, core, visitor } = visit
  const roles = Object.keys(core.roles).filter((role) => mayGive(role, visit))
  const box = (role: string): Html =>
    checkbox({
      name: 'role',
      value: role,
      text: role,
      checked: sent.all('role').includes(role),
    })
  return html`${roles.length > 0 && html`<fieldset><legend>Roles</legend><div class="row">${roles.map(box)}</div></fieldset>`}
${visitor.user.superuser && html`<fieldset><legend>Administration</legend>${checkbox({ name: 'staff', text: 'staff: may open this console', checked: sent.has('staff') })}${checkbox({ name: 'superuser', text: 'superuser: may do everything', checked: sent.has('superuser') })}</fieldset>`}`
}
