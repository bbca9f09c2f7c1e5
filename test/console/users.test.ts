import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsOf } from '../pages/site.ts'
import { act, operated, operator, PASSWORD, staffWith } from './operator.ts'

test('users are searched and filtered, and pages go on', async (t) => {
  const { auth } = await operated(t)
  for (let n = 0; n < 30; n++)
    await auth.users.create({
      username: `user${String(n).padStart(2, '0')}`,
      active: n !== 7,
    })
  const browser = await operator(auth)
  const first = await browser.open('/console/users/?q=user')
  assert.match(first.text, />user24<\/a>/)
  assert.doesNotMatch(first.text, />user25<\/a>/)
  const next = /rel="next" href="([^"]*)"/.exec(first.text)?.[1] ?? ''
  const second = await browser.open(next.replaceAll('&amp;', '&'))
  assert.match(second.text, />user25<\/a>/)
  assert.doesNotMatch(second.text, />user24<\/a>|rel="next"/)
  assert.match(wordsOf(await browser.open('/console/users/?status=inactive')), /user07/)
  assert.match(wordsOf(await browser.open('/console/users/?staff=yes')), /vitor/)
  const none = await browser.open('/console/users/?q=nobody')
  assert.match(wordsOf(none), /begins with “nobody”.*Show all users \(32\)/)
  for (const after of ['x', 'bnVsbA', Buffer.from('[[1]]').toString('base64url')])
    assert.equal((await browser.open(`/console/users/?after=${after}`)).status, 200)
})

test('a user is created with what the visitor may give', async (t) => {
  const { auth, mail } = await operated(t)
  const browser = await operator(auth, 'vitor', '/console/users/new/')
  const taken = await browser.submit({ button: 'Create user' }, { username: 'ada' })
  assert.equal(taken.status, 400)
  assert.match(taken.text, /<title>Error: /)
  const made = await browser.submit(
    { button: 'Create user' },
    { username: 'grace', email: 'grace@example.com', role: 'editor', invite: 'yes' },
  )
  assert.match(wordsOf(made), /The user was created/)
  assert.deepEqual((await auth.users.find('grace'))?.roles, ['editor'])
  assert.equal((await mail()).at(-1)?.to, 'grace@example.com')
  await staffWith(auth, 'support')
  const support = await operator(auth, 'support', '/console/users/new/')
  assert.doesNotMatch(support.page.text, /name="superuser"|value="editor"/)
  for (const fields of [{ superuser: 'yes' }, { staff: 'yes' }, { role: 'editor' }]) {
    await support.open('/console/users/new/')
    const sent = await support.submit(
      { button: 'Create user' },
      { username: 'eve', ...fields },
    )
    assert.equal(sent.status, 403)
  }
  assert.equal(await auth.users.find('eve'), undefined)
})

test('each action on a user does what it says, and is recorded with its actor', async (t) => {
  const { auth, ada, vitor, mail, as } = await operated(t)
  const token = await auth.apiTokens.create(ada.id, { name: 'backup' })
  await as('ada')
  const browser = await operator(auth)
  const did = async (action: string, fields: Record<string, string>, words: RegExp) => {
    const page = await act(browser, ada.id, action, fields)
    assert.match(wordsOf(page), words, action)
    const [event] = await auth.events.list({ limit: 1, userId: ada.id })
    assert.equal(event?.actor, vitor.id, action)
    return auth.users.find({ id: ada.id })
  }
  await did(
    'profile',
    { username: 'lovelace', email: 'al@example.com' },
    /changes were saved/,
  )
  assert.equal((await auth.users.find('lovelace'))?.email, 'al@example.com')
  const verified = await did('verify', { field: 'email' }, /counts as verified/)
  assert.notEqual(verified?.emailVerifiedAt, undefined)
  const staff = await did('staff', { staff: 'yes' }, /changes were saved/)
  assert.deepEqual([staff?.staff, staff?.superuser], [true, false])
  const roles = await did('roles', { role: 'viewer' }, /changes were saved/)
  assert.deepEqual(roles?.roles, ['viewer'])
  const [session] = await auth.sessions.list(ada.id)
  await did('revoke-session', { session: session?.id ?? '' }, /session was revoked/)
  await as({ id: ada.id })
  await did('revoke-sessions', {}, /All sessions were revoked/)
  assert.ok(
    (await auth.sessions.list(ada.id)).every(({ revokedAt }) => revokedAt !== undefined),
  )
  await did('revoke-token', { token: token.record.id }, /API token was revoked/)
  assert.deepEqual(await auth.apiTokens.list(ada.id), [])
  await did('set-password', { password: 'another long password' }, /password works now/)
  assert.equal(await auth.users.checkPassword(ada.id, 'another long password'), true)
  const off = await did('deactivate', {}, /was deactivated/)
  assert.equal(off?.active, false)
  const on = await did('activate', {}, /was activated/)
  assert.equal(on?.active, true)
  await act(browser, ada.id, 'send-reset')
  assert.equal((await mail()).at(-1)?.to, 'al@example.com')
  const wrong = await act(browser, ada.id, 'delete', { confirm: 'ada' })
  assert.equal(wrong.status, 400)
  await did('delete', { confirm: 'lovelace' }, /user was deleted/)
  assert.equal(await auth.users.find({ id: ada.id }), undefined)
  assert.equal((await browser.open(`/console/users/${ada.id}/`)).status, 404)
})

test('second factors are removed', async (t) => {
  const { auth, ada } = await operated(t)
  const browser = await operator(auth)
  assert.equal((await act(browser, ada.id, 'reset-factors')).status, 200)
  const [event] = await auth.events.list({ limit: 1, userId: ada.id })
  assert.equal(event?.kind, 'factor_removed')
})

