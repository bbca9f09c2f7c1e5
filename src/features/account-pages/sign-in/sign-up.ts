import { AuthError } from '../../../base/errors.ts'
import { seeOther, shown } from '../../../pages/answers.ts'
import type { Html } from '../../../pages/html.ts'
import { rejectFieldErrors } from '../../../users/field-errors.ts'
import { parseUserFields } from '../../../users/fields.ts'
import { requireValidName } from '../../accounts/account-name.ts'
import { confirmEmail, resendVerification } from '../../accounts/confirm.ts'
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
import type { PageHandlers } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import { inputValueOf, userFieldBody, userFieldsOf } from '../user-fields.ts'
import { renderSignUp } from './account-views.ts'
import type { SignUpData } from './data.ts'
import {
  faultsIn,
  forget,
  nextOf,
  pathWithNext,
  remember,
  remembered,
  rendererOf,
  requireFilled,
} from './flow.ts'
import { actionOf, done, findToken, forgetLink, withoutToken } from './links.ts'
import { withDone } from './mail-code.ts'
import { messagePage, toSignInPage } from './message.ts'
import { renderCodeRequest, renderEnterCode } from './views.ts'

const BELOW = '/sign-up/'
const LIFETIME = 3600

/** `/account/sign-up/`, with an invitation or without. */
export const signUpPage: PageHandlers = {
  async get(visit) {
    const redirect = withoutToken(visit, BELOW)
    if (redirect !== undefined) return redirect
    const { core } = visit
    const invitation = invitationOf(visit)
    const closed = closedPage(visit, invitation)
    if (closed !== undefined) return closed
    if (invitation !== undefined && visit.error === undefined)
      await checkInvitation(invitation, core)
    return rendererOf('signUp', renderSignUp, visit)(dataOf(visit, invitation), visit)
  },
  async post(visit) {
    const { form, core, request } = visit
    const invitation = invitationOf(visit)
    // A browser can send the form without having been shown it.
    const closed = closedPage(visit, invitation)
    if (closed !== undefined) return shown(closed, visit.site, { status: 403 })
    const shape = shapeOf(core, invitation)
    requireFilled(visit, shape.required)
    const user = await signUp(
      {
        ...(shape.hasUsername && { username: form.text('username') || undefined }),
        ...(shape.hasEmail && { email: form.text('email') || undefined }),
        ...(shape.hasPassword && { password: form.exact('password') }),
        invitation,
        attributes: attributesIn(visit),
      },
      request,
      core,
    )
    if (invitation !== undefined || !hasMail(core) || form.text('email') === '')
      return done(visit, 'signed-up')
    void user
    return toConfirmation(visit)
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

/** With mails, the answer is the same whether or not the address is taken. */
function toConfirmation(visit: Visit) {
  const { core, form } = visit
  const step = { field: 'email', value: form.text('email') }
  const cookies = [remember(visit, 'sent', step, LIFETIME), forgetLink(visit)]
  const below =
    accountSettings(core).form === 'digits' ? '/confirm/code/' : '/sign-up/sent/'
  return seeOther(pathWithNext(visit, below), { cookies })
}

const invitationOf = (visit: Visit): string | undefined => findToken(visit, BELOW)

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
  const byName = core.loginField === 'username'
  // Users who sign in with their address need no other name.
  const hasUsername = byName
  return {
    hasEmail,
    hasUsername,
    hasPassword,
    required: [
      ...(hasEmail && needsEmail(core) ? ['email'] : []),
      ...(hasUsername ? ['username'] : []),
      ...(hasPassword ? ['password'] : []),
    ],
  }
}

const needsEmail = (core: Core): boolean =>
  core.loginField === 'email' ||
  accountSettings(core).password === 'none' ||
  requiresActivation(core)

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

function dataOf(visit: Visit, invitation: string | undefined): SignUpData {
  const { core, form, texts, error } = visit
  const shape = shapeOf(core, invitation)
  const isRequired = (name: string): boolean => shape.required.includes(name)
  const spent = error?.code === 'invalid_code'
  return {
    ...(spent
      ? { errors: { '': [texts.errors.invalidLink.text] }, retry: undefined }
      : faultsIn(visit)),
    action: actionOf(visit, BELOW, invitation),
    email: shape.hasEmail
      ? { value: form.text('email'), isRequired: isRequired('email') }
      : undefined,
    username: shape.hasUsername
      ? { value: form.text('username'), isRequired: true }
      : undefined,
    hasPassword: shape.hasPassword,
    isInvited: invitation !== undefined,
    fields: userFieldsOf(core.userFields, settableFields(core), texts.fields, (name) =>
      inputValueOf(form.text(name)),
    ),
    signIn: pathWithNext(visit, '/sign-in/'),
    next: nextOf(visit),
  }
}

/** `/account/sign-up/sent/` */
export const signUpSent: PageHandlers = {
  get(visit) {
    const { texts } = visit
    const { value } = remembered(visit, 'sent') ?? {}
    if (value === undefined) return seeOther(visit.accountPath('/sign-in/'))
    return messagePage(visit, {
      name: 'signUpSent',
      title: texts.sent.title,
      text: texts.sent.text(value),
      hint: texts.sent.hint,
      link: { text: texts.confirm.resend, href: visit.accountPath('/confirm/') },
    })
  },
}

/** `/account/confirm/`: asks for the message that confirms an address once more. */
export const confirmAgain: PageHandlers = {
  get(visit) {
    return rendererOf(
      'codeRequest',
      renderCodeRequest,
      visit,
    )(
      {
        ...faultsIn(visit),
        action: visit.accountPath('/confirm/'),
        channel: 'email',
        value: visit.form.text('email') || (remembered(visit, 'sent')?.value ?? ''),
        next: nextOf(visit),
        back: pathWithNext(visit, '/sign-in/'),
      },
      visit,
    )
  },
  async post(visit) {
    requireFilled(visit, ['email'])
    const value = visit.form.text('email')
    requireValidName({ field: 'email', value })
    await resendVerification(value, visit.request, visit.core)
    return toConfirmation(visit)
  },
}

/** `/account/confirm/code/`: the digits that confirm an address. */
export const confirmCode: PageHandlers = {
  get(visit) {
    const { texts, error } = visit
    const { value } = remembered(visit, 'sent') ?? {}
    if (value === undefined) return seeOther(visit.accountPath('/confirm/'))
    return rendererOf(
      'enterCode',
      renderEnterCode,
      visit,
    )(
      {
        ...(error?.code === 'invalid_code'
          ? { errors: { code: [texts.enterCode.wrong] }, retry: undefined }
          : faultsIn(visit)),
        action: visit.accountPath('/confirm/code/'),
        address: value,
        isResent: visit.query.get('done') === 'resent' && error === undefined,
        back: visit.accountPath('/confirm/'),
        next: nextOf(visit),
      },
      visit,
    )
  },
  async post(visit) {
    const { form, core, request } = visit
    const { value: email } = remembered(visit, 'sent') ?? {}
    if (email === undefined) throw new AuthError('invalid_code')
    if (form.has('again')) {
      await resendVerification(email, request, core)
      return seeOther(withDone(visit.accountPath('/confirm/code/'), 'resent'))
    }
    requireFilled(visit, ['code'])
    await confirmEmail({ email, code: form.text('code').replaceAll(' ', '') }, core)
    return seeOther(visit.accountPath('/done/?what=confirmed'), {
      cookies: [forget(visit, 'sent')],
    })
  },
}
