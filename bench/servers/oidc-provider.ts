import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { generateKey } from '../../src/jwt/index.ts'
import { AUTHORIZATION, EXCHANGE, REDIRECT } from '../authorization.ts'
import type { Seeded } from '../oauth.ts'
import { sqliteAdapter } from '../oidc-adapter.ts'
import { SECRET } from '../seed.ts'
import { answerUsage } from './report-usage.ts'

/** oidc-provider with the same application. Arguments: its database, the file for what clients need, their number, and the format of access tokens. */
const [database = '', file = '', count = '0', format = ''] = process.argv.slice(2)
const API = 'https://api.example.org'
const ID = 'bench'

const server = createServer()
await once(server.listen(0, '127.0.0.1'), 'listening')
const { port } = server.address() as AddressInfo
const url = `http://127.0.0.1:${port}`

const { privatePem, kid } = generateKey('ES256')
const jwk = createPrivateKey(privatePem).export({ format: 'jwk' })
const provider = new Provider(url, {
  adapter: sqliteAdapter(database),
  clients: [
    {
      client_id: ID,
      client_secret: SECRET,
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: 'posts:read',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] },
  scopes: ['posts:read'],
  claims: { openid: ['sub'] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => API,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'posts:read',
        audience: API,
        accessTokenFormat: format,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: (_, accountId) => ({
    accountId,
    claims: async () => ({ sub: accountId }),
  }),
  loadExistingGrant: () => grant,
})
// A new one would end those before it.
const given = new provider.Grant({ clientId: ID, accountId: 'ada' })
given.addOIDCScope('posts:read')
given.addResourceScope(API, 'posts:read')
const grant = given.save().then(() => given)
const answer = provider.callback()
server.on('request', (request, response) => {
  const isInteraction = request.url?.startsWith('/interaction/') === true
  if (!isInteraction) return void answer(request, response)
  void provider.interactionFinished(request, response, { login: { accountId: 'ada' } })
})

const authorization = `Basic ${btoa(`${ID}:${SECRET}`)}`
const cookies = new Map<string, string>()
const refreshTokens: string[] = []
for (let i = 0; i < Number(count); i++) refreshTokens.push(await consent())
const seeded: Seeded = { path: '/token', authorization, refreshTokens }
writeFileSync(file, JSON.stringify(seeded))
answerUsage()
process.send?.({ port })

/** @returns its refresh token */
async function consent(): Promise<string> {
  const query = new URLSearchParams({ ...AUTHORIZATION, client_id: ID })
  const code = await codeAt(`${url}/auth?${query}`)
  const answer = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ ...EXCHANGE, code }),
  })
  const body = (await answer.json()) as { readonly refresh_token?: string }
  if (body.refresh_token === undefined) throw new Error(JSON.stringify(body))
  return body.refresh_token
}

/** Follows redirects, as the browser of a user. */
async function codeAt(address: string, redirects = 8): Promise<string> {
  if (redirects === 0) throw new Error(`oidc-provider sends the browser to ${address}`)
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(address, { redirect: 'manual', headers: { cookie } })
  const { headers } = response
  for (const each of headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
    cookies.set(name, value)
  }
  const location = headers.get('location')
  if (location === null) throw new Error(await response.text())
  const next = new URL(location, address)
  if (next.origin === url) return codeAt(next.href, redirects - 1)
  return next.searchParams.get('code') ?? ''
}
