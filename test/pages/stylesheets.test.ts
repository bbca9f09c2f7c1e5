import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** A block of a dark scheme, with the rule in it. */
const DARK = /@media \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}\s*\}/g
const COLOR = /^\s*--[\w-]+: (#[\da-f]{6}|color-mix\(.*\)|oklch\(.*\)|var\(--\w+\))$/

test('dark pages differ from light ones in the values of colors alone', () => {
  const files = globSync('src/**/*.css')
  const sheets = files.map((file) => readFileSync(file, 'utf8'))
  const blocks = sheets.flatMap((text) => [...text.matchAll(DARK)])
  const mentions = sheets.join('').match(/prefers-color-scheme|light-dark\(/g)
  assert.ok(blocks.length > 0)
  assert.equal(blocks.length, mentions?.length)
  const declarations = blocks.flatMap(([, rules = '']) => rules.split(';'))
  for (const each of declarations.filter((text) => text.trim() !== ''))
    assert.match(each, COLOR)
})
