import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountsApp, PASSWORD } from './setup.ts'

const ADA = { username: 'ada', email: 'ada@example.org', password: PASSWORD }

test('a sign-up answers the same whether or not the address is taken, and mails its owner', async (t) => {
  const { auth, post, lastMail } = accountsApp(t)

  assert.deepEqual(await post('/auth/users/', ADA), { status: 202, body: {} })
  const first = await lastMail(ADA.email)
  assert.match(first.text, /https:\/\/app\.example\.com\/account\/activate\/\?token=/)
  const again = { ...ADA, username: 'eve', email: 'ADA@example.org' }
  assert.deepEqual(await post('/auth/users/', again), { status: 202, body: {} })
  const second = await lastMail(ADA.email)

  assert.equal(second.count, 2)
  assert.match(second.subject ?? '', /already have an account/)
  assert.equal(await auth.users.count(), 1)
})
