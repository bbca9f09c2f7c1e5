import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { statelessBearer } from '../../src/index.ts'
import { hasScope } from '../../src/permissions/index.ts'
import type { Options } from '../../src/settings/options.ts'
import { PASSWORD, withUser } from './consent.ts'
import {
  type Application,
  applicationAt,
  assertNamesNoUser,
  commonTo,
  everythingGiven,
  FORUM_AT,
  introspect,
  SHOP_APP_AT,
  SHOP_AT,
  serviceOf,
  signIn,
  tokensIn,
  userInfo,
  valuesIn,
} from './pairwise.ts'
import { basicOf, claimsOf, headerOf, OPTIONS } from './setup.ts'

/** Two applications of one sector, and one of another. */
async function withSectors(t: TestContext, options: Options = {}) {
  const app = await withUser(t, options)
  return {
    ...app,
    shop: await applicationAt(app, SHOP_AT),
    shopApp: await applicationAt(app, SHOP_APP_AT),
    forum: await applicationAt(app, FORUM_AT),
    service: await serviceOf(app),
  }
}

type App = Awaited<ReturnType<typeof withSectors>>

const kidsOf = async ({ send }: Pick<App, 'send'>, tokens: readonly string[]) => {
  const { body } = await send('GET', '/.well-known/jwks.json')
  const published = (body.keys ?? []) as readonly { kid: string }[]
  return [...published.map(({ kid }) => kid), ...tokens.map((each) => headerOf(each).kid)]
}

const subOf = (token: string): string => String(claimsOf(token).sub)

test('nothing that two applications of different sectors are given is the same or names the user', async (t) => {
  const app = await withSectors(t)
  const atShop = await everythingGiven(app, app.shop, app.service)
  const atForum = await everythingGiven(app, app.forum, app.service)
  const kids = await kidsOf(app, [...atShop, ...atForum].slice(0, 3))
  assert.deepEqual(commonTo(atShop, atForum, kids), [])
  assertNamesNoUser([...atShop, ...atForum], app.ada.id)
})

test('the same with other options of tokens: the fields and claims that name users elsewhere are left out', async (t) => {
  const variants: Options[] = [
    { tokens: { userIdClaim: 'sub' } },
    { tokens: { userIdField: 'username' } },
    { tokens: { checkRevoke: 'claim' } },
    { tokens: { checkRevoke: 'claim', revokeClaim: 'hmac' } as never },
    { tokens: { claims: () => ({ plan: 'gold-plan-of-ada' }) } },
  ]
  let checked = 0
  for (const options of variants) {
    const app = await tried(() => withSectors(t, options))
    if (app === undefined) continue
    const atShop = await everythingGiven(app, app.shop, app.service)
    const atForum = await everythingGiven(app, app.forum, app.service)
    const kids = await kidsOf(app, [...atShop, ...atForum].slice(0, 3))
    assert.deepEqual(commonTo(atShop, atForum, kids), [], JSON.stringify(options))
    assertNamesNoUser([...atShop, ...atForum], app.ada.id)
    assert.ok(!valuesIn([...atShop, ...atForum]).has('gold-plan-of-ada'))
    checked++
  }
  assert.ok(checked >= 4)
})

const tried = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    if ((error as { code?: string }).code === 'invalid_config') return undefined
    throw error
  }
}

test('applications of one sector know a user by the same name, those of another by another one', async (t) => {
  const app = await withSectors(t)
  const shop = await signIn(app, app.shop)
  const shopApp = await signIn(app, app.shopApp)
  const forum = await signIn(app, app.forum)
  assert.match(subOf(shop.id), /^pairwise_[\w-]{43}$/)
  assert.equal(subOf(shopApp.id), subOf(shop.id))
  assert.notEqual(subOf(forum.id), subOf(shop.id))
  for (const { access, refresh, id } of [shop, shopApp, forum]) {
    assert.equal(subOf(access), subOf(id))
    assert.equal(subOf(refresh), subOf(id))
    assert.equal(claimsOf(access).subject_type, 'pairwise')
    assert.equal(claimsOf(access).user_id, undefined)
  }
  const again = await signIn(app, app.shop)
  assert.equal(subOf(again.id), subOf(shop.id))
  const info = await userInfo(app, shop.access)
  assert.deepEqual(info.body, { sub: subOf(shop.id) })
})

