import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ASSET_TEXTS } from '../../src/features/browsable-api/assets/texts.ts'
import { browsePage } from '../../src/features/browsable-api/page.ts'
import { ASSET_TEXTS as PAGE_TEXTS } from '../../src/pages/assets/texts.ts'
import { browseAssetsModule } from '../../tools/browse-assets.ts'

const SOURCE = readFileSync(
  new URL('../../src/features/browsable-api/assets/browse.js', import.meta.url),
  'utf8',
)

test('the module of the assets is that of npm run browse-assets', () => {
  const module = new URL(
    '../../src/features/browsable-api/assets/texts.ts',
    import.meta.url,
  )
  assert.equal(readFileSync(module, 'utf8'), browseAssetsModule())
})

/** What makes markup or code of a text (rule SR-01), and what keeps or shows tokens (rule SR-14). */
const DANGEROUS = [
  /\.innerHTML|\.outerHTML|insertAdjacentHTML|\bsrcdoc\b|setHTML/,
  /\bdocument\.write|\bdocument\.open/,
  /\beval\b|\bFunction\b|\bimport\(/,
  /javascript:/i,
  /createContextualFragment|DOMParser|\bsrcdoc/,
  /setTimeout\(\s*['"`]|setInterval\(\s*['"`]/,
  /localStorage|indexedDB|document\.cookie\s*=[^=]/,
  /\.style\b|cssText|setAttribute\('style'/,
  /postMessage\([^)]*held|console\./,
]

test('BR-108: the script of the page has no dangerous sink', () => {
  for (const text of [SOURCE, ASSET_TEXTS['browse.js']])
    for (const pattern of DANGEROUS) assert.doesNotMatch(text, pattern)
})

test('each attribute that the script sets by name is a harmless one', () => {
  const [, list = ''] = /const ATTRIBUTES = \[([^\]]+)\]/.exec(SOURCE) ?? []
  const names = list.split(',').map((each) => each.trim().replaceAll("'", ''))
  for (const name of names) assert.doesNotMatch(name, /^on|href|src|style|form|action/)
})

test('BR-44: the first view is at most 25 kB, of which the script is at most 15 kB', () => {
  const { body } = browsePage({
    url: '/notes/',
    title: 'API',
    summary: 'Notes',
    description: 'The notes of the user.',
    methods: ['GET', 'POST'],
    prefix: '',
    crumbs: [],
    confirm: false,
    signIn: { loginField: 'username', apiTokens: true },
  })
  const sizes = [
    body,
    PAGE_TEXTS['tokens.css'],
    PAGE_TEXTS['pages.css'],
    ASSET_TEXTS['browse.js'],
  ].map((text) => gzipSync(text).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(Number(sizes[3]) <= 15_000, `the script has ${sizes[3]} bytes`)
  assert.ok(total <= 25_000, `${total} bytes`)
})
