import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { AuthError } from '../../src/base/errors.ts'
import { ASSET_TEXTS } from '../../src/pages/assets/texts.ts'
import { pageAssets } from '../../src/pages/assets.ts'
import { pageAssetsModule } from '../../tools/page-assets.ts'

const assets = pageAssets({ path: '/account/assets/', color: '#7a1f5c' })
const fileOf = (name: Parameters<typeof assets.href>[0]): string =>
  assets.href(name).split('/').at(-1) ?? ''

test('the module of the assets is that of npm run page-assets', () => {
  assert.equal(readFileSync('src/pages/assets/texts.ts', 'utf8'), pageAssetsModule())
})

test('the stylesheet has less than 12 kB', () => {
  assert.ok(Buffer.byteLength(ASSET_TEXTS['pages.css']) < 12_000)
  assert.ok(gzipSync(ASSET_TEXTS['pages.css']).length < 4_000)
})

test('an asset is cached for ever, and its name has its digest', () => {
  const answer = assets.answer(fileOf('pages.css'))
  assert.match(assets.href('pages.css'), /^\/account\/assets\/pages-[\da-f]{12}\.css$/)
  assert.equal(answer.cacheControl, 'public, max-age=31536000, immutable')
})

test('the colour of the brand is one line, and another colour has another name', () => {
  const { content } = assets.answer(fileOf('brand.css'))
  assert.equal(content.kind === 'text' && content.text, ':root{--brand:#7a1f5c}')
  const other = pageAssets({ path: '/account/assets/', color: undefined })
  assert.notEqual(other.href('brand.css'), assets.href('brand.css'))
})

test('another name is not found', () => {
  for (const file of ['', 'pages.css', '../tokens.css', 'constructor', '__proto__'])
    assert.throws(() => assets.answer(file), AuthError)
})
