import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountsApp, PASSWORD } from '../accounts/setup.ts'
import { act, operated, operator } from '../console/operator.ts'

const MESSAGE = /last active superuser/

test('a program removes the last active superuser only by force', async (t) => {
  const { auth } = accountsApp(t)
  const { id } = await auth.users.create({ username: 'vitor', superuser: true })
  const isLast = { code: 'invalid', body: { superuser: [/./] } }
  const rejected = (work: Promise<unknown>) =>
    assert.rejects(work, (error: { code: string; body: { superuser: [string] } }) => {
      assert.equal(error.code, isLast.code)
      assert.match(error.body.superuser[0], MESSAGE)
      return true
    })
  await rejected(auth.users.change(id, { active: false }))
  await rejected(auth.users.change(id, { superuser: false, staff: true }))
  await rejected(auth.users.delete(id))
  assert.equal(await auth.users.delete('none'), false)
  assert.equal((await auth.users.change(id, { staff: true, active: true }))?.staff, true)
  const other = await auth.users.create({ username: 'sue', superuser: true })
  await auth.users.change(other.id, { active: false })
  await rejected(auth.users.delete(id))
  assert.equal(
    (await auth.users.change(other.id, { superuser: false }))?.superuser,
    false,
  )
  assert.equal(
    (await auth.users.change(id, { active: false }, { force: true }))?.active,
    false,
  )
  assert.equal(await auth.users.delete(id), true, 'who is not active is not the last')
})

test('an import does not take the rights of the last active superuser, and a dry run says so', async (t) => {
  const { auth } = accountsApp(t)
  const { id } = await auth.users.create({ username: 'vitor', superuser: true })
  const plain = await auth.users.create({ username: 'ada' })
  const errors: unknown[] = []
  const demote = async (
    dryRun: boolean,
    ...users: { id: string; active?: boolean }[]
  ) => {
    errors.length = 0
    const onInvalid = (each: { errors: unknown }) => void errors.push(each.errors)
    const given = users.map((each) => ({
      username: each.id === id ? 'vitor' : 'ada',
      superuser: false,
      ...each,
    }))
    return auth.users.import(given, { existing: 'update', dryRun, onInvalid })
  }

  for (const dryRun of [true, false]) {
    const both = [{ id }, { id: plain.id, active: false }]
    const { updated, invalid } = await demote(dryRun, ...both)
    assert.deepEqual([updated, invalid], [1, 1])
    assert.match(JSON.stringify(errors), MESSAGE)
  }
  assert.equal((await auth.users.find({ id }))?.superuser, true)
  assert.equal((await auth.users.find({ id: plain.id }))?.active, false)

  await auth.users.create({ username: 'sue', superuser: true })
  assert.equal((await demote(false, { id })).updated, 1)
  assert.equal((await auth.users.find({ id }))?.superuser, false)
})

test('the last active superuser does not delete the own account', async (t) => {
  const { auth, send, as } = accountsApp(t)
  const user = { username: 'vitor', password: PASSWORD, superuser: true }
  const { id } = await auth.users.create(user)
  const headers = await as('vitor')
  const body = { current_password: PASSWORD }
  const refused = await send('DELETE', '/auth/me/', body, headers)
  assert.equal(refused.status, 400)
  assert.match(JSON.stringify(refused.body), MESSAGE)
  assert.notEqual(await auth.users.find({ id }), undefined)
  await auth.users.create({ username: 'sue', superuser: true })
  assert.equal((await send('DELETE', '/auth/me/', body, headers)).status, 204)
})

test('of two superusers who remove each other in the console one is left', async (t) => {
  const { auth, vitor } = await operated(t)
  const password = 'correct horse battery staple'
  const rights = { staff: true, superuser: true }
  const sue = await auth.users.create({ username: 'sue', password, ...rights })
  const [first, second] = [await operator(auth), await operator(auth, 'sue')]
  const pages = await Promise.all([
    act(first, sue.id, 'staff', { staff: 'yes' }),
    act(second, vitor.id, 'deactivate'),
  ])
  const left = (await auth.users.list()).filter((each) => each.superuser && each.active)
  assert.equal(left.length, 1)
  assert.ok(pages.some(({ status }) => status >= 400))
  await auth.users.change(left[0]?.id ?? '', { superuser: true })
})
