import type { Awaitable } from '../../../base/awaitable.ts'
import { AuthError } from '../../../base/errors.ts'
import type { Answer } from '../../../http/answer.ts'
import { seeOther } from '../../../pages/answers.ts'
import type { Html } from '../../../pages/html.ts'
import { nextPath, withQuery } from '../../../pages/next-path.ts'
import {
  endOfStep,
  readStep,
  type Step,
  type StepName,
  stepCookie,
} from '../../../pages/step-cookie.ts'
import type { Account } from '../../../users/user.ts'
import {
  cookiesAtSignIn,
  findBrowserSessions,
  openBrowserSession,
  revokeBrowserSession,
} from '../../browser-sessions/browser-session.ts'
import { siteOf } from '../../pages/site.ts'
import type { Visit } from '../../pages/visit.ts'
import type { PageRenderers } from '../renderers.ts'

/** A page, made by the function of the application, or by that of the package. */
export function render<Name extends keyof PageRenderers>(
  name: Name,
  own: PageRenderers[Name],
  data: Parameters<PageRenderers[Name]>[0],
  visit: Visit,
): Html {
  const given: Partial<PageRenderers> = siteOf(visit.core).settings.render
  const make = given[name] ?? own
  // The data is that of the same name.
  return (make as (data: object, page: Visit) => Html)(data, visit)
}

/** The page that a user came from. */
export const nextOf = ({
  query,
  form,
}: Pick<Visit, 'query' | 'form'>): string | undefined =>
  nextPath(form.text('next')) ?? nextPath(query.get('next'))

/** The path of a page below `pages.path`, with the parameters `next` and `again` of this request. */
export const pathWithNext = (
  visit: Visit,
  below: string,
  { done }: { readonly done?: 'resent' | 'outdated' } = {},
): string =>
  withQuery(visit.accountPath(below), {
    next: nextOf(visit),
    again: againOf(visit),
    done,
  })

/** The `action` of the form of a sign-in page. `next` is a field of the form. */
export const formPath = (visit: Visit, below: string): string =>
  withQuery(visit.accountPath(below), { again: againOf(visit) })

/** `again=1` asks users to sign in again who are signed in, for pages that need a recent sign-in. */
const againOf = ({ query }: Visit): string | undefined => query.get('again') ?? undefined

/** Redirects users who are signed in already; `undefined` if the sign-in page is to be shown. */
export function onward(visit: Visit): Answer | undefined {
  if (visit.visitor === undefined || visit.error !== undefined) return undefined
  if (againOf(visit) !== undefined) return undefined
  return seeOther(nextOf(visit) ?? visit.site.home)
}

/** Remembers a step for the next page. @param lifetime in seconds */
export const remember = (
  { request, sessionSettings }: Visit,
  name: StepName,
  step: Step,
  lifetime: number,
): string => stepCookie(name, step, lifetime, request, sessionSettings)

export const remembered = (
  { request, sessionSettings }: Visit,
  name: StepName,
): Step | undefined => readStep(name, request, sessionSettings)

export const forget = ({ request, sessionSettings }: Visit, name: StepName): string =>
  endOfStep(name, request, sessionSettings)

/**
 * Signs the browser in whose user has proved who they are, and goes on. The session is a new one, and those of the request end. If a
 * further step is asked for, the browser goes on to its page.
 *
 * @param started called once the session has started; returns more cookies
 * @throws AuthError `no_active_account`
 */
export async function signInVisitor(
  visit: Visit,
  account: Account,
  methods: readonly string[],
  cookies: readonly string[] = [],
  started: () => Awaitable<readonly string[]> = () => [],
): Promise<Answer> {
  try {
    const session = await startSession(visit, account, methods)
    return seeOther(nextOf(visit) ?? visit.site.home, {
      cookies: [...session, ...cookies, ...(await started())],
    })
  } catch (error) {
    if (error instanceof AuthError && error.code === 'mfa_required')
      return toSecondStep(visit, error, cookies)
    throw error
  }
}

/** @returns the cookies of a new session @throws AuthError `no_active_account`; what a check says */
export async function startSession(
  { core, request, sessionSettings }: Visit,
  account: Account,
  methods: readonly string[],
): Promise<readonly string[]> {
  const previous = await findBrowserSessions(request, sessionSettings, core)
  const secret = await core.completeSignIn(account, {
    methods,
    request,
    start: (checked) => openBrowserSession(checked, sessionSettings, core),
  })
  for (const each of previous) await revokeBrowserSession(each, core)
  return cookiesAtSignIn(secret, request, sessionSettings)
}

/** Seconds that a ticket is valid. */
const TICKET_LIFETIME = 300

function toSecondStep(
  visit: Visit,
  { body }: AuthError,
  cookies: readonly string[],
): Answer {
  const { ticket = '', methods = [] } = body as {
    readonly ticket?: string
    readonly methods?: readonly string[]
  }
  const step = { ticket, methods: methods.join(' ') }
  return seeOther(pathWithNext(visit, secondStepPath(methods)), {
    cookies: [...cookies, remember(visit, 'ticket', step, TICKET_LIFETIME)],
  })
}

function secondStepPath(methods: readonly string[]): string {
  if (methods.length === 0) return '/second-factor/set-up/'
  return '/second-factor/'
}
