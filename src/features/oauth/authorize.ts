import { AuthError } from '../../base/errors.ts'
import { redirect } from '../../http/answer.ts'
import { pathOf } from '../../http/query.ts'
import { seeOther, shown } from '../../pages/answers.ts'
import { formOf } from '../../pages/form.ts'
import { browserBinding } from '../../pages/form-token.ts'
import { withQuery } from '../../pages/next-path.ts'
import { issueCode } from '../codes/issue.ts'
import { checkCode, redeemCode } from '../codes/redeem.ts'
import type { PageHandlers, PageResult } from '../pages/page.ts'
import type { UserVisit, Visit } from '../pages/visit.ts'
import {
  type AuthorizationRequest,
  answerAddress,
  findTarget,
  isRefusal,
  parseRequest,
  type Refusal,
  refusalAnswer,
  type Target,
} from './authorization-request.ts'
import { chooserPage } from './chooser-view.ts'
import { needsConsent } from './consent.ts'
import { issueAuthorizationCode } from './grant-code.ts'
import { mustPush, redeemPushedRequest } from './par/pushed-request.ts'
import { type Parameters, parametersOf, queryParameters } from './parameters.ts'
import { type RequestState, signInStep } from './sign-in-step.ts'
import { limitStoredRequests } from './stored-requests.ts'
import { consentPage, formTargetOf, onwardPage, refusedPage } from './views.ts'

/** `/oauth/authorize` (RFC 6749 §4.1.1). */
export const authorize: PageHandlers = {
  async get(visit) {
    try {
      if (visit.request.method === 'POST') return await toAddress(visit)
      const received = await receivedRequest(visit)
      const target = await findTarget(received.parameters, visit.core)
      return await answerRequest(received, target, visit)
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== 'invalid_request') throw error
      // The application or its redirect URI is unknown, so nothing is sent to it (RFC 6749 §4.1.2.1).
      return shown(refusedPage(visit, error.detail), visit.site, { status: 400 })
    }
  },

  async post(visit) {
    const { core, form, visitor } = visit
    const binding = bindingOf(visit)
    const attempt = {
      purpose: 'oauth_request',
      secret: form.text('request'),
      binding,
    } as const
    const { payload, userId } = await redeemCode(attempt, core)
    // Another user may have signed in since the page was shown.
    if (visitor === undefined || visitor.user.id !== userId)
      throw new AuthError('invalid_code')
    const parameters = parametersOf(formOf(new URLSearchParams(String(payload.query))))
    const target = await findTarget(parameters, core)
    const request = parseRequest(parameters, target, core)
    if (isRefusal(request)) return refuse(request, target, visit)
    if (form.text('decision') !== 'allow')
      return refuse({ error: 'access_denied' }, target, visit)
    return grant(request, { ...visit, visitor }, false)
  },
}

/**
 * A request that was sent as a form (OpenID Connect Core 1.0 §3.1.2.1) goes on as an address: browsers send no session cookie with a form of
 * another site, and a reload sends nothing again.
 */
async function toAddress(visit: Visit): Promise<PageResult> {
  const query = [visit.query, visit.form.query()].map(String).filter(Boolean).join('&')
  const path = pathOf(visit.request.url)
  if (query.length <= LONG) return seeOther(`${path}?${query}`)
  await limitStoredRequests(visit.core)
  const sent = { ...NEW_REQUEST, query, isPushed: false }
  const secret = await storeRequest(sent, undefined, undefined, visit)
  return seeOther(`${path}?${STORED_REQUEST}=${secret}`)
}

/** Longer requests are stored: the address of the sign-in page has them as a parameter. */
const LONG = 1000

/** An authorization request before it is checked against its application. */
interface ReceivedRequest extends RequestState {
  readonly parameters: Parameters
  readonly query: string
  /** Whether the browser comes from the sign-in page. */
  readonly isBack: boolean
  /** Whether the application has pushed it (RFC 9126). */
  readonly isPushed: boolean
}