test('a scope that has them gives names and addresses, to introspection as well', async (t) => {
  const app = await withSectors(t)
  const scope = 'openid posts:read profile email'
  const { access } = await signIn(app, app.shop, { scope })
  const info = (await userInfo(app, access)).body as Record<string, unknown>
  assert.equal(info.preferred_username, 'ada')
  assert.equal(info.email, 'ada@example.com')
  const { body } = await introspect(app, app.service, access)
  assert.equal(body.username, 'ada')
  const plain = await signIn(app, app.forum)
  const described = await introspect(app, app.service, plain.access)
  assert.equal(described.body.username, undefined)
  assert.equal(described.body.sub, subOf(plain.id))
})

test('a guard reads the session of a pairwise token once, and that of a public one never', async (t) => {
  const app = await withSectors(t)
  const { access } = await signIn(app, app.shop)
  app.faults.clear()
  const first = await app.guarded(access)
  assert.equal(first.principal?.user?.id, app.ada.id)
  assert.equal(first.principal?.client?.id, app.shop.id)
  assert.ok(app.faults.called.has('sessions.find'))
  const open = await applicationAt(app, 'https://open.example/cb', PUBLIC)
  const token = (await signIn(app, open)).access
  app.faults.clear()
  for (const each of [access, token, access, token])
    assert.equal((await app.guarded(each)).principal?.user?.id, app.ada.id)
  assert.ok(!app.faults.called.has('sessions.find'))
  assert.equal((await app.guarded(access, hasScope('posts:write'))).status, 403)
  assert.equal((await app.guarded(access, {})).status, 403)
})

const PUBLIC = { subjectType: 'public' } as const

test('while the session cannot be read, a guard answers 503, and finds the user afterwards', async (t) => {
  const app = await withSectors(t)
  const { access } = await signIn(app, app.shop)
  app.faults.fail('sessions.find')
  assert.equal((await app.guarded(access)).status, 503)
  app.faults.clear()
  assert.equal((await app.guarded(access)).status, 200)
})

test('a key that cannot be read now is read at the next use', async (t) => {
  const app = await withUser(t)
  const create = () => applicationAt(app, SHOP_AT)
  for (const verb of ['subjectKeys.find', 'subjectKeys.insert'] as const) {
    app.faults.fail(verb)
    await assert.rejects(create(), { code: 'store_unavailable' })
    assert.deepEqual(await app.auth.clients.list(), [])
    app.faults.clear()
  }
  assert.match(subOf((await signIn(app, await create())).id), /^pairwise_/)
})

test('statelessBearer gives the id of the user, and refuses the token of a session that was revoked', async (t) => {
  const app = await withSectors(t, { authentication: [statelessBearer()] } as never)
  const { access } = await signIn(app, app.shop)
  const { principal } = await app.guarded(access)
  assert.equal(principal?.user?.id, app.ada.id)
  assert.equal(principal?.token?.sub, subOf(access))
  await app.auth.sessions.revokeAll(app.ada.id)
  assert.equal((await app.guarded(access)).status, 401)
})

test('ID tokens say when the user signed in only if they are asked to', async (t) => {
  const app = await withSectors(t)
  const plain = await signIn(app, app.shop)
  assert.equal(claimsOf(plain.id).auth_time, undefined)
  assert.ok(!JSON.stringify(claimsOf(plain.refresh)).includes('auth_time'))
  const aged = await signIn(app, app.shop, { max_age: '3600' })
  assert.equal(claimsOf(aged.id).auth_time, Math.floor(app.clock.now()))
  const again = tokensIn((await app.refresh(app.shop, aged.refresh)).body)
  assert.equal(claimsOf(again.id).auth_time, claimsOf(aged.id).auth_time)
  const claims = JSON.stringify({ id_token: { auth_time: { essential: true } } })
  const named = await signIn(app, app.forum, { claims })
  assert.equal(typeof claimsOf(named.id).auth_time, 'number')
  const open = await applicationAt(app, 'https://open.example/cb', PUBLIC)
  assert.equal(typeof claimsOf((await signIn(app, open)).id).auth_time, 'number')
})

