import { AuthError, errorAnswer } from '../../base/errors.ts'
import { type Answer, redirect } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { seeOther, shown } from '../../pages/answers.ts'
import { requireFresh } from '../accounts/fresh.ts'
import type { PageHandlers } from '../pages/define-page.ts'
import type { UserVisit, Visit } from '../pages/visit.ts'
import { accountOfProfile, METHODS } from '../social/account-of-profile.ts'
import { beginSocial, providerNamed, type SocialState } from '../social/begin.ts'
import { returnedSocial } from '../social/callback.ts'
import { callbackAddress } from '../social/callback-address.ts'
import type { FinishedSocial } from '../social/finish.ts'
import { linkOwnIdentity, unlinkOwnIdentity } from '../social/own-identities.ts'
import type { ProviderSettings } from '../social/provider.ts'
import { SOCIAL_TEXTS, type SocialTexts } from '../social/texts.ts'
import { freshOnly } from './own/own-visit.ts'
import { nextOf, signInVisitor } from './sign-in/flow.ts'
import { messagePage, toSignInPage } from './sign-in/message.ts'

/** `/account/sign-in/with/{provider}/`: goes on to the provider. */
export const signInWith: PageHandlers = {
  get: (visit) => toProvider(visit, { next: nextOf(visit) }),
}

/** `/account/connect/{provider}/`: the same, to connect it. */
export const connectIdentity: PageHandlers<UserVisit> = freshOnly({
  get: (visit) => toProvider(visit, { links: visit.visitor.user.id }),
})

async function toProvider(
  visit: Visit,
  state: Pick<SocialState, 'next' | 'links'>,
): Promise<Answer> {
  const { core, request, parameters } = visit
  const settings = providerNamed(parameters.provider, core)
  const redirectUri = callbackAddress(settings, core)
  if (redirectUri === undefined) throw new AuthError('not_found')
  try {
    const begun = await beginSocial(settings, { ...state, redirectUri }, request, core)
    const headers = setCookies([begun.cookie])
    return redirect(begun.authorizationUrl, { status: 303, headers })
  } catch (error) {
    return failed(visit, error)
  }
}

/** `/account/identities/{id}/remove/` */
export const removeIdentity: PageHandlers<UserVisit> = freshOnly({
  get: ({ accountPath }) => seeOther(accountPath('/#identities')),
  async post(visit) {
    const { core, visitor, request, parameters, accountPath } = visit
    try {
      const removal = { id: parameters.id ?? '' }
      await unlinkOwnIdentity(visitor.principal, removal, request, core)
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== 'invalid') throw error
      return faultPage(visit, error, 'last')
    }
    return seeOther(`${accountPath('/')}?done=identity_disconnected`)
  },
})

/** `/auth/social/{provider}/callback/`: what the provider returns. */
export const socialReturn: PageHandlers = {
  async get(visit) {
    const { core, request, parameters, query } = visit
    const settings = providerNamed(parameters.provider, core)
    try {
      const finished = await returnedSocial(settings, query, request, core)
      if (finished.state.links !== undefined)
        return await connected(visit, settings, finished)
      return await signedIn(visit, settings, finished)
    } catch (error) {
      return failed(visit, error)
    }
  },
}

async function signedIn(
  visit: Visit,
  settings: ProviderSettings,
  { profile, state: { next } }: FinishedSocial,
): Promise<Answer> {
  const { core, request } = visit
  const { account } = await accountOfProfile(settings, profile, request, core)
  const query = new URLSearchParams({ ...(next !== undefined && { next }) })
  return signInVisitor({ ...visit, query }, account, METHODS)
}

/** @throws AuthError `invalid_code` if another user has signed in meanwhile */
async function connected(
  visit: Visit,
  settings: ProviderSettings,
  { profile, state: { links } }: FinishedSocial,
): Promise<Answer> {
  const { core, visitor, request, accountPath } = visit
  if (visitor === undefined || visitor.user.id !== links)
    throw new AuthError('invalid_code', 'the state links an identity of another user')
  const account = await requireFresh(visitor.principal, {}, core)
  await linkOwnIdentity(account, settings, profile, request, core)
  return seeOther(`${accountPath('/')}?done=identity_connected`)
}

type Fault = 'last' | 'failed' | 'exists' | 'inactive' | 'taken'

/** What is said of each error. Others have the page of an error. */
const FAULTS: Readonly<Record<string, Fault>> = {
  invalid_code: 'failed',
  provider_refused: 'failed',
  insufficient_user_authentication: 'failed',
  account_exists: 'exists',
  no_active_account: 'inactive',
  invalid: 'taken',
}

function failed(visit: Visit, error: unknown): Answer {
  if (!(error instanceof AuthError)) throw error
  const what = FAULTS[error.code]
  if (what === undefined) throw error
  return faultPage(visit, error, what)
}

function faultPage(visit: Visit, error: AuthError, what: Fault): Answer {
  const texts: SocialTexts = SOCIAL_TEXTS[visit.language]
  const message = { title: texts[`${what}Title`], text: texts[what] }
  const page =
    visit.visitor === undefined
      ? toSignInPage(visit, 'social', message)
      : messagePage(visit, {
          name: 'social',
          ...message,
          link: { text: texts.toAccount, href: visit.accountPath('/') },
        })
  const { status } = errorAnswer(error, [])
  // 401 would need a challenge, for which browsers ask with a window of their own.
  const isChallenge = status === 401 || status === 403
  return shown(page, visit.site, { status: isChallenge ? 400 : status })
}
