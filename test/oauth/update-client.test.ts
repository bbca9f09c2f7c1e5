import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ClientChanges } from '../../src/features/oauth/new-client.ts'
import { generateKey } from '../../src/jwt/index.ts'
import { folder } from '../cli/folder.ts'
import { REDIRECT, withUser } from './consent.ts'
import { PARTNER_API } from './setup.ts'

const OTHER = 'https://shop.example.org/cb'

/** An application that ada has let in, and that has a token for itself. */
async function letIn(t: TestContext) {
  const app = await withUser(t)
  const client = await app.shop({
    redirectUris: [REDIRECT, OTHER],
    resources: [PARTNER_API],
    grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
  const tokens = async (more = {}) => {
    const code = (await app.agree(client, more)).get('code') ?? ''
    return (await app.exchange(client, { code })).body
  }
  const { access_token: access = '', refresh_token: refresh = '' } = await tokens()
  const own = await app.ownToken(client)
  return {
    ...app,
    client,
    tokens,
    update: (changes: ClientChanges) => app.auth.clients.update(client.id, changes),
    /** Whether the tokens of ada and of the application are still accepted. */
    async accepted() {
      const mine = (await app.guarded(access)).status === 200
      const refreshed = (await app.refresh(client, refresh)).status === 200
      assert.equal(mine, refreshed)
      const requirement = { scope: 'posts:read', clients: true }
      const its = (await app.guarded(own, requirement)).status === 200
      return { ada: mine, own: its }
    },
  }
}

const BOTH = { ada: true, own: true }
const NEITHER = { ada: false, own: false }

for (const [what, changes, after] of [
  [
    'its name, and more of all',
    {
      name: 'Big shop',
      scopes: ['openid', 'email', 'profile', 'posts:read', 'posts:write', 'phone'],
    },
    BOTH,
  ],
  [
    'a scope that was not granted',
    { scopes: ['openid', 'posts:read', 'posts:write'] },
    { ada: true, own: false },
  ],
  ['a scope of ada', { scopes: ['openid'] }, NEITHER],
  ['a service that was not granted', { resources: [] }, { ada: true, own: false }],
  [
    'the grant of its own tokens',
    { grants: ['authorization_code', 'refresh_token'] },
    { ada: true, own: false },
  ],
  ['a redirect URI', { redirectUris: [OTHER] }, BOTH],
  [
    'the addresses after a sign-out',
    { postLogoutRedirectUris: [OTHER], audiences: [PARTNER_API] },
    BOTH,
  ],
] as const satisfies readonly (readonly [string, ClientChanges, object])[])
  test(`an application is changed, and loses what it may do no more: ${what}`, async (t) => {
    const { update, accepted, client, auth } = await letIn(t)
    assert.deepEqual(await accepted(), BOTH)
    const updated = await update(changes)
    assert.equal(updated?.secret, undefined)
    assert.deepEqual(await accepted(), after)
    const stored = await auth.clients.find(client.id)
    for (const [name, value] of Object.entries(changes))
      assert.deepEqual(stored?.[name as keyof typeof stored], value, name)
    const [event] = await auth.events.list({ kind: 'client_changed' })
    assert.deepEqual(event?.detail.fields, Object.keys(changes))
  })

test('without the grant of the consent page all consents end', async (t) => {
  const { update, guarded, tokens } = await letIn(t)
  const { access_token: access = '' } = await tokens()
  await update({ redirectUris: [], grants: ['client_credentials'] })
  assert.equal((await guarded(access)).status, 401)
})

test('users who were never asked are asked once they are to be', async (t) => {
  const { update, browser, address, client, guarded, tokens } = await letIn(t)
  const { access_token: access = '' } = await tokens()
  await update({ skipConsent: true })
  assert.equal((await guarded(access)).status, 200)
  await update({ skipConsent: false })
  assert.equal((await guarded(access)).status, 401)
  const page = await browser.open(address(client))
  assert.equal(page.heading, 'Allow Shop to use your account?')
})

test('tokens that are bound to no key end once they are to be', async (t) => {
  const { update, accepted } = await letIn(t)
  assert.deepEqual(await accepted(), BOTH)
  await update({ dpopBoundAccessTokens: true })
  assert.deepEqual(await accepted(), NEITHER)
})

test('a code that was issued before a change gives no more than the application may have', async (t) => {
  for (const changes of [
    { redirectUris: [OTHER] },
    { scopes: ['openid'] },
    { resources: [] },
  ] satisfies ClientChanges[]) {
    const { update, agree, exchange, client } = await letIn(t)
    const code = (await agree(client, { resource: PARTNER_API })).get('code') ?? ''
    await update(changes)
    const answer = await exchange(client, { code })
    assert.equal(answer.body.error, 'invalid_grant', JSON.stringify(changes))
  }
})

test('the way in which an application proves who it is can be changed', async (t) => {
  const { update, client, exchange, agree, ownToken, auth } = await letIn(t)
  const key = generateKey('ES256').publicJwk
  const grants = ['authorization_code', 'refresh_token'] as const
  assert.equal((await update({ keys: [key] }))?.client.proof, 'private_key_jwt')
  assert.equal(await ownToken(client), '')
  const open = await update({ proof: 'none', grants })
  assert.deepEqual([open?.client.keys, open?.secret], [[], undefined])
  const code = (await agree(client)).get('code') ?? ''
  const asPublic = { ...client, secret: '' }
  assert.equal((await exchange(asPublic, { client_id: client.id, code })).status, 200)
  const closed = await update({
    proof: 'secret',
    grants: [...grants, 'client_credentials'],
  })
  assert.match(closed?.secret ?? '', /^wws_/)
  assert.equal(await ownToken(client), '')
  assert.notEqual(await ownToken({ id: client.id, secret: closed?.secret ?? '' }), '')
  assert.equal((await auth.clients.find(client.id))?.previousSecretUntil, undefined)
})

test('a change that is wrong changes nothing, and an unknown application is none', async (t) => {
  const { update, auth, client, accepted } = await letIn(t)
  const before = await auth.clients.find(client.id)
  for (const changes of [
    { name: '' },
    { scopes: ['two words'] },
    { redirectUris: [] },
    { redirectUris: ['http://shop.example.com'] },
    { keys: [], proof: 'private_key_jwt' },
    { proof: 'none' },
  ] as const)
    await assert.rejects(update(changes), { code: 'invalid' })
  await assert.rejects(update({ id: 'x' } as never), { code: 'invalid_config' })
  assert.deepEqual(await auth.clients.find(client.id), before)
  assert.deepEqual(await accepted(), BOTH)
  assert.equal(await auth.clients.update('nobody', { name: 'X' }), undefined)
})

test('changes at once are all made', async (t) => {
  const { update, auth, client } = await letIn(t)
  await Promise.all([
    update({ name: 'Big shop' }),
    update({ audiences: [PARTNER_API] }),
    update({ postLogoutRedirectUris: [OTHER] }),
  ])
  const after = await auth.clients.find(client.id)
  assert.deepEqual(
    [after?.name, after?.audiences, after?.postLogoutRedirectUris],
    ['Big shop', [PARTNER_API], [OTHER]],
  )
})

test('the command changes what it names, and says what it does not understand', async () => {
  using here = folder()
  await here.run('migrate')
  const made = await here.run(
    'client create Reports --scope reports:read --resource https://api.example.com --json',
  )
  const { client_id: id } = JSON.parse(made.out)
  const changed = await here.run(
    `client update ${id} --name Nightly --scope reports:read,reports:write --json`,
  )
  assert.equal(changed.code, 0, changed.err)
  const { name, scopes, resources, client_secret: secret } = JSON.parse(changed.out)
  assert.deepEqual(
    [name, scopes, resources, secret],
    ['Nightly', ['reports:read', 'reports:write'], ['https://api.example.com'], null],
  )
  const emptied = await here.run(`client update ${id} --resource none --json`)
  assert.equal(emptied.code, 0, emptied.err)
  assert.deepEqual(JSON.parse(emptied.out).resources, [])
  assert.equal((await here.run(`client update ${id}`)).code, 2)
  assert.equal((await here.run(`client update ${id} --public --with-secret`)).code, 2)
  const wrong = await here.run(`client update ${id} --public`)
  assert.match(wrong.err, /--public: client_credentials requires/)
  assert.equal((await here.run('client update nobody --name X')).code, 1)
})
