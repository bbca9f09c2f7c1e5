import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DEVICE_GRANT } from '../../src/features/oauth/client.ts'
import { verifier } from '../../src/verify/index.ts'
import { proofKeyPair } from '../proofs/key.ts'
import { VERIFIER } from './consent.ts'
import { withDevice } from './device.ts'
import { ACCESS_TOKEN, exchanging, STOCK_API } from './exchange.ts'
import {
  applicationAt,
  FORUM_AT,
  introspect,
  SHOP_AT,
  serviceOf,
  signIn,
  tokensIn,
  userInfo,
} from './pairwise.ts'
import { basicOf, claimsOf, PARTNER_API, URL_OF_APP } from './setup.ts'

const subOf = (token: string): string => String(claimsOf(token).sub)

/** Two pairwise applications of different sectors, and the service of a partner, which exchanges their tokens. */
async function exchangingPairwise(t: TestContext) {
  const app = await exchanging(t)
  const resources = { resources: [PARTNER_API] }
  const shop = await applicationAt(app, SHOP_AT, resources)
  const forum = await applicationAt(app, FORUM_AT, resources)
  const forPartner = { scope: 'openid posts:read', resource: PARTNER_API }
  return {
    ...app,
    atShop: await signIn(app, shop, forPartner),
    atForum: await signIn(app, forum, forPartner),
    open: await app.shopTokens(),
  }
}

test('an exchanged token names the user as the subject token does, whatever the names of the application', async (t) => {
  const app = await exchangingPairwise(t)
  const { ada, ask, partner, stock, atShop, atForum, open, guarded } = app
  for (const subjectType of ['public', 'pairwise'] as const) {
    const client = await partner({ subjectType })
    const exchanged = async (token: string) => {
      const answer = await ask(client, token, stock)
      assert.equal(answer.status, 200, answer.text)
      assert.ok(answer.body.issued_token_type)
      return answer.body.access_token ?? ''
    }
    for (const { access } of [atShop, atForum]) {
      const token = await exchanged(access)
      assert.equal(subOf(token), subOf(access))
      assert.equal(claimsOf(token).subject_type, 'pairwise')
      assert.equal(claimsOf(token).client_id, client.id)
      assert.ok(!JSON.stringify(claimsOf(token)).includes(ada.id))
    }
    assert.equal(subOf(await exchanged(open.access)), ada.id)
    // Without a target it is for the instance, whose guards find the user.
    const own = (await ask(client, atShop.access)).body.access_token ?? ''
    assert.equal((await guarded(own)).principal?.user?.id, ada.id)
  }
})

test('an exchanged token ends with the session of its subject', async (t) => {
  const { auth, ada, ask, partner, atShop, guarded } = await exchangingPairwise(t)
  const token = (await ask(await partner(), atShop.access)).body.access_token ?? ''
  assert.equal((await guarded(token)).status, 200)
  await auth.sessions.revokeAll(ada.id)
  assert.equal((await guarded(token)).status, 401)
})

test('an actor is named as its own token names it', async (t) => {
  const { ada, ask, partner, atShop, atForum, stock } = await exchangingPairwise(t)
  const client = await partner()
  const actor = { actor_token: atForum.access, actor_token_type: ACCESS_TOKEN }
  const answer = await ask(client, atShop.access, { ...stock, ...actor })
  assert.equal(answer.status, 200, answer.text)
  const claims = claimsOf(answer.body.access_token ?? '')
  assert.equal(claims.sub, subOf(atShop.access))
  assert.deepEqual(claims.act, { sub: subOf(atForum.access) })
  assert.ok(!JSON.stringify(claims).includes(ada.id))
})

test('a chain of exchanges keeps the name', async (t) => {
  const app = await exchangingPairwise(t)
  const first = await app.partner({ resources: [PARTNER_API, STOCK_API] })
  const token = (await app.ask(first, app.atShop.access, app.stock)).body.access_token
  const stock = await app.partner({ audiences: [STOCK_API], resources: [PARTNER_API] })
  const answer = await app.ask(stock, token ?? '', { resource: PARTNER_API })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(subOf(answer.body.access_token ?? ''), subOf(app.atShop.access))
})

