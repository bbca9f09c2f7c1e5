import { AuthError, errorAnswer } from '../../base/errors.ts'
import { Answer } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { pathOf, queryOf } from '../../http/query.ts'
import type { AuthRequest } from '../../http/request.ts'
import { seeOther, shown } from '../../pages/answers.ts'
import type { PageContext } from '../../pages/context.ts'
import { errorPage } from '../../pages/error-page.ts'
import { EMPTY_FORM, type Form, readForm } from '../../pages/form.ts'
import {
  anonymousBinding,
  type FormBinding,
  formTokenOf,
  requireFormToken,
  TOKEN_FIELD,
} from '../../pages/form-token.ts'
import { isHtml } from '../../pages/html.ts'
import { nextPath, withNext } from '../../pages/next-path.ts'
import type { Language } from '../../pages/time.ts'
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
  const form = await formIn(request)
  const core = await open()
  clocks.set(settings.section, core.clock)
  const visit = await visitOf({ ...page, request, parameters, form }, settings, core)
  if (page.isForUsers && visit.visitor === undefined) return toSignIn(visit)
  return withFormCookie(await answered(page, visit), visit.binding)
}

const isForm = ({ method }: AuthRequest): boolean => method === 'POST'

async function formIn(request: AuthRequest): Promise<Form> {
  if (!isForm(request)) return EMPTY_FORM
  return readForm(request)
}

async function answered(page: LoadedPage, visit: Visit): Promise<Answer> {
  const { request, form, binding, sessionSettings } = visit
  const load = page.load as () => Promise<PageHandlers<Visit>>
  const isOpenForm = page.isOpen === true && !form.has(TOKEN_FIELD)
  if (!isForm(request) || isOpenForm)
    return answerOf(await (await load()).get(visit), visit)
  // The token is checked before anything that the form asks for.
  requireFormToken(request, form, binding, sessionSettings)
  return posted(page, await load(), visit)
}

/** A page of this origin that a user comes back to after the sign-in. After a form it is the page that has shown the form. */
const toSignIn = ({ request, accountPath }: Visit): Answer =>
  seeOther(withNext(accountPath('/sign-in/'), nextPath(shownAt(request))))

function shownAt(request: AuthRequest): string {
  if (isForm(request)) return pathOf(request.url)
  return request.url
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
    return withStatusOf(error, answerOf(await get({ ...visit, error }), visit))
  }
}

function answerOf(result: PageResult, { site }: Visit): Answer {
  if (isHtml(result)) return shown(result, site)
  return result
}

/** 401 would need a challenge (RFC 9110 §15.5.2), for which browsers ask with a window of their own. */
function withStatusOf(error: AuthError, answer: Answer): Answer {
  // A page that could not be corrected after all, such as of a link, redirects.
  if (answer.status !== 200) return answer
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

type VisitedPage = Pick<LoadedPage, 'language'> &
  Pick<Visit, 'request' | 'parameters' | 'form'>

async function visitOf(
  { language, request, parameters, form }: VisitedPage,
  settings: EndpointSettings,
  core: Core,
): Promise<Visit> {
  const sessionSettings = pageSessionSettings(settings)
  const visitor = await findVisitor(request, sessionSettings, core)
  const binding = bindingOf(visitor, request, sessionSettings, core)
  return {
    ...contextOf(request, settings, core.clock(), visitor, language),
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

function bindingOf(
  visitor: Visitor | undefined,
  request: AuthRequest,
  settings: Visit['sessionSettings'],
  { random }: Core,
): FormBinding {
  if (visitor === undefined) return anonymousBinding(request, settings, random)
  return { secrets: [visitor.secret], setCookie: undefined }
}

/** Those that an application asks for (`ui_locales`, OpenID Connect Core 1.0 §3.1.2.1), and those of the browser. */
function wantedLanguages(request: AuthRequest): string {
  const asked = queryOf(request.url).get('ui_locales') ?? ''
  return [...asked.split(' '), request.header('accept-language') ?? ''].join(',')
}

function contextOf(
  request: AuthRequest,
  settings: SiteSettings,
  now: number,
  visitor?: Visitor,
  only?: Language,
) {
  const { site, texts } = siteOf(settings)
  const own = visitor?.user.attributes.language
  const language = only ?? languageOf(own, wantedLanguages(request))
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