test('only superusers change staff, and nobody gives rights that they have not', async (t) => {
  const { auth, ada, vitor } = await operated(t)
  const support = await staffWith(auth, 'support')
  const browser = await operator(auth, 'support')
  for (const id of [vitor.id, support.id])
    for (const action of ['set-password', 'deactivate', 'profile', 'delete'])
      assert.equal((await act(browser, id, action, { password: PASSWORD })).status, 403)
  for (const fields of [{ role: 'helper' }, { role: 'editor' }, {}])
    assert.equal(
      (await act(browser, ada.id, 'staff', { staff: 'yes', ...fields })).status,
      403,
    )
  // Ada has the role editor, whose permission support has not.
  assert.equal((await act(browser, ada.id, 'roles', { role: 'viewer' })).status, 403)
  assert.deepEqual((await auth.users.find('ada'))?.roles, ['editor'])
  assert.equal((await auth.users.find('ada'))?.staff, false)
})

test('who has fewer rights than a user does nothing by which to sign in as that user', async (t) => {
  const { auth, ada } = await operated(t)
  const plain = await auth.users.create({ username: 'plain', password: PASSWORD })
  await staffWith(auth, 'support')
  const browser = await operator(auth, 'support')
  const password = 'another horse battery staple'
  for (const [action, fields] of [
    ['set-password', { password }],
    ['profile', { username: 'ada', email: 'other@example.com' }],
    ['reset-factors', {}],
  ] as const)
    assert.equal((await act(browser, ada.id, action, fields)).status, 403, action)
  assert.ok(await auth.users.checkPassword(ada.id, PASSWORD))
  const page = await browser.open(`/console/users/${ada.id}/`)
  assert.doesNotMatch(page.text, /value="(?:set-password|profile|reset-factors)"/)
  assert.equal((await act(browser, plain.id, 'set-password', { password })).status, 200)
  assert.equal((await act(browser, ada.id, 'deactivate')).status, 200)
})

test('a role that there is not is refused, whatever its name', async (t) => {
  const { auth, ada } = await operated(t)
  await staffWith(auth, 'helper')
  const browser = await operator(auth, 'helper')
  const plain = await auth.users.create({ username: 'plain', password: PASSWORD })
  for (const role of ['constructor', '__proto__', 'nobody'])
    assert.equal((await act(browser, plain.id, 'roles', { role })).status, 400, role)
  assert.deepEqual((await auth.users.find('ada'))?.roles, ada.roles)
})

test('a list begins anew at a place that is of none', async (t) => {
  const { auth } = await operated(t)
  const browser = await operator(auth)
  const lists = ['users', 'sessions', 'api-tokens', 'events', 'outbox']
  for (const list of lists)
    for (const place of [
      [1],
      ['a'],
      [1, 2],
      ['a', 'b'],
      { stage: 3, position: [1, 2] },
    ]) {
      const after = Buffer.from(JSON.stringify(place)).toString('base64url')
      const page = await browser.open(`/console/${list}/?after=${after}`)
      assert.equal(page.status, 200, `${list} ${after}`)
    }
})

test('acting as a user needs its permission, a reason, and no more rights than the own', async (t) => {
  const { auth, ada, vitor } = await operated(t)
  const plain = await auth.users.create({ username: 'plain', password: PASSWORD })
  await staffWith(auth, 'support')
  const helper = await staffWith(auth, 'helper')
  const support = await operator(auth, 'support')
  assert.equal((await act(support, plain.id, 'impersonate', { reason: 'x' })).status, 403)
  const browser = await operator(auth, 'helper')
  for (const id of [vitor.id, helper.id, ada.id])
    assert.equal((await act(browser, id, 'impersonate', { reason: 'x' })).status, 403)
  assert.equal((await act(browser, plain.id, 'impersonate', { reason: ' ' })).status, 400)
  const acting = await act(browser, plain.id, 'impersonate', { reason: 'ticket 12' })
  assert.match(acting.path, /^\/account\//)
  const [session] = await auth.sessions.list(plain.id)
  assert.equal(session?.actor, helper.id)
  assert.equal((session?.expiresAt ?? 0) - (session?.createdAt ?? 0), 1800)
  const [event] = await auth.events.list({ userId: plain.id, kind: 'signed_in' })
  assert.deepEqual([event?.actor, event?.detail.reason], [helper.id, 'ticket 12'])
  const own = await auth.sessions.list(helper.id)
  assert.ok(own.every(({ revokedAt }) => revokedAt !== undefined))
})

test('nobody locks themselves out', async (t) => {
  const { auth, vitor } = await operated(t)
  const browser = await operator(auth)
  for (const [action, fields] of [
    ['deactivate', {}],
    ['delete', { confirm: 'vitor' }],
    ['staff', { superuser: 'yes' }],
  ] as const)
    assert.equal((await act(browser, vitor.id, action, fields)).status, 400, action)
})

test('what belongs to another user is not found', async (t) => {
  const { auth, ada, vitor, as } = await operated(t)
  const other = await auth.users.create({ username: 'other' })
  await as('ada')
  const [session] = await auth.sessions.list(ada.id)
  const token = await auth.apiTokens.create(ada.id)
  const browser = await operator(auth)
  const { status } = await act(browser, other.id, 'revoke-session', {
    session: session?.id ?? '',
  })
  assert.equal(status, 404)
  const sent = await act(browser, other.id, 'revoke-token', { token: token.record.id })
  assert.equal(sent.status, 404)
  assert.equal((await auth.apiTokens.list(ada.id)).length, 1)
  for (const id of ['none', 'a'.repeat(300), '%00', "'"])
    assert.ok(
      [404, 400].includes((await browser.open(`/console/users/${id}/`)).status),
      id,
    )
  assert.equal((await act(browser, vitor.id, 'nothing')).status, 400)
})
