import type { Awaitable } from '../../../base/awaitable.ts'
import { AuthError } from '../../../base/errors.ts'
import type { Answer } from '../../../http/answer.ts'
import { seeOther } from '../../../pages/answers.ts'
import type { FieldErrors } from '../../../pages/components.ts'
import { nextPath, withNext } from '../../../pages/next-path.ts'
import {
  endOfStep,
  readStep,
  type Step,
  type StepName,
  stepCookie,
} from '../../../pages/step-cookie.ts'
import { fieldError } from '../../../users/field-errors.ts'
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
import type { FormData, Retry } from './data.ts'

/** The function that makes a page: the application's, or that of the package. */
export const rendererOf = <Name extends keyof PageRenderers>(
  name: Name,
  own: PageRenderers[Name],
  { core }: Visit,
): PageRenderers[Name] => siteOf(core).settings.render[name] ?? own

/** The page that a user came from. */
export const nextOf = ({
  query,
  form,
}: Pick<Visit, 'query' | 'form'>): string | undefined =>
  nextPath(form.text('next')) ?? nextPath(query.get('next'))

/** A page of accounts, which remembers where the user came from, and whether they are to sign in again. */
export function pathWithNext(visit: Visit, below: string): string {
  const path = withNext(visit.accountPath(below), nextOf(visit))
  if (!asksAgain(visit)) return path
  return `${path}${path.includes('?') ? '&' : '?'}${AGAIN}=1`
}

const AGAIN = 'again'

/** A page that needs a fresh sign-in sends a user here who is signed in. */
const asksAgain = ({ query }: Visit): boolean => query.has(AGAIN)

/** Where a page to sign in sends a user on to who is signed in already; `undefined` if it is to be shown. */
export const onward = (visit: Visit): Answer | undefined =>
  visit.visitor !== undefined && visit.error === undefined && !asksAgain(visit)
    ? seeOther(nextOf(visit) ?? visit.site.home)
    : undefined

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

/** @throws AuthError `invalid` with the fields that are empty */
export function requireFilled({ form }: Visit, names: readonly string[]): void {
  const missing = names.filter((name) => form.exact(name).trim() === '')
  if (missing.length === 0) return
  throw fieldError(Object.fromEntries(missing.map((name) => [name, [REQUIRED]])))
}

const REQUIRED = 'This field is required.'

/**
 * What was wrong with a form, in the words of the page.
 *
 * @param renamed the fields of the verb that have other names in the form, such as `new_password`
 */
export function faultsIn(
  visit: Visit,
  renamed: Readonly<Record<string, string>> = {},
): Pick<FormData, 'errors' | 'retry'> {
  return { errors: errorsIn(visit, renamed), retry: retryOf(visit) }
}

export function retryOf({ error, now }: Visit): Retry | undefined {
  if (error?.code !== 'throttled') return undefined
  const after = Math.max(1, Math.ceil(error.retryAfter ?? 0))
  return { at: now + after, after }
}

function errorsIn(
  { error, texts }: Visit,
  renamed: Readonly<Record<string, string>>,
): FieldErrors {
  if (error?.code !== 'invalid') return {}
  const entries = Object.entries(error.body ?? {}).map(([name, messages]) => [
    renamed[name] ?? (name === 'non_field_errors' ? '' : name),
    [messages].flat().map((message) => inWords(String(message), texts.faults)),
  ])
  return Object.fromEntries(entries)
}

/** The messages of the API are Django REST framework's: programs compare them. */
function inWords(message: string, faults: Readonly<Record<string, string>>): string {
  const beginning = Object.keys(faults).find((each) => message.startsWith(each))
  return beginning === undefined ? message : (faults[beginning] ?? message)
}

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
  const below = methods.length > 0 ? '/second-factor/' : '/second-factor/set-up/'
  return seeOther(pathWithNext(visit, below), {
    cookies: [...cookies, remember(visit, 'ticket', step, TICKET_LIFETIME)],
  })
}