test('watchword/verify accepts a pairwise token, and gives its sub', async (t) => {
  const { auth, clock, atShop } = await exchangingPairwise(t)
  const tokens = verifier({
    issuer: URL_OF_APP,
    audience: PARTNER_API,
    fetch: (url, init) => auth.handler(new Request(String(url), init)),
    clock: clock.now,
  })
  const claims = await tokens.check(atShop.access, { scope: 'posts:read' })
  assert.equal(claims.sub, subOf(atShop.id))
  assert.equal(claims.subject_type, 'pairwise')
  assert.equal(claims.user_id, undefined)
  await assert.rejects(tokens.check(atShop.access), { code: 'insufficient_scope' })
})

test('tokens that are bound to a key work with their proofs', async (t) => {
  const app = await exchanging(t)
  const shop = await applicationAt(app, SHOP_AT, { dpopBoundAccessTokens: true })
  const key = proofKeyPair()
  const url = `${URL_OF_APP}/oauth/token`
  const code = (await app.agree(shop, { redirect_uri: SHOP_AT })).get('code') ?? ''
  const fields = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  const authorization = basicOf(shop.id, shop.secret)
  const dpop = key.proof({ url, now: app.clock.now() })
  const { body } = await app.form('/oauth/token', fields, authorization, { dpop })
  const { access } = tokensIn(body)
  const info = `${URL_OF_APP}/oauth/userinfo`
  const proof = { url: info, method: 'GET', now: app.clock.now(), accessToken: access }
  const answer = await app.send('GET', '/oauth/userinfo', {
    headers: { authorization: `DPoP ${access}`, dpop: key.proof(proof as never) },
  })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.body, { sub: subOf(access) })
  assert.equal((await userInfo(app, access)).status, 401)
})

test('a device gets names of a sector of its own', async (t) => {
  const app = await withDevice(t)
  const { auth, tv, begin, enter, browser, poll, ada, guarded } = app
  await auth.clients.update(tv.id, { subjectType: 'pairwise' })
  const other = await auth.clients.create({
    name: 'Bedroom',
    proof: 'none',
    grants: [DEVICE_GRANT],
    scopes: ['openid', 'posts:read'],
    subjectType: 'pairwise',
  })
  await app.signedIn()
  const tokensOf = async (client: { id: string; secret: string }) => {
    const { deviceCode, userCode } = await begin({ client_id: client.id }, client)
    await enter(userCode)
    await browser.submit({ button: 'Allow' })
    return tokensIn((await poll(deviceCode, client)).body)
  }
  const first = await tokensOf(tv)
  const second = await tokensOf({ id: other.client.id, secret: '' })
  assert.match(subOf(first.id), /^pairwise_/)
  assert.notEqual(subOf(first.access), subOf(second.access))
  assert.equal((await guarded(first.access)).principal?.user?.id, ada.id)
})

test('the token of an implicit grant names the user by the same name', async (t) => {
  const oauth = { scopes: { 'posts:read': 'Read' }, implicitGrant: ['old'] }
  const app = await exchanging(t, { oauth })
  const old = await applicationAt(app, SHOP_AT, { id: 'old' })
  const { id } = await signIn(app, old)
  const asked = { response_type: 'token', redirect_uri: SHOP_AT, prompt: 'consent' }
  await app.browser.open(app.address(old, { ...asked, code_challenge: undefined }))
  const { path } = await app.browser.submit({ button: 'Allow' })
  const token = new URLSearchParams(path.split('#')[1]).get('access_token') ?? ''
  assert.equal(subOf(token), subOf(id))
  assert.ok(!JSON.stringify(claimsOf(token)).includes(app.ada.id))
  const { body } = await introspect(app, await serviceOf(app), token)
  assert.equal(body.sub, subOf(id))
})