test('a refresh goes on with the same name, and reuse ends the session', async (t) => {
  const app = await withSectors(t)
  const first = await signIn(app, app.shop)
  const second = tokensIn((await app.refresh(app.shop, first.refresh)).body)
  const third = tokensIn((await app.refresh(app.shop, second.refresh)).body)
  for (const token of [third.access, third.id, third.refresh])
    assert.equal(subOf(token), subOf(first.id))
  assert.equal((await app.guarded(third.access)).status, 200)
  app.clock.advance('10m')
  const reused = await app.refresh(app.shop, first.refresh)
  assert.equal(reused.body.error, 'invalid_grant')
  assert.equal((await app.guarded(third.access)).status, 401)
})

test('the user disconnects a pairwise application', async (t) => {
  const app = await withSectors(t)
  const { access } = await signIn(app, app.shop)
  await signIn(app, app.forum)
  const { access: own } = await app.auth.signIn(app.ada.id)
  const headers = { authorization: `Bearer ${own}` }
  const listed = (await app.send('GET', '/auth/applications/', { headers })).text
  const all = JSON.parse(listed) as { id: string; client_id: string }[]
  assert.deepEqual(
    all.map((each) => each.client_id).sort(),
    [app.shop.id, app.forum.id].sort(),
  )
  const shop = all.find((each) => each.client_id === app.shop.id)
  const path = `/auth/applications/${shop?.id}/`
  assert.equal((await app.send('DELETE', path, { headers })).status, 204)
  assert.equal((await app.guarded(access)).status, 401)
})

const askedAgain = async (
  app: App,
  client: Application,
  more: Record<string, string>,
): Promise<string | null> => {
  const asked = { redirect_uri: client.redirect, prompt: 'none', ...more }
  const answer = await app.agree(client, asked)
  return answer.get('error') ?? (answer.has('code') ? 'code' : null)
}

test('a hint is good for the applications of its sector alone', async (t) => {
  const app = await withSectors(t)
  const [shop, shopApp, forum] = [
    await signIn(app, app.shop),
    await signIn(app, app.shopApp),
    await signIn(app, app.forum),
  ]
  const open = await applicationAt(app, 'https://open.example/cb', PUBLIC)
  const { id: publicId } = await signIn(app, open)
  const hint = (id_token_hint: string) => ({ id_token_hint })
  const named = (value: string) => ({
    claims: JSON.stringify({ id_token: { sub: { value } } }),
  })
  const cases: readonly [Application, Record<string, string>, string][] = [
    [app.shop, hint(shop.id), 'code'],
    [app.shop, hint(shopApp.id), 'code'],
    [app.shop, named(subOf(shop.id)), 'code'],
    [app.shop, hint(forum.id), 'login_required'],
    [app.forum, hint(shop.id), 'login_required'],
    [app.shop, hint(publicId), 'login_required'],
    [app.shop, named(app.ada.id), 'login_required'],
    [app.shop, named(subOf(forum.id)), 'login_required'],
    [open, hint(publicId), 'code'],
    [open, hint(shop.id), 'login_required'],
    [open, named(subOf(shop.id)), 'login_required'],
  ]
  for (const [client, more, expected] of cases)
    assert.equal(await askedAgain(app, client, more), expected, JSON.stringify(more))
})

test('with its ID token a pairwise application signs its user out at once, and no other user', async (t) => {
  const app = await withSectors(t)
  const { id } = await signIn(app, app.shop)
  const { ada, auth, browser } = app
  const isSignedIn = async () =>
    !(await browser.open('/account/sign-in/')).path.startsWith('/account/sign-in/')
  const logout = `/oauth/logout?${new URLSearchParams({ id_token_hint: id })}`
  await browser.open(logout)
  assert.equal(await isSignedIn(), false)

  await auth.users.create({ username: 'eve', password: PASSWORD })
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: 'eve', password: PASSWORD })
  const asked = await browser.open(logout)
  assert.equal(asked.heading, 'Sign out')
  assert.equal(await isSignedIn(), true)
  assert.ok(ada)
})

