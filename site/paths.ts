import { posix } from 'node:path'

/** The folder of the pages that a build makes. */
export const GENERATED = 'site/generated'

/** The folders with pages; others are those of the root. */
export const FOLDERS = ['docs', 'site']

/** Where a page of the repository is on the site. */
export function publishedPath(file: string): string {
  if (file === 'README.md') return 'index.md'
  return file.replace(/^(docs|site\/generated)\//, '')
}

/** The fragment of a heading, as code hosts make it. */
export const fragmentOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')

/** A link of a page, which is relative to the file, as an absolute one of the site. */
export function publishedLink(link: string, page: string): string {
  if (/^([a-z]+:|#|\/)/.test(link)) return link
  const [path = '', fragment] = link.split('#')
  const file = posix.join(posix.dirname(page), path)
  if (/^deploy(\/|$)/.test(file)) return deployLink(file)
  const hash = fragment === undefined ? '' : `#${fragment}`
  return `/${publishedPath(file)}${hash}`
}

function deployLink(file: string): string {
  if (file === 'deploy') return '/deploy-files.md'
  return `/deploy-files.md#${fragmentOf(posix.basename(file))}`
}
