import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestStats } from './request-stats.ts'

test('requests are counted by endpoint, and those with parameters by the pattern', () => {
  const stats = new RequestStats(['/api/token', '/auth/tokens/:id', '/auth/tokens/mine'])

  for (const url of [
    '/api/token/?next=/',
    '/auth/tokens/7',
    '/auth/tokens/8/',
    '/auth/tokens/mine',
    '/auth/tokens/',
    '/auth/tokens/7/more',
    '/auth/tokens/:id',
    '/elsewhere',
  ])
    stats.add(url, 200, 0.1)

  assert.deepEqual(stats.byStatus(), [
    ['/api/token', 200, 1],
    ['/auth/tokens/:id', 200, 3],
    ['/auth/tokens/mine', 200, 1],
    ['other', 200, 3],
  ])
})