test('a user who was deleted leaves nothing to one with the same name or id', async (t) => {
  const app = await withSectors(t)
  const before = await signIn(app, app.shop)
  assert.equal((await app.guarded(before.access)).status, 200)
  await app.auth.users.delete(app.ada.id)
  const ada = await app.auth.users.create({
    id: app.ada.id,
    username: 'ada',
    password: PASSWORD,
  } as never)
  assert.equal(ada.id, app.ada.id)
  assert.equal((await app.guarded(before.access)).status, 401)
  assert.equal((await userInfo(app, before.access)).status, 401)
  const { body } = await app.refresh(app.shop, before.refresh)
  assert.equal(body.error, 'invalid_grant')
  const described = await introspect(app, app.service, before.access)
  assert.deepEqual(described.body, { active: false })

  await app.auth.users.delete(ada.id)
  await app.auth.users.create({ username: 'ada', password: PASSWORD })
  const after = await signIn(app, app.shop)
  assert.notEqual(subOf(after.id), subOf(before.id))
})

test('with another sector users have other names, and what had the former ones ends', async (t) => {
  const app = await withSectors(t)
  const before = await signIn(app, app.shop)
  const sectorIdentifierUri = 'https://group.example/sector.json'
  await app.auth.clients.update(app.shop.id, { sectorIdentifierUri })
  assert.equal((await app.guarded(before.access)).status, 401)
  assert.equal((await app.refresh(app.shop, before.refresh)).body.error, 'invalid_grant')
  const after = await signIn(app, app.shop)
  assert.notEqual(subOf(after.id), subOf(before.id))
  await app.auth.clients.update(app.forum.id, { sectorIdentifierUri })
  assert.equal(subOf((await signIn(app, app.forum)).id), subOf(after.id))
  await app.auth.clients.update(app.shop.id, { sectorIdentifierUri: '' })
  assert.equal(subOf((await signIn(app, app.shop)).id), subOf(before.id))
})

test('an application that becomes pairwise loses the tokens that name users by id', async (t) => {
  const app = await withSectors(t)
  const open = await applicationAt(app, 'https://open.example/cb', PUBLIC)
  const before = await signIn(app, open)
  assert.equal(subOf(before.id), app.ada.id)
  await app.auth.clients.update(open.id, { subjectType: 'pairwise' })
  assert.equal((await app.guarded(before.access)).status, 401)
  assert.equal((await app.refresh(open, before.refresh)).body.error, 'invalid_grant')
  assert.match(subOf((await signIn(app, open)).id), /^pairwise_/)
})

test('a new password ends pairwise tokens with either way of checking it', async (t) => {
  for (const checkRevoke of ['session', 'claim'] as const) {
    const app = await withSectors(t, { tokens: { checkRevoke } })
    const { access, refresh } = await signIn(app, app.shop)
    assert.equal((await app.guarded(access)).status, 200)
    await app.auth.users.setPassword(app.ada.id, 'another-pass-phrase-9')
    assert.equal((await app.guarded(access)).status, 401, checkRevoke)
    assert.equal((await app.refresh(app.shop, refresh)).body.error, 'invalid_grant')
  }
})

test('with the revoke claim a new password ends pairwise tokens even if sessions go on', async (t) => {
  for (const [checkRevoke, goesOn] of [
    ['claim', false],
    ['session', true],
  ] as const) {
    const app = await withSectors(t, {
      tokens: { checkRevoke },
      accounts: { passwordChangeRevokes: 'none' },
    })
    const used = await signIn(app, app.shop)
    const { access, refresh } = await signIn(app, app.shop)
    assert.equal((await app.guarded(used.access)).status, 200)
    await changePassword(app)
    for (const each of [used.access, access])
      assert.equal((await app.guarded(each)).status === 200, goesOn, checkRevoke)
    const { status } = await app.refresh(app.shop, refresh)
    assert.equal(status === 200, goesOn, checkRevoke)
  }
})

/** As ada herself does it. */
async function changePassword({ send }: Pick<App, 'send'>): Promise<void> {
  const post = (path: string, fields: object, headers = {}) =>
    send('POST', path, {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(fields),
    })
  const { body } = await post('/api/token/', { username: 'ada', password: PASSWORD })
  const change = { current_password: PASSWORD, new_password: 'another-pass-phrase-9' }
  const headers = { authorization: `Bearer ${body.access}` }
  const changed = await post('/auth/me/password/', change, headers)
  assert.equal(changed.status, 204, changed.text)
}

