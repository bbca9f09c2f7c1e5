import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig, type MarkdownRenderer } from 'vitepress'
import { diagramFence } from '../diagrams.ts'
import { FOLDERS, fragmentOf, publishedLink, publishedPath } from '../paths.ts'
import { sidebarOf } from '../sidebar.ts'
import { SUBPATHS } from '../subpaths.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const { description } = JSON.parse(read('package.json')) as { description: string }

const groups = sidebarOf(read('README.md')).map(({ text, items }) => ({
  text,
  items: [...items],
}))

const reference = {
  text: 'API reference',
  collapsed: true,
  items: SUBPATHS.map(({ specifier, page }) => ({
    text: specifier,
    link: `/api/${page}`,
  })),
}

export default defineConfig({
  title: 'watchword',
  description,
  lang: 'en',
  // Else browsers ask for /favicon.ico.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: ROOT,
  srcExclude: [...foldersWithoutPages()],
  outDir: join(ROOT, 'site/dist'),
  rewrites: publishedPath,
  cleanUrls: true,
  // Mermaid and the search index are loaded when they are needed.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  markdown: {
    anchor: { slugify: fragmentOf },
    config(md) {
      linkToPublished(md)
      diagramFence(md)
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'API reference', link: '/api/' },
      { text: 'Changelog', link: '/CHANGELOG' },
    ],
    sidebar: [...groups, reference],
    outline: [2, 3],
  },
})

function foldersWithoutPages(): readonly string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !FOLDERS.includes(entry.name))
    .map(({ name }) => `${name}/**`)
}

/** Links of the pages are those that work on the code host and in the package. */
function linkToPublished(md: MarkdownRenderer): void {
  md.core.ruler.push('published_links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.attrGet('href')
      if (href === null) continue
      const page = relative(ROOT, env.realPath ?? env.path)
      token.attrSet('href', publishedLink(href, page))
    }
  })
}
