import { pathOf } from '../../http/query.ts'
import type { AuthReply } from '../../http/request.ts'
import { browseAssets } from './assets.ts'
import { escapeHtml } from './escape.ts'
import { HEADERS } from './page.ts'
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
  /** The path of the OpenAPI document, if it is mounted. */
  readonly openapi: string | undefined
}

/** The page of all endpoints and of the routes that are known. It has no script. */
export const indexPage = (page: IndexPage): AuthReply => ({
  status: 200,
  headers: HEADERS,
  body: documentOf(page),
})

function documentOf({ url, title, endpoints, routes, openapi }: IndexPage): string {
  const to = (target: string): string => escapeHtml(relativePath(pathOf(url), target))
  const link =
    openapi === undefined ? '' : `<p><a href="${to(openapi)}">OpenAPI document</a></p>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Endpoints – ${escapeHtml(title)}</title>
<link rel="icon" href="${to(browseAssets.icon)}">
${browseAssets.styles.map((each) => `<link rel="stylesheet" href="${to(each)}">`).join('\n')}
</head>
<body class="dense">
<a class="skip" href="#main">Skip to content</a>
<header class="top"><span class="brand">${escapeHtml(title)}</span></header>
<main id="main">
<h1>Endpoints</h1>
${link}
${sectionOf('Endpoints of watchword', endpoints, to)}
${sectionOf('Routes of the application', routes, to)}
</main>
</body>
</html>
`
}

function sectionOf(
  heading: string,
  paths: readonly ListedPath[],
  to: (target: string) => string,
): string {
  if (paths.length === 0) return ''
  const rows = paths.flatMap(({ path, methods, hasPage }) => {
    const shown = `<code>${escapeHtml(path)}</code>`
    // A path with parameters has no address before they are chosen.
    const isLink = hasPage && !/[:{[*]/.test(path)
    const link = isLink ? `<a href="${to(path)}">${shown}</a>` : shown
    return methods.map(
      ({ method, summary = '' }) =>
        `<tr><td><span class="verb">${escapeHtml(method)}</span></td><td>${link}</td><td>${escapeHtml(summary)}</td></tr>`,
    )
  })
  const columns =
    '<th scope="col">Method</th><th scope="col">Path</th><th scope="col">For</th>'
  return `<section class="panel"><h2>${heading}</h2><table class="stack"><thead><tr>${columns}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`
}
