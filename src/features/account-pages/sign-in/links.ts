import { hash } from 'node:crypto'
import { AuthError } from '../../../base/errors.ts'
import { ifDefined } from '../../../base/optional.ts'
import { seeOther } from '../../../pages/answers.ts'
import { withQuery } from '../../../pages/next-path.ts'
import type { StepName } from '../../../pages/step-cookie.ts'
import { confirmEmailChange, undoEmailChange } from '../../accounts/change-email.ts'
import { confirmEmail } from '../../accounts/confirm.ts'
import { redeemSignInCode } from '../../accounts/sign-in-code.ts'
import { checkCode } from '../../codes/redeem.ts'
import type { PageHandlers, PageResult } from '../../pages/define-page.ts'
import type { Visit } from '../../pages/visit.ts'
import type { LinkPurpose } from './data.ts'
import { forget, remember, remembered, render, signInVisitor } from './flow.ts'
import { messagePage, toSignInPage } from './message.ts'
import { renderLink } from './views.ts'

/** Seconds for which the browser remembers the value of a link. */
const LIFETIME = 3600

const LINK: StepName = 'link'

/**
 * Takes the value of a link out of the address, which stands in the history of the browser and in logs: it goes on in a cookie.
 *
 * @returns the redirect, if the address has a value
 */
export function withoutToken(visit: Visit, below: string): PageResult | undefined {
  const token = visit.query.get('token')
  if (token === null) return undefined
  const step = { page: below, token: token.slice(0, 512) }
  return seeOther(visit.accountPath(below), {
    cookies: [remember(visit, LINK, step, LIFETIME)],
  })
}

/** The value of the link that this page was opened with. @throws AuthError `invalid_code` without one */
export function tokenOf(visit: Visit, below: string): string {
  const token = findToken(visit, below)
  if (token !== undefined) return token
  throw new AuthError('invalid_code', 'the page was opened without a link')
}

/**
 * The same, or `undefined`. Of a form it is the link that the page was shown for: another site may have opened another link since, such as
 * one that signs its visitors in as another user.
 */
export function findToken(visit: Visit, below: string): string | undefined {
  const { page, token } = remembered(visit, LINK) ?? {}
  if (page !== below || token === undefined) return undefined
  const { request, query } = visit
  if (request.method === 'POST' && query.get(SHOWN) !== nameOf(token)) return undefined
  return token
}

const SHOWN = 'link'

/** Names the value of a link, and does not show it. */
const nameOf = (token: string): string => hash('sha256', token, 'base64url').slice(0, 16)

/** The `action` of the form of a link page. @param token `undefined` if the page was opened without a link */
export const actionOf = (
  { accountPath }: Visit,
  below: string,
  token: string | undefined,
): string => withQuery(accountPath(below), { [SHOWN]: ifDefined(token, nameOf) })

export const forgetLink = (visit: Visit): string => forget(visit, LINK)

interface LinkPage {
  readonly below: string
  readonly purpose: LinkPurpose
  /** What the page shows of the link. It redeems nothing. @throws AuthError `invalid_code` */
  userOf?(token: string, visit: Visit): Promise<string>
  /** Redeems the link. */
  redeem(token: string, visit: Visit): Promise<PageResult>
}

/** A page that a link of a mail leads to. Programs open links, too, to look at them: only the button redeems. */
const linkPage = ({ below, purpose, userOf, redeem }: LinkPage): PageHandlers => ({
  async get(visit) {
    const redirect = withoutToken(visit, below)
    if (redirect !== undefined) return redirect
    const token = tokenOf(visit, below)
    const name = await userOf?.(token, visit)
    const action = actionOf(visit, below, token)
    const data = { purpose, name, action, errors: {}, retry: undefined }
    return render('link', renderLink, data, visit)
  },
  post: (visit) => redeem(tokenOf(visit, below), visit),
})

/** `/account/login/`: signs in. */
export const loginLink = linkPage({
  below: '/login/',
  purpose: 'login',
  async userOf(token, { core }) {
    const { userId, payload } = await checkCode(
      { purpose: 'sign_in', secret: token },
      core,
    )
    const user = await ifDefined(userId, (id) => core.users.find('id', id))
    return user?.user.username ?? String(payload.email ?? '')
  },
  async redeem(token, visit) {
    const { account, methods } = await redeemSignInCode(visit.core, { token })
    return signInVisitor(visit, account, methods, [forgetLink(visit)])
  },
})

const confirmLink = (below: string): PageHandlers =>
  linkPage({
    below,
    purpose: 'confirm',
    async redeem(token, visit) {
      await confirmEmail({ token }, visit.core)
      return done(visit, 'confirmed')
    },
  })

/** `/account/activate/`: after the sign-up; `/account/verify/`: of an account that is there already. */
export const activateLink = confirmLink('/activate/')
export const verifyLink = confirmLink('/verify/')

/** `/account/change-email/` */
export const changeEmailLink = linkPage({
  below: '/change-email/',
  purpose: 'changeEmail',
  async redeem(token, visit) {
    await confirmEmailChange(token, visit.core)
    return done(visit, 'email-changed')
  },
})

/** `/account/undo-email/` */
export const undoEmailLink = linkPage({
  below: '/undo-email/',
  purpose: 'undoEmail',
  async redeem(token, visit) {
    await undoEmailChange(token, visit.core)
    return done(visit, 'email-restored')
  },
})

/** What was done: a word of a closed list, each with a text. */
type Done =
  | 'confirmed'
  | 'email-changed'
  | 'email-restored'
  | 'password-saved'
  | 'signed-up'

/** Goes on to the page that says what was done. */
export const done = (visit: Visit, what: Done): PageResult =>
  seeOther(visit.accountPath(`/done/?what=${what}`), { cookies: [forgetLink(visit)] })

/** `/account/done/` */
export const donePage: PageHandlers = {
  get(visit) {
    const { texts, accountPath } = visit
    switch (visit.query.get('what')) {
      case 'confirmed':
        return say(visit, 'confirmed', texts.confirm)
      case 'email-changed':
        return say(visit, 'emailChanged', texts.changeEmail)
      case 'password-saved':
        return say(visit, 'passwordSaved', texts.reset)
      case 'signed-up':
        return say(visit, 'signedUp', texts.signUp)
      case 'email-restored':
        return messagePage(visit, {
          name: 'emailRestored',
          title: texts.undoEmail.doneTitle,
          text: texts.undoEmail.done,
          link: { text: texts.undoEmail.next, href: accountPath('/forgot-password/') },
        })
      default:
        throw new AuthError('not_found')
    }
  },
}

const say = (
  visit: Visit,
  name: string,
  { doneTitle, done }: { readonly doneTitle: string; readonly done: string },
) => toSignInPage(visit, name, { title: doneTitle, text: done })
