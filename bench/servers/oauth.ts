import { writeFileSync } from 'node:fs'
import { serve } from '../../src/server/serve.ts'
import { watchword } from '../../src/watchword.ts'
import { testBrowser } from '../../test/pages/site.ts'
import { AUTHORIZATION, EXCHANGE, REDIRECT } from '../authorization.ts'
import type { Seeded } from '../oauth.ts'
import { SECRET } from '../seed.ts'
import { answerUsage } from './report-usage.ts'

/** The stand-alone server with an application. Arguments: its database, the file for what clients need, their number. */
const [database = '', file = '', count = '0'] = process.argv.slice(2)
const ORIGIN = 'https://auth.example.org'

const auth = watchword({
  database,
  secret: SECRET,
  url: ORIGIN,
  oauth: { scopes: { 'posts:read': 'Read your posts' } },
  log: () => {},
})
await auth.users.create({ username: 'ada', password: SECRET })
const { client, secret = '' } = await auth.clients.create({
  name: 'Bench',
  grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  redirectUris: [REDIRECT],
  scopes: ['posts:read'],
  skipConsent: true,
})
const authorization = `Basic ${btoa(`${client.id}:${secret}`)}`

const browser = testBrowser(auth, ORIGIN)
await browser.open('/account/sign-in/?next=/account/')
await browser.submit({ button: 'Sign in' }, { login: 'ada', password: SECRET })
const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')

const refreshTokens: string[] = []
for (let i = 0; i < Number(count); i++) refreshTokens.push(await consent())
const seeded: Seeded = { path: '/oauth/token', authorization, refreshTokens }
writeFileSync(file, JSON.stringify(seeded))

const { url } = await serve({ auth, host: '127.0.0.1', port: 0 })
answerUsage()
process.send?.({ port: Number(new URL(url).port) })

/** @returns its refresh token */
async function consent(): Promise<string> {
  const query = new URLSearchParams({ ...AUTHORIZATION, client_id: client.id })
  const asked = new Request(`${ORIGIN}/oauth/authorize?${query}`, { headers: { cookie } })
  const { headers } = await auth.handler(asked)
  const { searchParams } = new URL(headers.get('location') ?? '')
  const code = searchParams.get('code') ?? ''
  const exchange = new Request(`${ORIGIN}/oauth/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ ...EXCHANGE, code }),
  })
  const tokens = (await (await auth.handler(exchange)).json()) as {
    readonly refresh_token: string
  }
  return tokens.refresh_token
}
