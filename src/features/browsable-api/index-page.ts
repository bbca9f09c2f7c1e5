import { pathOf } from '../../http/query.ts'
import type { AuthReply } from '../../http/request.ts'
import { escapeHtml } from './escape.ts'
import { relativeWays, type SignInWays } from './page-data.ts'
import { answerSections, HEADERS, shellOf } from './page-shell.ts'
import { relativePath } from './relative-path.ts'

/** A path, and what is known of its methods. */
export interface ListedPath {
  readonly path: string
  readonly methods: readonly {
    readonly method: string
    readonly summary?: string | undefined
  }[]
  /** Whether a browser that opens it gets a page. */
  readonly hasPage: boolean
}

export interface IndexPage {
  /** The request target of the page. */
  readonly url: string
  readonly title: string
  readonly endpoints: readonly ListedPath[]
  readonly routes: readonly ListedPath[]
  readonly signIn: SignInWays
  /** The path of the OpenAPI document, if it is mounted. */
  readonly openapi: string | undefined
}

/** The page of all endpoints and of the routes that are known. Its script adds a form to each method. */
export const indexPage = (page: IndexPage): AuthReply => ({
  status: 200,
  headers: HEADERS,
  body: documentOf(page),
})

function documentOf(page: IndexPage): string {
  const { url, title, signIn } = page
  const path = pathOf(url)
  const data = { index: true, methods: [], signIn: relativeWays(path, '', signIn) }
  const main = mainMarkup(page, path)
  return shellOf({ path, prefix: '', heading: 'Endpoints', title, data, main })
}

function mainMarkup({ endpoints, routes, openapi }: IndexPage, path: string): string {
  const to = (target: string): string => escapeHtml(relativePath(path, target))
  const document = openapi && `<p><a href="${to(openapi)}">OpenAPI document</a></p>`
  return `<h1>Endpoints</h1>
${document ?? ''}
<noscript><p class="notice">The forms of this page need its script.</p></noscript>
<div class="flow" id="result">
${answerSections()}
</div>
${sectionOf('Routes of the application', routes, to)}
${sectionOf('Endpoints of watchword', endpoints, to)}`
}

type To = (target: string) => string

function sectionOf(heading: string, paths: readonly ListedPath[], to: To): string {
  if (paths.length === 0) return ''
  const rows = paths.flatMap((each) => rowsOf(each, to))
  const columns =
    '<th scope="col">Method</th><th scope="col">Path</th><th scope="col">For</th>'
  return `<section class="panel"><h2>${heading}</h2><table class="stack"><thead><tr>${columns}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`
}

function rowsOf({ path, methods, hasPage }: ListedPath, to: To): readonly string[] {
  const shown = `<code>${escapeHtml(path)}</code>`
  // A path with parameters has no address before they are chosen.
  const isLink = hasPage && !/[:{[*]/.test(path)
  const link = isLink ? `<a href="${to(path)}">${shown}</a>` : shown
  return methods.map(({ method, summary = '' }) => {
    const verb = `<span class="verb">${escapeHtml(method)}</span>`
    const data = `data-method="${escapeHtml(method)}" data-path="${escapeHtml(path)}" data-href="${to(path)}"`
    return `<tr ${data}><td>${verb}</td><td>${link}</td><td>${escapeHtml(summary)}</td></tr>`
  })
}
