import { AuthError, errorAnswer } from '../../base/errors.ts'
import { Answer } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { pathOf, queryOf } from '../../http/query.ts'
import type { AuthRequest } from '../../http/request.ts'
import { seeOther, shown } from '../../pages/answers.ts'
import type { PageContext } from '../../pages/context.ts'
import { errorPage } from '../../pages/error-page.ts'
import { EMPTY_FORM, readForm } from '../../pages/form.ts'
import {
  anonymousBinding,
  type FormBinding,
  formTokenOf,
  requireFormToken,
} from '../../pages/form-token.ts'
import { isHtml } from '../../pages/html.ts'
import { nextPath, withNext } from '../../pages/next-path.ts'
import { pageSessionSettings } from '../browser-sessions/scheme.ts'
import { findVisitor, type Visitor } from '../browser-sessions/visitor.ts'
import type { Core, EndpointSettings, OpenCore } from '../core.ts'
import { languageOf } from '../mail/templates/languages.ts'
import type { LoadedPage, PageHandlers, PageResult } from './page.ts'
import { type SiteSettings, siteOf } from './site.ts'
import type { Visit } from './visit.ts'

type Handled = readonly [
  request: AuthRequest,
  context: { readonly parameters: Readonly<Record<string, string>> },
]

/** Answers a request to a page. @throws AuthError what the page of an error shows */
export async function servePage(
  page: LoadedPage,
  [request, { parameters }]: Handled,
  settings: EndpointSettings,
  open: OpenCore,
): Promise<Answer> {
  const isForm = request.method === 'POST'
  const form = isForm ? await readForm(request) : EMPTY_FORM
  const core = await open()
  clocks.set(settings.section, core.clock)
  const visit = await visitOf({ ...page, request, parameters, form }, settings, core)
  if (page.isForUsers && visit.visitor === undefined) return toSignIn(visit)
  // Forms and their answers are checked before anything that the form asks for.
  if (isForm) requireFormToken(request, form, visit.binding, visit.sessionSettings)
  const handlers = (await page.load()) as PageHandlers<Visit>
  const answer = isForm
    ? await posted(page, handlers, visit)
    : answerOf(await handlers.get(visit), visit)
  return withFormCookie(answer, visit.binding)
}

/** A page of this origin that a user comes back to after the sign-in. After a form it is the page that has shown the form. */
const toSignIn = ({ request, accountPath }: Visit): Answer => {
  const next = request.method === 'POST' ? pathOf(request.url) : request.url
  return seeOther(withNext(accountPath('/sign-in/'), nextPath(next)))
}

/** Errors that the user can correct on the page itself. */
const CORRECTABLE: ReadonlySet<string> = new Set([
  'invalid',
  'invalid_code',
  'no_active_account',
  'throttled',
  'insufficient_user_authentication',
])

async function posted(
  { showsErrorsAlone = false }: LoadedPage,
  { get, post }: PageHandlers<Visit>,
  visit: Visit,
): Promise<Answer> {
  try {
    if (post === undefined) throw new AuthError('method_not_allowed')
    return answerOf(await post(visit), visit)
  } catch (error) {
    const isShown = error instanceof AuthError && CORRECTABLE.has(error.code)
    if (!isShown || showsErrorsAlone) throw error
    const again = answerOf(await get({ ...visit, error }), visit)
    // A page that could not be corrected after all, such as of a link, redirects.
    return again.status === 200 ? withStatusOf(error, again) : again
  }
}

const answerOf = (result: PageResult, { site }: Visit): Answer =>
  isHtml(result) ? shown(result, site) : result

/** 401 would need a challenge (RFC 9110 §15.5.2), for which browsers ask with a window of their own. */
function withStatusOf(error: AuthError, answer: Answer): Answer {
  const { status, headers } = errorAnswer(error, [])
  return new Answer(answer.content, status === 403 ? 400 : status, {
    headers: [...answer.headers, ...headers],
  })
}

function withFormCookie(answer: Answer, { setCookie }: FormBinding): Answer {
  if (setCookie === undefined) return answer
  const { status, cacheControl, content } = answer
  const headers = [...answer.headers, ...setCookies([setCookie])]
  return new Answer(content, status, { headers, cacheControl })
}

async function visitOf(
  { request, parameters, form }: Pick<Visit, 'request' | 'parameters' | 'form'>,
  settings: EndpointSettings,
  core: Core,
): Promise<Visit> {
  const sessionSettings = pageSessionSettings(settings)
  const visitor = await findVisitor(request, sessionSettings, core)
  const binding = bindingOf(visitor, request, sessionSettings, core)
  return {
    ...contextOf(request, settings, core.clock(), visitor),
    formToken: formTokenOf(binding, core.random),
    core,
    request,
    parameters,
    query: queryOf(request.url),
    visitor,
    form,
    error: undefined,
    binding,
    sessionSettings,
    accountPath: (below) => siteOf(settings).settings.path + below,
  }
}

const bindingOf = (
  visitor: Visitor | undefined,
  request: AuthRequest,
  settings: Visit['sessionSettings'],
  { random }: Core,
): FormBinding =>
  visitor === undefined
    ? anonymousBinding(request, settings, random)
    : { secrets: [visitor.secret], setCookie: undefined }

function contextOf(
  request: AuthRequest,
  settings: SiteSettings,
  now: number,
  visitor?: Visitor,
) {
  const { site, texts } = siteOf(settings)
  const own = visitor?.user.attributes.language
  const language = languageOf(own, request.header('accept-language'))
  return { site, language, texts: texts[language], url: request.url, now, formToken: '' }
}

/** For the pages of errors: the instance may not be open, or not any more. */
const clocks = new WeakMap<SiteSettings['section'], Core['clock']>()
const systemTime = (): number => Math.floor(Date.now() / 1000)

/** The page of an error. It reads nothing of the store, which may be what fails. */
export function serveError(
  error: AuthError,
  request: AuthRequest,
  settings: SiteSettings,
): Answer {
  const page: PageContext = contextOf(
    request,
    settings,
    (clocks.get(settings.section) ?? systemTime)(),
  )
  return errorPage(error, page, siteOf(settings).settings.render.error)
}
