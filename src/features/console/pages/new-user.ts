import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { button, checkbox, field, form } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { hasMail } from '../../accounts/settings.ts'
import { mayGive } from '../user-rules.ts'
import { accountsOf } from '../verbs.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { breadcrumb, consolePage } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { userFieldInputs, userFieldsIn } from './user-field-inputs.ts'
import { STAFF, SUPERUSER } from './user-forms.ts'
import { pathOfUser } from './user-texts.ts'

const PATH = '/console/users/new/'

const handlers: ConsoleHandlers = {
  get(visit) {
    if (!visit.can('watchword.change'))
      throw new AuthError('permission_denied', 'the visitor lacks "watchword.change"')
    return newUserPage(visit)
  },
  async post(visit) {
    const { id } = await create(visit)
    return seeOther(`${pathOfUser(id)}?done=created`)
  },
}

export const newUser = forStaff(handlers)

async function create(visit: StaffVisit): Promise<{ readonly id: string }> {
  const { form: sent, core, visitor } = visit
  const roles = sent.all('role')
  const raises = sent.has('staff') || sent.has('superuser')
  if ((raises && !visitor.user.superuser) || !roles.every((role) => mayGive(role, visit)))
    throw new AuthError('permission_denied', 'the visitor may not give these rights')
  const password = sent.exact('password')
  const email = sent.text('email')
  const user = await core.userAdmin.create({
    username: sent.text('username'),
    ...(email !== '' && { email, emailVerified: sent.has('verified') }),
    ...(password !== '' && { password }),
    attributes: userFieldsIn(visit),
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
    main: html`${breadcrumb('Users', '/console/users/', 'Create a user')}
<h1>Create a user</h1>
${summaryOf(visit, errors)}
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
${userFieldInputs(visit, errors)}
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
${visitor.user.superuser && html`<fieldset><legend>Administration</legend>${checkbox({ name: 'staff', text: STAFF, checked: sent.has('staff') })}${checkbox({ name: 'superuser', text: SUPERUSER, checked: sent.has('superuser') })}</fieldset>`}`
}