const NEW_REQUEST: RequestState = { since: undefined, chosen: undefined, isRaised: false }

/** What is stored of it. */
type StoredRequest = Pick<ReceivedRequest, 'query' | 'isPushed' | 'chosen' | 'isRaised'>

/** The parameters that this page adds to its own URL, for the way back from the sign-in page. */
const STORED_REQUEST = 'watchword_request'
const BACK = 'watchword_back'

/** @throws AuthError `invalid_request`; `invalid_code` if the stored request has expired */
async function receivedRequest(visit: Visit): Promise<ReceivedRequest> {
  const stored = visit.query.get(STORED_REQUEST)
  if (stored === null) return sentRequest(visit)
  const attempt = { purpose: 'oauth_request', secret: stored } as const
  const { payload, createdAt } = await checkCode(attempt, visit.core)
  const query = String(payload.query)
  const parameters = parametersOf(formOf(new URLSearchParams(query)))
  const isPushed = payload.pushed === true
  const chosen = payload.chosen as string | undefined
  const isRaised = payload.raised === true
  // After a choice, only the user who was chosen goes on: another sign-in does not count.
  const since = chosen === undefined ? createdAt : undefined
  const state = { since, chosen, isRaised }
  return { ...state, parameters, query, isBack: true, isPushed }
}

/** A request in the address, or one that was pushed, to which the address refers. */
async function sentRequest({
  query: sent,
  request,
  core,
}: Visit): Promise<ReceivedRequest> {
  const isBack = sent.has(BACK)
  const query = new URLSearchParams(sent)
  query.delete(BACK)
  const parameters = queryParameters(request)
  const received = { ...NEW_REQUEST, isBack }
  const pushed = await redeemPushedRequest(parameters, core)
  if (pushed === undefined)
    return { ...received, parameters, query: String(query), isPushed: false }
  const form = formOf(new URLSearchParams(pushed))
  return { ...received, parameters: parametersOf(form), query: pushed, isPushed: true }
}

async function answerRequest(
  received: ReceivedRequest,
  target: Target,
  visit: Visit,
): Promise<PageResult> {
  if (!received.isPushed && mustPush(target.client, visit.core))
    return refuse(NOT_PUSHED, target, visit)
  const request = parseRequest(received.parameters, target, visit.core)
  if (isRefusal(request)) return refuse(request, target, visit)
  const { visitor } = visit
  const step = await signInStep(request, received, visitor, visit.core)
  if (typeof step === 'object') return refuse(step, target, visit)
  if (visitor === undefined || step === 'sign_in')
    return toSignIn(request, received, visit)
  // Only users themselves may give a consent, not staff who impersonate them.
  if (visitor.session.actor !== undefined)
    return refuse({ error: 'access_denied' }, target, visit)
  const user = { ...visit, visitor }
  if (step === 'choose') return chooseAccount(request, received, user)
  if (step === 'raise') return toStrongerSignIn(received, user)
  if (!(await needsConsent(request, visitor, visit.core)))
    return grant(request, user, received.isBack)
  if (request.prompt.includes('none'))
    return refuse({ error: 'consent_required' }, target, visit)
  return askUser(request, received, user)
}

const NOT_PUSHED: Refusal = {
  error: 'invalid_request',
  description: 'The request must be pushed first.',
}

async function toSignIn(
  request: AuthorizationRequest,
  received: ReceivedRequest,
  visit: Visit,
): Promise<PageResult> {
  const isForced =
    visit.visitor !== undefined ||
    request.prompt.length > 0 ||
    request.maxAge !== undefined ||
    request.subject !== undefined
  return seeOther(await signInPath(received, isForced, visit))
}

/** The user goes on by a link to the stored request, which only this page has: it says who was chosen. */
async function chooseAccount(
  { client }: AuthorizationRequest,
  received: ReceivedRequest,
  visit: UserVisit,
): Promise<PageResult> {
  const chosen = visit.visitor.user.id
  const same = await storedPath({ ...received, chosen }, visit)
  const other = await signInPath(received, true, visit)
  return chooserPage(visit, client.name, { same, other })
}

