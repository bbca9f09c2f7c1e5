import { publishedLink } from './paths.ts'

interface Item {
  readonly text: string
  readonly link: string
}

export interface Group {
  readonly text: string
  readonly items: readonly Item[]
}

/** The groups of the table "Where to go next" in the README. */
export function sidebarOf(readme: string): readonly Group[] {
  const [, table = ''] = readme.split('\n## Where to go next\n')
  const groups = [...table.matchAll(/^\| ([^|]+) \| (\[.+) \|$/gm)]
  if (groups.length === 0) throw new Error('README.md has no table "Where to go next".')
  return groups.map(([, text = '', links = '']) => ({ text, items: itemsOf(links) }))
}

const itemsOf = (links: string): readonly Item[] =>
  [...links.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, text = '', link = '']) => ({
    text,
    link: publishedLink(link, 'README.md'),
  }))
