import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from './errors.ts'
import { firstSet, parseCount, parseWord } from './values.ts'

test('the first value that is set counts, and brings its name', () => {
  assert.deepEqual(firstSet(['--port', undefined], ['PORT', ''], ['HTTP_PORT', '80']), {
    name: 'HTTP_PORT',
    text: '80',
  })
  assert.equal(firstSet(['--port', undefined], ['PORT', '']), undefined)
})

test('a count is a whole number within its bounds', () => {
  assert.equal(parseCount({ name: 'PORT', text: '8000' }, [0, 65_535]), 8000)
  for (const text of ['', '-1', '65536', '8e3', '0x50', '80.5', ' 80', '99999999999']) {
    assert.throws(
      () => parseCount({ name: 'PORT', text }, [0, 65_535]),
      new UsageError('PORT must be a whole number from 0 to 65535.'),
    )
  }
})

test('a word must be one of the listed ones, and a misspelt one gets a suggestion', () => {
  const words = ['json', 'text'] as const
  assert.equal(parseWord({ name: '--log', text: 'text' }, words), 'text')
  assert.throws(
    () => parseWord({ name: '--log', text: 'tetx' }, words),
    new UsageError('--log must be one of: json, text. Did you mean text?'),
  )
  assert.throws(
    () => parseWord({ name: '--log', text: 'xml' }, words),
    new UsageError('--log must be one of: json, text.'),
  )
})
