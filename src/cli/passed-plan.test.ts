import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passedPlan, planIn } from './passed-plan.ts'
import type { ServePlan } from './serve-plan.ts'

const PLAN: ServePlan = {
  address: { host: '127.0.0.1', port: 8017 },
  database: 'postgres://ada:s3cret@db.example/app',
  workers: 3,
  proxies: 1,
  origins: ['https://app.example.com'],
  redis: 'redis://:pa55@cache.example',
  log: { format: 'text', level: 'warn' },
  metrics: { host: '::1', port: 9465, version: '1.2.3' },
  issuer: { tokens: { issuer: 'https://auth.example.com', audience: ['orders'] } },
  url: { url: 'https://app.example.com' },
  user: { user: { team: 'string' } },
  features: { proxies: 1 },
  presets: {},
}

test('a worker gets the plan of its supervisor', () => {
  assert.deepEqual(planIn(passedPlan(PLAN)), PLAN)
})

test('a worker of another version does not take the plan', () => {
  const passed = JSON.parse(passedPlan(PLAN).WATCHWORD_PLAN)
  const WATCHWORD_PLAN = JSON.stringify({ ...passed, version: '0.0.1' })

  assert.equal(planIn({ WATCHWORD_PLAN }), undefined)
  assert.equal(planIn({}), undefined)
})
