import type { Captured } from '../../guard/rendering.ts'
import type { RouteFacts, RouteInfo } from '../../guard/route-info.ts'
import { pathOf } from '../../http/query.ts'
import type { AuthReply, AuthRequest } from '../../http/request.ts'
import { crumbsMarkup, crumbsOf } from './crumbs.ts'
import { escapeHtml } from './escape.ts'
import type { Exposure } from './exposure.ts'
import { bringsCookies, relativeWays, type SignInWays } from './page-data.ts'
import { answerSections, HEADERS, shellOf } from './page-shell.ts'
import { relativePath } from './relative-path.ts'
import { declaredMethods } from './representation.ts'

/** A page about a route. It contains none of the route's data. */
export interface BrowsePage {
  /** The request target of the page. */
  readonly url: string
  /** The name of the API. */
  readonly title: string
  readonly summary?: string | undefined
  /** Plain text; line breaks are kept. */
  readonly description?: string | undefined
  /** The methods that are known, such as GET. */
  readonly methods: readonly string[]
  /** The prefix of the instance's endpoints. */
  readonly prefix: string
  /** Paths above this one that are browsable, without a prefix of a proxy. */
  readonly crumbs: readonly string[]
  /** The path of the index; `undefined`: the page does not link to it. */
  readonly index?: string | undefined
  /** Whether GET is sent only when a button is pressed. */
  readonly confirm: boolean
  readonly signIn: SignInWays
  /** The answer of the handler, if the page shows it without its script. */
  readonly captured?: Captured | undefined
}

export interface RoutePageDeps {
  readonly request: AuthRequest
  readonly route: RouteInfo
  readonly facts: RouteFacts
  readonly exposure: Exposure
  readonly signIn: SignInWays
  /** The path of the index, if it is mounted. */
  readonly index: string | undefined
  readonly captured: Captured | undefined
}

/** The page of a guarded route of the application. */
export function routePage(deps: RoutePageDeps): AuthReply {
  const { request, route, facts, exposure, signIn, captured } = deps
  const { describe = {}, confirm = false } = route.options
  const methods = facts.methods ?? declaredMethods(route, request)
  return browsePage({
    url: request.url,
    title: exposure.settings.title,
    summary: describe.summary,
    description: describe.description,
    methods: methods.map((each) => each.method),
    prefix: facts.prefix ?? '',
    crumbs: crumbsOf(pathOf(request.url), facts),
    index: linkedIndex(deps),
    confirm,
    signIn,
    captured,
  })
}

/** The index is linked to if a navigation may see it: in production it needs credentials, which a navigation brings in cookies alone. */
function linkedIndex({ exposure, signIn, index }: RoutePageDeps): string | undefined {
  const { isProduction, settings } = exposure
  const isSeen = !isProduction || settings.requirements === 'public'
  if (isSeen || bringsCookies(signIn)) return index
  return undefined
}

/** The document: a constant but for the texts of the route. */
export function browsePage(page: BrowsePage): AuthReply {
  const status = page.captured?.status ?? 200
  return { status, headers: HEADERS, body: documentOf(page) }
}

function documentOf(page: BrowsePage): string {
  const { url, title, prefix, methods, confirm, signIn, captured } = page
  const path = pathOf(url)
  const data = {
    methods,
    confirm,
    rendered: captured !== undefined,
    signIn: relativeWays(path, prefix, signIn),
  }
  return shellOf({ path, prefix, heading: path, title, data, main: mainMarkup(page) })
}

function mainMarkup(page: BrowsePage): string {
  const { summary, description = '', methods } = page
  const name = escapeHtml(summary ?? pathOf(page.url))
  return `${crumbsIn(page)}
<div class="row"><h1>${name}</h1><div class="row push" data-shown="row push" id="methods"></div></div>
${pathMarkup(page)}${paragraphsOf(description)}
<noscript><p class="notice">The page needs its script to send requests. This route answers ${escapeHtml(methods.join(', ') || 'GET')}; see its answer <a href="?format=json">as JSON</a>.</p></noscript>
${answerSections(answerMarkup(page))}
<section id="filters" aria-label="Filters" hidden></section>
<div data-shown="flow" id="forms" hidden></div>
<section data-shown="panel" aria-labelledby="needs-h" id="needs" hidden></section>
<section id="raw" aria-label="Another request" hidden></section>`
}

function crumbsIn({ url, title, prefix, crumbs, index }: BrowsePage): string {
  const path = pathOf(url)
  const address = index && relativePath(path, prefix + index)
  return crumbsMarkup({ path, above: crumbs, index: address, title })
}

/** The path, if neither the heading nor the answer to GET shows it. */
function pathMarkup({ url, summary, methods }: BrowsePage): string {
  const isShown = summary === undefined || methods.includes('GET')
  if (isShown) return ''
  return `<p><code>${escapeHtml(pathOf(url))}</code></p>\n`
}

/** Header fields that say nothing to a reader, or a secret. */
const LEFT_OUT = ['set-cookie', 'etag', 'content-length']

function answerMarkup({ captured, url }: BrowsePage): string {
  if (captured === undefined) return ''
  const { status, headers, text } = captured
  const fields = headers
    .filter(([name]) => !LEFT_OUT.includes(name.toLowerCase()))
    .map(([name, value]) => `${escapeHtml(`${name}: ${value}`)}\n`)
  return `<div class="message"><p><span class="verb">GET</span> <code>${escapeHtml(url)}</code></p>
<pre tabindex="0"><b>${status}</b>
${fields.join('')}
${escapeHtml(text)}</pre></div>`
}

const paragraphsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join('\n')
