import type { Answer } from '../http/answer.ts'
import type { Header } from '../http/request.ts'
import { type Html, html } from '../pages/html.ts'
import { plainPage } from '../pages/plain-page.ts'
import { type FirstPageData, type NamedPath, usageOf } from './usage.ts'

/** The page at `/` in a browser: links to all that the server has. */
export const welcomePage = (
  { origin, pages }: FirstPageData,
  headers: readonly Header[],
): Answer =>
  plainPage(
    'watchword',
    html`<p>This server signs users in and issues tokens for your API.</p>
<ul>
${[...pages, HEALTH].map(linkTo)}
</ul>
<p>The documentation is in the folder <code>docs</code> of the package; begin with <code>docs/start.md</code>.</p>
<h2>From a program</h2>
<pre tabindex="0">${usageOf(origin)}</pre>`,
    headers,
  )

const HEALTH: NamedPath = { name: 'health', path: '/health/ready' }

const linkTo = ({ name, path }: NamedPath): Html =>
  html`<li><a href="${path}">${name.charAt(0).toUpperCase() + name.slice(1)}</a> <code>${path}</code></li>
`
