import type { Header } from '../../http/request.ts'
import { ROUTE_TYPE } from '../../http/wanted.ts'
import { browseAssets } from './assets.ts'
import { escapeHtml } from './escape.ts'
import { relativePath } from './relative-path.ts'

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

export interface PageShell {
  /** The path of the page. */
  readonly path: string
  /** The prefix of the instance's endpoints. */
  readonly prefix: string
  /** What the page is about. */
  readonly heading: string
  /** The name of the API. */
  readonly title: string
  /** What the script reads. */
  readonly data: object
  /** The content, as HTML. */
  readonly main: string
}

/** The document around the content of a page. */
export function shellOf({ path, prefix, heading, title, data, main }: PageShell): string {
  const to = (target: string): string => escapeHtml(relativePath(path, prefix + target))
  const styles = browseAssets.styles.map(
    (each) => `<link rel="stylesheet" href="${to(each)}">`,
  )
  const attribute = escapeHtml(JSON.stringify({ ...data, routeType: ROUTE_TYPE }))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading)} – ${escapeHtml(title)}</title>
<link rel="icon" href="${to(browseAssets.icon)}">
${styles.join('\n')}
<script src="${to(browseAssets.script)}" type="module"></script>
</head>
<body class="dense" data-page="${attribute}">
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<span class="brand">${escapeHtml(title)}</span>
<div class="row" data-shown="row" id="who"></div>
</header>
<main id="main">
${main}
</main>
</body>
</html>
`
}

/** Where the script shows an answer, why a request was refused, and how to sign in. */
export const answerSections = (answer = ''): string =>
  `<section class="tight" data-shown="tight" aria-label="Answer" id="response" aria-live="polite">${answer}</section>
<section data-shown="panel" aria-label="Explanation" id="why" hidden></section>
<section data-shown="panel" aria-labelledby="in-h" id="in" hidden></section>`
