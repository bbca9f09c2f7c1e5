import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardOf } from '../../src/adapters/fetch.ts'
import {
  allOf,
  anyOf,
  has,
  hasRole,
  isAuthenticated,
  isStaff,
  modelPermissions,
  modelPermissionsOrAnonReadOnly,
  not,
  signedIn,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'
import { is } from '../types/is.ts'

test('a permission string stands wherever a permission does', async (t) => {
  const { auth } = testInstance({ roles: { writer: ['notes.add', 'notes.list'] } })
  t.after(() => auth.close())
  const user = await auth.users.create({ username: 'kim', roles: ['writer'] })
  const { access } = await auth.signIn(user)
  const request = new Request('http://h/', {
    headers: { authorization: `Bearer ${access}` },
  })

  const one = await auth.require(request, { permissions: 'notes.add' })
  assert.equal(is<User>(one.user).username, 'kim')
  const two = await auth.require(request, { permissions: ['notes.add', 'role:writer'] })
  assert.equal(is<User>(two.user).username, 'kim')
  await assert.rejects(auth.require(request, { permissions: ['notes.list', isStaff] }), {
    code: 'permission_denied',
  })
  await assert.rejects(
    auth.require(new Request('http://h/'), { permissions: 'notes.add' }),
    {
      code: 'not_authenticated',
    },
  )
  for (const permissions of ['notes.ad', ['notes.add', 'role:writr']])
    await assert.rejects(async () => auth.require(request, { permissions } as never), {
      code: 'invalid_config',
      message: /No role has the permission string/,
    })
  // @ts-expect-error the roles know no such permission string
  await assert.rejects(async () => auth.require(request, { permissions: 'notes.ad' }))
  // @ts-expect-error nor such a one in a list
  await assert.rejects(async () => auth.require(request, { permissions: ['notes.ad'] }))
})

test('a misspelt string in has() or hasRole() stops the start', async (t) => {
  const { auth } = testInstance({ roles: { writer: ['notes.add'] } })
  t.after(() => auth.close())
  const guard = guardOf(auth) as (requirement: unknown, handler: unknown) => unknown
  const handler = () => new Response()

  guard(has('notes.add'), handler)
  guard({ permissions: [hasRole('writer')] }, handler)
  guard(allOf(isStaff, anyOf(has('notes.add'), not(hasRole('writer')))), handler)
  guard(modelPermissions({ POST: ['notes.add'] }), handler)
  for (const requirement of [
    has('notes.ad'),
    hasRole('writr'),
    { permissions: has('notes.ad') },
    { permissions: [isStaff, hasRole('writr')] },
    allOf(isStaff, has('notes.ad')),
    anyOf(has('notes.add'), has('notes.ad')),
    not(has('notes.ad')),
    signedIn(not(hasRole('writr'))),
    { permissions: [isStaff, allOf(anyOf(not(has('notes.ad'))))] },
    modelPermissions({ POST: ['notes.ad'] }),
    modelPermissionsOrAnonReadOnly({ GET: [], POST: ['notes.add', 'notes.ad'] }),
  ])
    assert.throws(() => guard(requirement, handler), {
      code: 'invalid_config',
      message: /No role has the permission string "(?:notes\.ad|role:writr)"/,
    })
})

test('a misspelt string in the option permissions stops the start', async () => {
  const roles = { writer: ['notes.add'] }
  for (const permissions of [
    has('notes.ad'),
    [isAuthenticated, anyOf(isStaff, hasRole('writr'))],
  ])
    assert.throws(() => testInstance({ roles, permissions: permissions as never }), {
      code: 'invalid_config',
      message: /No role has the permission string "(?:notes\.ad|role:writr)"/,
    })
})

test('a combination of something else than permissions is refused at once', () => {
  const compose = { allOf, anyOf, not } as unknown as Record<
    string,
    (...parts: readonly unknown[]) => unknown
  >
  for (const [name, create] of Object.entries(compose))
    for (const part of ['notes.add', undefined, [isStaff]])
      assert.throws(() => create(part), {
        code: 'invalid_config',
        message: `${name}(…) must be called with permissions: write ${name}(has("posts.change")) or ${name}(isStaff).`,
      })
})
