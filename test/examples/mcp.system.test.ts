import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import { testInstance } from '../../src/testing/index.ts'
import { withoutTools } from '../clients/servers/tools.ts'
import { testBrowser } from '../pages/site.ts'
import { freePort } from '../services/free-port.ts'
import { agent, agree, overNetwork } from './mcp-client.ts'
import { copyExample, place } from './place.ts'
import { createUsers, PASSWORD, start } from './running.ts'

/** The SDK is not a dependency of the repository: the example finds it beside the built package. */
async function linkSdk(): Promise<void> {
  const name = '@modelcontextprotocol'
  const link = join(await place(), 'node_modules', name)
  if (existsSync(link)) return
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(resolve('test/clients/servers/node_modules', name), link)
}

test('examples/mcp: an agent finds the server, registers, signs its user in and calls a tool', {
  skip: withoutTools,
  timeout: 300_000,
}, async (t) => {
  const folder = await copyExample('examples/mcp')
  await linkSdk()
  const port = await freePort()
  const variables = { ...(await createUsers(t)), PORT: String(port) }
  await start(t, ['main.ts'], folder, { ...variables, NODE_ENV: 'development' })
  const origin = `http://localhost:${port}`
  const { kept, begin, connected } = await agent(`${origin}/mcp`)

  const { transport, error } = await begin()
  assert.equal((error as Error)?.constructor.name, 'UnauthorizedError', String(error))
  const asked = kept.address?.searchParams
  assert.equal(kept.address?.origin, origin)
  assert.equal(asked?.get('resource'), `${origin}/mcp`)
  assert.equal(asked?.get('code_challenge_method'), 'S256')
  assert.match(asked?.get('scope') ?? '', /notes:read/)
  assert.match(JSON.stringify(kept.client), /"client_id":"client_/)

  const browser = testBrowser(overNetwork(origin), origin)
  await transport.finishAuth(await agree(browser, kept.address, PASSWORD))
  const client = await connected()
  assert.deepEqual(
    (await client.listTools()).tools.map(({ name }) => name),
    ['list_notes'],
  )
  const { content } = await client.callTool({ name: 'list_notes' })
  assert.equal(content[0]?.text, 'The notes of ada: buy milk')
  await client.close()

  // The token is for this server alone.
  const token = kept.tokens?.access_token ?? ''
  const { aud } = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  )
  assert.equal(aud, `${origin}/mcp`)
  const headers = { authorization: `Bearer ${token}` }
  assert.equal((await fetch(`${origin}/oauth/userinfo`, { headers })).status, 401)
})

test('an agent that names the address of a document about itself needs no registration', {
  skip: withoutTools,
}, async (t) => {
  const document = 'https://agent.example/client.json'
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  const { port } = server.address() as { port: number }
  const origin = `http://localhost:${port}`
  const { auth } = testInstance({
    url: origin,
    oauth: {
      scopes: { 'notes:read': 'Read your notes' },
      protectedResources: { '/mcp': { scopes: ['notes:read'] } },
      registrationScopes: ['notes:read'],
      clientDocuments: async (address) => ({
        client_id: address,
        client_name: 'Agent',
        redirect_uris: ['http://127.0.0.1:33418/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
      }),
    },
  })
  t.after(() => auth.close())
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const guard = mount(server, auth)
  const guarded = guard({ scope: 'notes:read', resource: '/mcp' }, (req, res) => {
    res.end(req.auth.user.username)
  })
  server.on('request', (req, res) => {
    if (req.url === '/mcp') guarded(req, res)
  })
  const { kept, begin } = await agent(`${origin}/mcp`, { document })

  const { transport } = await begin()
  assert.equal(kept.address?.searchParams.get('client_id'), document)
  const browser = testBrowser(overNetwork(origin), origin)
  await transport.finishAuth(await agree(browser, kept.address, PASSWORD))

  const headers = { authorization: `Bearer ${kept.tokens?.access_token}` }
  const answer = await fetch(`${origin}/mcp`, { headers })
  assert.equal(await answer.text(), 'ada')
})
