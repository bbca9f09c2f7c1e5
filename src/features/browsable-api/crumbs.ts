import type { RouteFacts } from '../../guard/route-info.ts'
import { escapeHtml } from './escape.ts'
import { relativePath } from './relative-path.ts'

/** The paths above a path at which a browsable route answers GET. */
export function crumbsOf(path: string, { others = [] }: RouteFacts): readonly string[] {
  const shown = others.filter(
    ({ method, route }) => method === 'GET' && route.browse !== undefined,
  )
  return prefixesOf(path).filter((each) => shown.some((route) => isOf(route.path, each)))
}

/** `/`, `/a`, `/a/`, `/a/b`, `/a/b/`, … without the path itself. */
function prefixesOf(path: string): readonly string[] {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length === 0) return []
  const prefixes = segments.slice(0, -1).flatMap((_, i) => {
    const prefix = `/${segments.slice(0, i + 1).join('/')}`
    return [prefix, `${prefix}/`]
  })
  return ['/', ...prefixes]
}

/** Whether a path is one of a route as frameworks write it, with parameters `:name`, `{name}` or `[name]`. */
function isOf(route: string, path: string): boolean {
  const wanted = route.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return false
  return wanted.every((each, i) => each === given[i] || /[:{[*]/.test(each))
}

export interface Crumbs {
  /** The path of the page. */
  readonly path: string
  /** Paths above it that have a page. */
  readonly above: readonly string[]
  /** The address of the index, relative to the page; `undefined`: the page does not link to it. */
  readonly index: string | undefined
  /** The name of the API, which links to the index. */
  readonly title: string
}

/** The way from the index to a page. */
export function crumbsMarkup({ path, above, index, title }: Crumbs): string {
  const links = above.map((each) => link(relativePath(path, each), lastSegment(each)))
  if (index !== undefined) links.unshift(link(index, title))
  if (links.length === 0) return ''
  const current = `<li aria-current="page">${escapeHtml(lastSegment(path))}</li>`
  return `<nav aria-label="Breadcrumb"><ol class="crumbs">${links.join('')}${current}</ol></nav>`
}

const link = (address: string, text: string): string =>
  `<li><a href="${escapeHtml(address)}">${escapeHtml(text)}</a></li>`

const lastSegment = (path: string): string =>
  path.split('/').filter(Boolean).at(-1) ?? '/'
