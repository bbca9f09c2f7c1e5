import { listIf } from '../../../base/optional.ts'
import { shown } from '../../../pages/answers.ts'
import type { Html } from '../../../pages/html.ts'
import { rejectFieldErrors } from '../../../users/field-errors.ts'
import { parseUserFields } from '../../../users/fields.ts'
import { checkInvitation } from '../../accounts/invite.ts'
import { accountOptions } from '../../accounts/options.ts'
import {
  accountSettings,
  hasMail,
  requiresActivation,
  settableFields,
} from '../../accounts/settings.ts'
import { signUp } from '../../accounts/sign-up.ts'
import type { Core } from '../../core.ts'
import type { SignInButton } from '../../page-hooks.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { inputValueOf, userFieldBody, userFieldsOf } from '../user-fields.ts'
import { renderSignUp } from './account-views.ts'
import { addedButtons } from './buttons.ts'
import { CONFIRM_PAGES } from './confirm.ts'
import type { SignUpData } from './data.ts'
import { faultsOfCode, requireFilled } from './faults.ts'
import { nextOf, pathWithNext, render } from './flow.ts'
import { actionOf, done, findToken, withoutToken } from './links.ts'
import { toSignInPage } from './message.ts'
import { toSent } from './sent.ts'

const BELOW = '/sign-up/'

const invitationOf = (visit: Visit): string | undefined => findToken(visit, BELOW)

/** `/account/sign-up/`, with an invitation or without. */
export const signUpPage: PageHandlers = {
  async get(visit) {
    const redirect = withoutToken(visit, BELOW)
    if (redirect !== undefined) return redirect
    const invitation = invitationOf(visit)
    const closed = closedPage(visit, invitation)
    if (closed !== undefined) return closed
    if (invitation !== undefined && visit.error === undefined)
      await checkInvitation(invitation, visit.core)
    return render('signUp', renderSignUp, await dataOf(visit, invitation), visit)
  },
  async post(visit) {
    const { form, core, request } = visit
    const invitation = invitationOf(visit)
    // A browser can send the form without having been shown it.
    const closed = closedPage(visit, invitation)
    if (closed !== undefined) return shown(closed, visit.site, { status: 403 })
    const shape = shapeOf(core, invitation)
    requireFilled(visit, shape.required)
    await signUp(inputIn(visit, shape, invitation), request, core)
    const email = form.text('email')
    if (invitation !== undefined || !hasMail(core) || email === '')
      return done(visit, 'signed-up')
    return toSent(visit, email, CONFIRM_PAGES)
  },
}

/** What users see who may not sign up. @returns `undefined` if this one may */
function closedPage(visit: Visit, invitation: string | undefined): Html | undefined {
  const { texts, core } = visit
  const { signUp: mode } = accountSettings(core)
  if (mode === 'off')
    return toSignInPage(visit, 'closed', {
      title: texts.signUp.closedTitle,
      text: texts.signUp.closed,
    })
  if (mode !== 'invitation' || invitation !== undefined) return undefined
  return toSignInPage(visit, 'invitationNeeded', {
    title: texts.signUp.offTitle,
    text: texts.signUp.off,
  })
}

interface Shape {
  readonly hasEmail: boolean
  readonly hasUsername: boolean
  readonly hasPassword: boolean
  readonly required: readonly string[]
}

/** The fields of the form: those of the endpoint. */
function shapeOf(core: Core, invitation: string | undefined): Shape {
  const hasPassword = core.section(accountOptions)?.password !== 'none'
  const hasEmail = invitation === undefined
  // Users who sign in with their address need no other name.
  const hasUsername = core.loginField === 'username'
  return {
    hasEmail,
    hasUsername,
    hasPassword,
    required: [
      ...listIf(hasEmail && needsEmail(core), 'email'),
      ...listIf(hasUsername, 'username'),
      ...listIf(hasPassword, 'password'),
    ],
  }
}

const needsEmail = (core: Core): boolean =>
  core.loginField === 'email' ||
  accountSettings(core).password === 'none' ||
  requiresActivation(core)

const inputIn = (
  visit: Visit,
  { hasEmail, hasUsername, hasPassword }: Shape,
  invitation: string | undefined,
) => ({
  ...(hasUsername && { username: visit.form.text('username') || undefined }),
  ...(hasEmail && { email: visit.form.text('email') || undefined }),
  ...(hasPassword && { password: visit.form.exact('password') }),
  invitation,
  attributes: attributesIn(visit),
})

function attributesIn({ form, core }: Visit): Readonly<Record<string, unknown>> {
  const names = settableFields(core)
  const body = userFieldBody(form, core.userFields, names)
  const { values, faults } = parseUserFields(body, core.userFields, {
    names,
    isNew: true,
  })
  rejectFieldErrors(faults)
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

async function dataOf(visit: Visit, invitation: string | undefined): Promise<SignUpData> {
  const { core, form, texts } = visit
  const { required, hasEmail, hasUsername, hasPassword } = shapeOf(core, invitation)
  const typed = (name: string) => ({
    value: form.text(name),
    isRequired: required.includes(name),
  })
  return {
    ...faultsOfCode(visit, texts.errors.invalidLink.text, { field: '' }),
    action: actionOf(visit, BELOW, invitation),
    ...(hasEmail && { email: typed('email') }),
    ...(hasUsername && { username: typed('username') }),
    hasPassword,
    isInvited: invitation !== undefined,
    fields: userFieldsOf(core.userFields, settableFields(core), texts.fields, (name) =>
      inputValueOf(form.text(name)),
    ),
    buttons: await buttonsOf(visit, invitation),
    signIn: pathWithNext(visit, '/sign-in/'),
    next: nextOf(visit),
  }
}

/** An account that another site signs up cannot redeem an invitation. */
async function buttonsOf(
  visit: Visit,
  invitation: string | undefined,
): Promise<readonly SignInButton[]> {
  if (invitation !== undefined) return []
  return addedButtons(visit)
}