/** To the page that asks for another factor; from there the request goes on, in any case. */
async function toStrongerSignIn(
  received: ReceivedRequest,
  visit: UserVisit,
): Promise<PageResult> {
  const next = await storedPath({ ...received, isRaised: true }, visit)
  const query = new URLSearchParams({ next, acr: 'aal2' })
  return seeOther(`${visit.accountPath('/again/')}?${query}`)
}

async function storedPath(received: StoredRequest, visit: Visit): Promise<string> {
  const secret = await storeRequest(received, undefined, undefined, visit)
  return `${pathOf(visit.request.url)}?${STORED_REQUEST}=${secret}`
}

/**
 * The path of the sign-in page, which also asks users who are signed in, and from which they come back.
 *
 * @param isForced whether only a sign-in from now on counts
 * @throws AuthError `throttled`
 */
async function signInPath(
  received: ReceivedRequest,
  isForced: boolean,
  visit: Visit,
): Promise<string> {
  const { query, isPushed } = received
  // What was pushed stands in no address.
  if (!isForced && !isPushed && query.length <= LONG)
    return signInPage(`${query}&${BACK}=1`, received, visit)
  if (visit.visitor === undefined) await limitStoredRequests(visit.core)
  const secret = await storeRequest(received, undefined, undefined, visit)
  return signInPage(`${STORED_REQUEST}=${secret}`, received, visit)
}

function signInPage(
  query: string,
  { parameters }: ReceivedRequest,
  { accountPath, request }: Visit,
): string {
  return withQuery(accountPath('/sign-in/'), {
    next: `${pathOf(request.url)}?${query}`,
    again: '1',
    login_hint: parameters.get('login_hint'),
    ui_locales: parameters.get('ui_locales'),
  })
}

/** Stores a request until the user has answered, so that what is granted is what the page showed. @returns the secret that finds it */
async function storeRequest(
  { query, isPushed: pushed, chosen, isRaised: raised }: StoredRequest,
  user: UserVisit['visitor']['user'] | undefined,
  binding: string | undefined,
  { core }: Visit,
): Promise<string> {
  const payload = { query, pushed, chosen, raised }
  const { secret } = await issueCode(
    { purpose: 'oauth_request', form: 'link', user, binding, payload },
    core,
  )
  return secret
}

async function askUser(
  request: AuthorizationRequest,
  received: ReceivedRequest,
  visit: UserVisit,
): Promise<PageResult> {
  const { user } = visit.visitor
  const secret = await storeRequest(received, user, bindingOf(visit), visit)
  const other = await signInPath(received, false, visit)
  return shown(consentPage(visit, request, secret, other), visit.site, {
    formTargets: [formTargetOf(request.redirectUri)],
  })
}

const bindingOf = ({ binding }: Visit): string => browserBinding(binding, 'oauth')

/** @param isBack whether the browser comes from a form of another page, whose CSP blocks redirects to other origins */
async function grant(
  request: AuthorizationRequest,
  visit: UserVisit,
  isBack: boolean,
): Promise<PageResult> {
  const address = await grantedAddress(request, visit)
  if (isBack) return onwardPage(visit, request.client.name, address)
  return redirect(address, { status: 303 })
}

/** The address with what is granted. */
async function grantedAddress(
  request: AuthorizationRequest,
  { core, visitor }: UserVisit,
): Promise<string> {
  if (request.responseType === 'token') {
    const { addressWithToken } = await import('./implicit/implicit-grant.ts')
    return addressWithToken(request, visitor, core)
  }
  const code = await issueAuthorizationCode(request, visitor, core)
  return answerAddress(request, { code }, core)
}

const refuse = (refusal: Refusal, target: Target, { core }: Visit): PageResult =>
  redirect(answerAddress(target, refusalAnswer(refusal), core), { status: 303 })
