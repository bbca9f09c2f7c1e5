import type { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { button, field, form, hidden, notice } from '../../../pages/components.ts'
import { taskPage } from '../../../pages/document.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import {
  checkFirstLink,
  createFirstAdministrator,
  FIRST_PATH,
} from '../first-administrator.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { userFieldInputs, userFieldsIn } from './user-field-inputs.ts'

/** The page of the link that a server prints if no member of staff exists. */
export const first: PageHandlers = {
  async get(visit) {
    if (isRefused(visit.error)) return firstPage(visit, refused)
    const token = tokenIn(visit)
    await checkFirstLink(token, visit.core)
    return firstPage(visit, firstForm(visit, token))
  },
  async post(visit) {
    const { form: sent, core, accountPath } = visit
    const input = {
      username: sent.text('username'),
      ...(core.loginField === 'email' && { email: sent.text('email') }),
      password: sent.exact('password'),
      attributes: userFieldsIn(visit),
    }
    await createFirstAdministrator(input, tokenIn(visit), core)
    const next = new URLSearchParams({ next: '/console/' })
    return seeOther(`${accountPath('/sign-in/')}?${next}`)
  },
}

const isRefused = (error: AuthError | undefined): boolean =>
  error?.code === 'invalid_code'

const tokenIn = ({ form: sent, query }: Visit): string =>
  sent.text('token') || (query.get('token') ?? '')

const firstPage = (visit: Visit, main: HtmlValue): Html =>
  taskPage(visit, {
    title: 'The first administrator',
    hasErrors: visit.error !== undefined,
    main: html`<h1>The first administrator</h1>
${main}`,
  })

const refused = notice(
  'bad',
  html`<p>This link is not valid: it was used, it has expired, or there is a member of staff. Start the server again for another one.</p>`,
)

function firstForm(visit: Visit, token: string): Html {
  const errors = errorsIn(visit)
  const sent = visit.form
  return html`<p>Choose the name and the password of a user who may do everything.</p>
${summaryOf(visit, errors)}
${form(
  visit,
  { action: FIRST_PATH },
  html`${hidden('token', token)}
${field(visit, { name: 'username', label: 'Username', value: sent.text('username'), autocomplete: 'username', isVerbatim: true, errors: errors?.username })}
${visit.core.loginField === 'email' && field(visit, { name: 'email', label: 'E-mail', type: 'email', value: sent.text('email'), autocomplete: 'email', errors: errors?.email })}
${userFieldInputs(visit, errors)}
${field(visit, { name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', errors: errors?.password })}
${button('Create the administrator')}`,
)}`
}
