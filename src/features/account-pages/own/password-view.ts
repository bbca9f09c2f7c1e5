import { button, field, form } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { AccountData, PasswordData } from './data.ts'
import { buttonLink, faultsOfForm } from './frame.ts'
import type { OwnPage } from './own-page.ts'
import { to } from './paths.ts'

/** Changes the password. */
export function passwordSection(data: AccountData, page: OwnPage): HtmlValue {
  const { password } = data
  if (password === undefined) return undefined
  if (!password.isSet) return noPassword(password, page)
  return passwordForm(password, data, page)
}

const noPassword = ({ canReset }: PasswordData, page: OwnPage): Html => {
  const { own } = page.texts
  return html`<p>${own.noPassword}</p>
${canReset && html`<div class="row">${buttonLink(to(page, 'forgotPassword'), own.setPassword)}</div>`}`
}

function passwordForm(
  { username, revokes }: PasswordData,
  data: AccountData,
  page: OwnPage,
): Html {
  const { own } = page.texts
  const faults = faultsOfForm(data, 'password')
  return form(
    page,
    { action: to(page, 'password') },
    html`${usernameForManagers(username)}
<div class="row end">
${field(page, {
  name: 'current_password',
  id: 'password-current_password',
  label: own.oldPassword,
  type: 'password',
  autocomplete: 'current-password',
  errors: faults.current_password,
})}
${field(page, {
  name: 'new_password',
  id: 'password-new_password',
  label: own.newPassword,
  type: 'password',
  autocomplete: 'new-password',
  minlength: 8,
  errors: faults.new_password,
})}
${button(own.change, { kind: '' })}
</div>
<p class="hint">${hintOf(revokes, page)}</p>`,
  )
}

const hintOf = (revokes: PasswordData['revokes'], { texts: { own } }: OwnPage): string =>
  ({
    others: own.passwordHint,
    all: own.passwordHintAll,
    none: own.passwordHintNone,
  })[revokes]

/** Password managers look for the name beside a password. */
export const usernameForManagers = (username: string): Html =>
  html`<input name="username" value="${username}" autocomplete="username" hidden readonly>`
