import type { AssetName } from './assets.ts'
import type { PageContext } from './context.ts'
import { type Html, type HtmlValue, html, trusted } from './html.ts'

/** A whole page. */
export interface PageParts {
  readonly title: string
  /** A form of it was sent with faults: the title begins with "Error:". */
  readonly hasErrors?: boolean
  readonly main: HtmlValue
  readonly scripts?: readonly Extract<AssetName, `${string}.js`>[]
  /** The URL that the page redirects to at once: another origin, to which the CSP does not let a form redirect. */
  readonly refresh?: string | undefined
}

/** Pages of one decision, such as to sign in: one narrow column. */
export const taskPage = (page: PageContext, parts: PageParts): Html =>
  documentOf(
    page,
    parts,
    'task',
    html`<header class="top">${brandLink(page)}</header>
<main id="main">
${parts.main}
</main>
${footOf(page)}`,
  )

export interface MenuItem {
  readonly text: string
  readonly href: string
  readonly isCurrent?: boolean
}

export interface FramedParts extends PageParts {
  /** What the menu is called for screen readers. */
  readonly menuName?: string
  readonly menu: readonly MenuItem[]
  /** Below the menu on small screens, which have no room for it at the top. */
  readonly menuEnd?: HtmlValue
  /** At the top, on the right: who is signed in, and the way out. */
  readonly top?: HtmlValue
  /** Above all else, such as a warning. */
  readonly strip?: HtmlValue
}

/** The pages of a user's own account: a menu beside the content. */
export const accountPage = (page: PageContext, parts: FramedParts): Html =>
  framedPage(page, parts, 'account')

/** The console and the browsable API: the same, one size smaller. */
export const densePage = (page: PageContext, parts: FramedParts): Html =>
  framedPage(page, parts, 'dense')

const framedPage = (
  page: PageContext,
  parts: FramedParts,
  frame: 'account' | 'dense',
): Html =>
  documentOf(
    page,
    parts,
    frame,
    html`${parts.strip}
<header class="top">${brandLink(page)}
<div class="row">${parts.top}
<button class="btn small opener" popovertarget="menu">${page.texts.common.menu}</button>
</div></header>
<div class="framed">
<nav class="menu" id="menu" popover aria-label="${parts.menuName ?? page.texts.common.menu}">
<ul class="flow tight">${parts.menu.map(menuItem)}</ul>
${parts.menuEnd}
</nav>
<main id="main">
${parts.main}
</main>
</div>
${footOf(page)}`,
  )

const menuItem = ({ text, href, isCurrent = false }: MenuItem): Html =>
  html`<li><a href="${href}"${isCurrent && trusted(' aria-current="page"')}>${text}</a></li>
`

const documentOf = (
  { site, language, texts }: PageContext,
  { title, hasErrors = false, scripts = [], refresh }: PageParts,
  frame: 'task' | 'account' | 'dense',
  body: Html,
): Html =>
  html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${hasErrors && texts.common.error}${title} &ndash; ${site.name}</title>
<link rel="icon" href="${site.logo ?? NO_ICON}">
<link rel="stylesheet" href="${site.assets.href('tokens.css')}">
<link rel="stylesheet" href="${site.assets.href('brand.css')}">
<link rel="stylesheet" href="${site.assets.href('pages.css')}">
${site.stylesheets.map((href) => html`<link rel="stylesheet" href="${href}">`)}
${refresh !== undefined && html`<meta http-equiv="refresh" content="0;url=${refresh}">`}
${scripts.map((name) => html`<script src="${site.assets.href(name)}" type="module"></script>`)}
</head>
<body class="${frame}">
<a class="skip" href="#main">${texts.common.skip}</a>
${body}
</body>
</html>
`

/** Browsers would ask for `/favicon.ico`. */
const NO_ICON = trusted('data:,')

const brandLink = ({ site }: PageContext): Html =>
  html`<a class="brand" href="${site.home}">${markOf(site)}${site.name}</a>`

function markOf({ logo, name }: PageContext['site']): Html {
  if (logo !== undefined) return html`<img class="logo" src="${logo}" alt="">`
  return html`<span class="mark" aria-hidden="true">${[...name][0]?.toUpperCase()}</span>`
}

const footOf = ({ site: { links } }: PageContext): Html | false =>
  links.length > 0 &&
  html`<footer class="foot">
${links.map(({ href, text }) => html`<a href="${href}">${text}</a>`)}
</footer>`
