import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasDotSegments, targetOfUrl } from './request-target.ts'

for (const [url, target] of [
  ['https://api.example/notes/?a=/b', '/notes/?a=/b'],
  ['http://[::1]:81/x/%2e%2e/y', '/x/%2e%2e/y'],
  ['http://h/a/../b/./c', '/a/../b/./c'],
  ['HTTP://h?a=1', '/?a=1'],
  ['https://h', '/'],
  ['https://h/a#/b?c', '/a'],
  ['https://user:p@h/a', '/a'],
  ['https://h//a\\b', '//a\\b'],
] as const) {
  test(`the target of ${url} is ${target}`, () => assert.equal(targetOfUrl(url), target))
}

test('a path has dot segments exactly if parsing it as a URL changes its segments', () => {
  const segments = [
    '..',
    '.',
    '%2e',
    '.%2E',
    '%2e%2e',
    '...',
    '.a',
    'a.',
    '%2e%2ea',
    '%2f..',
    '',
  ]
  for (const one of segments)
    for (const two of ['a', ...segments]) {
      const path = `/x/${one}/${two}/y`
      assert.equal(
        hasDotSegments(path),
        new URL(path, 'http://h').pathname !== path,
        path,
      )
    }
  assert.ok(hasDotSegments('/a/..'))
  assert.ok(hasDotSegments('/a\\..\\b'))
})
