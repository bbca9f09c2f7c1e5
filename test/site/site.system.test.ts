import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../services/chromium.ts'
import {
  buildSite,
  builtFile,
  builtPages,
  searchIndex,
  serveSite,
  withoutTools,
} from './built.ts'

const FENCE = /^```mermaid$/gm
const skip = withoutTools
const docs = globSync('docs/*.md').map((file) => ({
  path: `/${basename(file, '.md')}`,
  text: readFileSync(file, 'utf8'),
}))
const withDiagrams = docs.filter(({ text }) => text.match(FENCE) !== null)

before(async () => {
  if (withoutTools === false) await buildSite()
})

test('every page of docs/ is on the site, under its title', { skip }, () => {
  const pages = builtPages()
  const titles = docs.map(({ path }) => [path, titleIn(pages.get(path) ?? '')])
  const expected = docs.map(({ path, text }) => [path, `${headingOf(text)} | watchword`])
  assert.ok(docs.length > 40)
  assert.deepEqual(titles, expected)
})

const headingOf = (text: string): string =>
  (/^# (.+)$/m.exec(text)?.[1] ?? '').replaceAll('`', '')
const titleIn = (html: string): string | undefined =>
  /<title>(.+?)<\/title>/.exec(html)?.[1]?.replaceAll('&#39;', "'")

test('every subpath of the package has a page in the reference', { skip }, () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const pages = builtPages()
  for (const subpath of Object.keys(exports)) {
    const path = subpath === '.' ? '/api/watchword' : subpath.replace('.', '/api')
    const heading = />([^<]+) <a class="header-anchor"/.exec(pages.get(path) ?? '')
    assert.equal(heading?.[1], subpath.replace('.', 'watchword'))
  }
  assert.match(pages.get('/api/express') ?? '', /id="mount"/)
})

test('the sidebar has the pages of the table of the README', { skip }, () => {
  const [, table = ''] = readFileSync('README.md', 'utf8').split('## Where to go next\n')
  const linked = [...table.matchAll(/\]\(docs\/([a-z-]+)\.md\)/g)].map(([, name]) => name)
  const start = builtPages().get('/start') ?? ''
  assert.ok(linked.length > 40)
  for (const name of linked) assert.ok(start.includes(`href="/${name}"`), name)
})

test('links have a page, a heading or a file', { skip }, () => {
  const pages = builtPages()
  const broken: string[] = []
  for (const [path, html] of pages) {
    for (const [, href = ''] of html.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
      const { origin, pathname, hash } = new URL(href, `http://site${path}`)
      const target = pages.get(pathname) ?? builtFile(pathname)
      const id = decodeURIComponent(hash.slice(1))
      const isThere = id === '' ? target : target?.includes(` id="${id}"`)
      if (origin === 'http://site' && !isThere) broken.push(`${path} -> ${href}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('the search index has the pages and the reference', { skip }, () => {
  const index = searchIndex()
  for (const { path } of docs) assert.ok(index.includes(`${path}#`), path)
  assert.ok(index.includes('/api/watchword#tokenoptions'))
})

test('a fence of Mermaid is a diagram, on each page that has one', { skip }, () => {
  const pages = builtPages()
  assert.ok(withDiagrams.length > 10)
  for (const { path, text } of withDiagrams) {
    const figures = pages.get(path)?.match(/<figure class="diagram"/g)
    assert.equal(figures?.length, text.match(FENCE)?.length, path)
  }
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a browser draws every diagram, ${colorScheme}`, { skip }, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return t.skip('Chromium is not installed')
    const site = await serveSite(t)
    const page = await browser.newPage({ colorScheme })
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    for (const { path, text } of withDiagrams) {
      await page.goto(site + path)
      const count = text.match(FENCE)?.length
      await page.waitForFunction(
        `document.querySelectorAll('.diagram svg').length === ${count}`,
      )
      assert.deepEqual(await cutLabels(page), [], path)
    }
    assert.deepEqual(errors, [])
  })
}

/** The labels that are higher than the place that Mermaid made for them. */
const cutLabels = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`[...document.querySelectorAll('.diagram foreignObject')]
    .filter((place) => {
      const { height } = place.getBoundingClientRect()
      return place.firstElementChild.getBoundingClientRect().height > height + 1
    })
    .map((place) => place.textContent)`)