test('no application gets tokens for a user with an id like a pairwise name', async (t) => {
  const app = await withSectors(t)
  const victim = subOf((await signIn(app, app.shop)).id)
  await app.auth.users.create({
    id: victim,
    username: 'eve',
    password: PASSWORD,
  } as never)
  const open = await applicationAt(app, 'https://open.example/cb', PUBLIC)
  const { browser } = app
  await browser.open('/account/sign-out/')
  await browser.submit({ button: 'Sign out' })
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: 'eve', password: PASSWORD })
  const answer = await app.agree(open, { redirect_uri: open.redirect })
  const code = answer.get('code') ?? ''
  const fields = { code, redirect_uri: open.redirect }
  assert.equal((await app.exchange(open, fields)).body.error, 'invalid_grant')
})

test('an application may not introspect, revoke or refresh with what another one was given', async (t) => {
  const app = await withSectors(t)
  const { access, refresh } = await signIn(app, app.shop)
  const { id, secret } = app.forum
  assert.equal((await app.refresh(app.forum, refresh)).body.error, 'invalid_grant')
  await app.form('/oauth/revoke', { token: refresh }, basicOf(id, secret))
  assert.equal((await app.guarded(access)).status, 200)
  assert.deepEqual((await introspect(app, app.forum, access)).body, { active: false })
})

test('the metadata names both types of subjects', async (t) => {
  const { send } = await withSectors(t)
  const { body } = await send('GET', '/.well-known/openid-configuration')
  assert.deepEqual(body.subject_types_supported, ['public', 'pairwise'])
})

test('the option is the default of new applications', async (t) => {
  const oauth = { ...OPTIONS.oauth, subjectType: 'pairwise' } as const
  const app = await withUser(t, { oauth })
  const created = await app.auth.clients.create({
    name: 'A',
    redirectUris: [SHOP_AT],
  })
  assert.equal(created.client.subjectType, 'pairwise')
  const other = await app.auth.clients.create({ name: 'B', subjectType: 'public' })
  assert.equal(other.client.subjectType, 'public')
})

test('redirect URIs of several hosts need the address of a sector', async (t) => {
  const { auth } = await withUser(t)
  const create = (redirectUris: string[], sectorIdentifierUri?: string) =>
    auth.clients.create({
      name: 'A',
      subjectType: 'pairwise',
      redirectUris,
      sectorIdentifierUri,
    })
  for (const uris of [
    [SHOP_AT, FORUM_AT],
    [SHOP_AT, 'http://127.0.0.1/cb'],
    [SHOP_AT, 'com.example.shop:/cb'],
  ])
    await assert.rejects(create(uris), (error) => {
      const { body } = error as { body: Record<string, string[]> }
      assert.match(String(body.sectorIdentifierUri), /redirect URIs of several hosts/)
      return true
    })
  const several = [SHOP_AT, FORUM_AT]
  const { client } = await create(several, 'https://group.example/sector.json')
  assert.equal(client.sectorIdentifierUri, 'https://group.example/sector.json')
  for (const wrong of ['http://group.example/', 'x', 'https://a@b.example/', 5])
    await assert.rejects(create([SHOP_AT], wrong as string), { code: 'invalid' })
  await assert.rejects(
    auth.clients.create({ name: 'A', subjectType: 'other' as never }),
    { code: 'invalid' },
  )
})

for (const at of [
  'http://127.0.0.1/cb',
  'https://localhost./cb',
  'https://127.0.0.2/cb',
  'https://192.168.1.1/cb',
  'https://[::ffff:7f00:1]/cb',
])
  test(`applications at ${at}, which any application can have, are a sector each`, async (t) => {
    const app = await withUser(t)
    const one = await signIn(app, await applicationAt(app, at))
    const other = await signIn(app, await applicationAt(app, at))
    assert.notEqual(subOf(one.id), subOf(other.id))
  })

test('operators read whose a pairwise token is, and why it is refused', async (t) => {
  const app = await withSectors(t, { tokens: { checkRevoke: 'claim' } })
  const { access, refresh } = await signIn(app, app.shop)
  for (const token of [access, refresh]) {
    const { accepted, user } = await app.auth.explainToken(token)
    assert.equal(accepted, true)
    assert.deepEqual(user, { id: app.ada.id, username: 'ada' })
  }
  await app.auth.users.setPassword(app.ada.id, 'another-pass-phrase-9')
  const { accepted, summary } = await app.auth.explainToken(access)
  assert.equal(accepted, false)
  assert.match(summary, /password was changed/)
})
