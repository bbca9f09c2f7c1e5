import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsOf, provider, URL_OF_APP } from './setup.ts'

const OAUTH = {
  scopes: { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' },
  protectedResources: {
    '/mcp': {
      name: 'Notes for agents',
      scopes: ['posts:read'],
      documentation: 'https://app.example.com/docs',
    },
    '/other/mcp': {},
  },
} as const

const RESOURCE = `${URL_OF_APP}/mcp`
const METADATA = `${URL_OF_APP}/.well-known/oauth-protected-resource/mcp`
const GUARD = { scope: 'posts:read', resource: '/mcp', clients: true } as const

test('a resource has its metadata at the path that follows from its own', async (t) => {
  const app = provider(t, { oauth: OAUTH })
  const answer = await app.send('GET', METADATA)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  assert.deepEqual(answer.body, {
    resource: RESOURCE,
    authorization_servers: [URL_OF_APP],
    scopes_supported: ['posts:read'],
    bearer_methods_supported: ['header'],
    resource_name: 'Notes for agents',
    resource_documentation: 'https://app.example.com/docs',
  })
  const other = await app.send('GET', '/.well-known/oauth-protected-resource/other/mcp')
  assert.deepEqual(
    (other.body as { resource?: string }).resource,
    `${URL_OF_APP}/other/mcp`,
  )
})

test('a guard of a resource names its metadata in a 401 and a 403', async (t) => {
  const app = provider(t, { oauth: OAUTH })
  const parameter = `resource_metadata="${METADATA}"`
  const anonymous = await app.guarded('', GUARD)
  assert.equal(anonymous.status, 401)
  const invalid = await app.guarded('nonsense', GUARD)
  assert.equal(
    invalid.challenge,
    `Bearer realm="api", error="invalid_token", ${parameter}`,
  )
  const client = await app.client()
  const token = await app.ownToken(client, { resource: RESOURCE, scope: 'posts:write' })
  const narrow = await app.guarded(token, GUARD)
  assert.equal(narrow.status, 403)
  assert.equal(
    narrow.challenge,
    `Bearer realm="api", ${parameter}, error="insufficient_scope", scope="posts:read"`,
  )
})

test('a request without a token gets the challenge with the metadata and no error', async (t) => {
  const app = provider(t, { oauth: OAUTH })
  const request = new Request(RESOURCE)
  await assert.rejects(
    async () => app.auth.require(request, GUARD),
    (error: { toResponse(): Response }) => {
      const challenge = error.toResponse().headers.get('www-authenticate')
      return challenge === `Bearer realm="api", resource_metadata="${METADATA}"`
    },
  )
})

test('a token of a resource opens its guards, and no others', async (t) => {
  const app = provider(t, { oauth: OAUTH })
  const client = await app.client()
  const own = await app.ownToken(client)
  const ofMcp = await app.ownToken(client, { resource: RESOURCE })
  const ofOther = await app.ownToken(client, { resource: `${URL_OF_APP}/other/mcp` })
  assert.equal(claimsOf(ofMcp).aud, RESOURCE)

  const plain = { scope: 'posts:read', clients: true } as const
  const other = { ...plain, resource: '/other/mcp' } as const
  const statuses = async (token: string) => {
    const answers = [GUARD, other, plain].map((guard) => app.guarded(token, guard))
    return (await Promise.all(answers)).map(({ status }) => status)
  }
  assert.deepEqual(await statuses(ofMcp), [200, 401, 401])
  assert.deepEqual(await statuses(ofOther), [401, 200, 401])
  assert.deepEqual(await statuses(own), [401, 401, 200])
})

test('the own token of a user is not for applications, and lacks the scope', async (t) => {
  const app = provider(t, { oauth: OAUTH })
  const ada = await app.auth.users.create({ username: 'ada' })
  const { access } = await app.auth.signIn(ada.id)
  assert.equal((await app.guarded(access, GUARD)).status, 403)
})

test('a guard of a resource that is not listed is a fault of the configuration', async (t) => {
  const app = provider(t, { oauth: OAUTH })
  await assert.rejects(
    async () =>
      app.auth.require(new Request(RESOURCE), { scope: 'a', resource: '/nowhere' }),
    /list it in the option oauth.protectedResources/,
  )
  await assert.rejects(
    async () => app.auth.require(new Request(RESOURCE), { resource: 'mcp' } as never),
    /must be a path such as/,
  )
})

test('the path of a resource is absolute, without a slash at its end', (t) => {
  for (const path of ['mcp', '/mcp/', '/', '/a/../b'])
    assert.throws(
      () => provider(t, { oauth: { protectedResources: { [path]: {} } as never } }),
      { code: 'invalid_config' },
      path,
    )
})
