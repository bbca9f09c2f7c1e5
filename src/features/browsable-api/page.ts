import type { Captured } from '../../guard/rendering.ts'
import type { RouteFacts, RouteInfo } from '../../guard/route-info.ts'
import { pathOf } from '../../http/query.ts'
import type { AuthReply, AuthRequest, Header } from '../../http/request.ts'
import { ROUTE_TYPE } from '../../http/wanted.ts'
import { browseAssets } from './assets.ts'
import { escapeHtml } from './escape.ts'
import type { Exposure } from './exposure.ts'
import { relativePath } from './relative-path.ts'
import { declaredMethods } from './representation.ts'
import type { SignInWays } from './sign-in-ways.ts'

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
  readonly captured?: Captured
}

/** The page of a guarded route of the application. */
export function routePage({
  request,
  route,
  facts,
  exposure,
  signIn,
  captured,
}: RoutePageDeps): AuthReply {
  const { describe = {}, confirm = false } = route.options
  const methods = (facts.methods ?? declaredMethods(route, request)).map(
    (each) => each.method,
  )
  return browsePage({
    url: request.url,
    title: exposure.settings.title,
    summary: describe.summary,
    description: describe.description,
    methods,
    prefix: facts.prefix ?? '',
    crumbs: crumbsOf(pathOf(request.url), facts),
    confirm,
    signIn,
    captured,
  })
}

/** The paths above a path at which a browsable route answers GET. */
function crumbsOf(path: string, { others = [] }: RouteFacts): readonly string[] {
  const shown = others.filter(
    ({ method, route }) => method === 'GET' && route.browse !== undefined,
  )
  return prefixesOf(path).filter((each) => shown.some((route) => isOf(route.path, each)))
}

/** `/a/`, `/a/b/`, … without the path itself. */
function prefixesOf(path: string): readonly string[] {
  const segments = path.split('/').filter((segment) => segment !== '')
  return segments.slice(0, -1).flatMap((_, i) => {
    const prefix = `/${segments.slice(0, i + 1).join('/')}`
    return [prefix, `${prefix}/`]
  })
}

/** Whether a path is one of a route as frameworks write it, with parameters `:name`, `{name}` or `[name]`. */
function isOf(route: string, path: string): boolean {
  const wanted = route.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return false
  return wanted.every((each, i) => each === given[i] || /[:{[*]/.test(each))
}

/** The document: a constant but for the texts of the route. */
export function browsePage(page: BrowsePage): AuthReply {
  const status = page.captured?.status ?? 200
  return { status, headers: HEADERS, body: documentOf(page) }
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Rules SR-03, SR-04 and SR-10. */
export const HEADERS: readonly Header[] = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Security-Policy', POLICY],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['X-Robots-Tag', 'none'],
  ['Cache-Control', 'no-store'],
  ['Vary', 'Accept'],
]

function documentOf(page: BrowsePage): string {
  const { url, title, summary, description = '', prefix, methods } = page
  const path = pathOf(url)
  const shown = escapeHtml(path)
  const name = summary === undefined ? shown : escapeHtml(summary)
  const to = (target: string): string => escapeHtml(relativePath(path, prefix + target))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${shown} – ${escapeHtml(title)}</title>
<link rel="icon" href="${to(browseAssets.icon)}">
${browseAssets.styles.map((each) => `<link rel="stylesheet" href="${to(each)}">`).join('\n')}
<script src="${to(browseAssets.script)}" type="module"></script>
</head>
<body class="dense" data-page="${escapeHtml(JSON.stringify(dataOf(page)))}">
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<span class="brand">${escapeHtml(title)}</span>
<div class="row" data-shown="row" id="who"></div>
</header>
<main id="main">
${crumbsMarkup(page)}
<div class="row"><h1>${name}</h1><div class="row push" data-shown="row push" id="methods"></div></div>
${pathMarkup(page)}${paragraphsOf(description)}
<noscript><p class="notice">The page needs its script to send requests. This route answers ${escapeHtml(methods.join(', ') || 'GET')}; see its answer <a href="?format=json">as JSON</a>.</p></noscript>
<section class="tight" data-shown="tight" aria-label="Answer" id="response" aria-live="polite">${answerMarkup(page)}</section>
<section data-shown="panel" aria-label="Explanation" id="why" hidden></section>
<section data-shown="panel" aria-labelledby="in-h" id="in" hidden></section>
<section id="filters" aria-label="Filters" hidden></section>
<div data-shown="flow" id="forms" hidden></div>
<section data-shown="panel" aria-labelledby="needs-h" id="needs" hidden></section>
<section id="raw" aria-label="Another request" hidden></section>
</main>
</body>
</html>
`
}

/** The path, if neither the heading nor the answer to GET shows it. */
function pathMarkup({ url, summary, methods }: BrowsePage): string {
  const isShown = summary === undefined || methods.includes('GET')
  return isShown ? '' : `<p><code>${escapeHtml(pathOf(url))}</code></p>\n`
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

function crumbsMarkup({ url, crumbs }: BrowsePage): string {
  if (crumbs.length === 0) return ''
  const path = pathOf(url)
  const links = crumbs.map((each) => {
    const href = escapeHtml(relativePath(path, each))
    return `<li><a href="${href}">${escapeHtml(lastSegment(each))}</a></li>`
  })
  const current = `<li aria-current="page">${escapeHtml(lastSegment(path))}</li>`
  return `<nav aria-label="Breadcrumb"><ol class="crumbs">${links.join('')}${current}</ol></nav>`
}

const lastSegment = (path: string): string =>
  path.split('/').filter(Boolean).at(-1) ?? '/'

const paragraphsOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join('\n')

/** What the script reads. Addresses are relative, so that a proxy may add a prefix that the server does not know. */
function dataOf(page: BrowsePage): object {
  const { url, prefix, methods, confirm, signIn, captured } = page
  const to = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : relativePath(pathOf(url), prefix + path)
  const { tokens, session } = signIn
  return {
    methods,
    confirm,
    rendered: captured !== undefined,
    routeType: ROUTE_TYPE,
    signIn: {
      ...signIn,
      ...(tokens && {
        tokens: {
          ...tokens,
          obtain: to(tokens.obtain),
          refresh: to(tokens.refresh),
          signOut: to(tokens.signOut),
          secondFactor: to(tokens.secondFactor),
        },
      }),
      ...(session && {
        session: { ...session, signIn: to(session.signIn), signOut: to(session.signOut) },
      }),
    },
  }
}
