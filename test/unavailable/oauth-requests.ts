import { DEVICE_GRANT, EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import { referenceTo, userOf } from '../oauth/consent.ts'
import { basicOf, PARTNER_API, type Provider, URL_OF_APP } from '../oauth/setup.ts'
import { proofKeyPair } from '../proofs/key.ts'

type Send = () => Promise<{ readonly status: number }>

/** For each endpoint for applications: what makes a request that it accepts. */
export const OAUTH_REQUESTS: Readonly<Record<string, (app: Provider) => Promise<Send>>> =
  {
    async oauthToken({ client, form }) {
      const { id, secret } = await client()
      const fields = { grant_type: 'client_credentials' }
      return () => form('/oauth/token', fields, basicOf(id, secret))
    },
    async oauthRevoke({ client, form, ownToken }) {
      const credentials = await client()
      const token = await ownToken(credentials)
      const { id, secret } = credentials
      return () => form('/oauth/revoke', { token }, basicOf(id, secret))
    },
    async oauthIntrospect({ client, form, ownToken }) {
      const credentials = await client({ resources: [PARTNER_API] })
      const { id, secret } = await client({ audiences: [PARTNER_API] })
      const token = await ownToken(credentials, { resource: PARTNER_API })
      return () => form('/oauth/introspect', { token }, basicOf(id, secret))
    },
    async oauthUserInfo(app) {
      const { send } = app
      const { tokens } = await agreed(app)
      const { access_token: token } = (await tokens()).body
      const headers = { authorization: `Bearer ${token}` }
      return () => send('GET', '/oauth/userinfo', { headers })
    },
    async oauthDeviceAuthorization({ client, form }) {
      const { id } = await client({ proof: 'none', grants: [DEVICE_GRANT] })
      return () => form('/oauth/device_authorization', { client_id: id })
    },
    async oauthPushedRequest(app) {
      const { shop, pushed } = await userOf(app)
      const client = await shop()
      return () => pushed(client)
    },
    async oauthRegistration({ auth, send }) {
      const tokens: string[] = []
      for (let i = 0; i < 5; i++)
        tokens.push((await auth.clients.registrationToken()).token)
      return () => send('POST', '/oauth/register', registrationOf(tokens.pop()))
    },
    async oauthClientConfiguration({ auth, send }) {
      const { token } = await auth.clients.registrationToken()
      const { body } = await send('POST', '/oauth/register', registrationOf(token))
      const headers = { authorization: `Bearer ${body.registration_access_token}` }
      return () => send('GET', body.registration_client_uri ?? '', { headers })
    },
    async oauthMetadata({ send }) {
      return () => send('GET', '/.well-known/oauth-authorization-server')
    },
    async ownApplications(app) {
      const { headers } = await ownerOf(app)
      return () => app.send('GET', '/auth/applications/', { headers })
    },
    async ownApplication(app) {
      const { headers, session } = await ownerOf(app)
      return () => app.send('DELETE', `/auth/applications/${session}/`, { headers })
    },
    async openidConfiguration({ send }) {
      return () => send('GET', '/.well-known/openid-configuration')
    },
  }

/** The other grants of the endpoint for tokens, and the page of the consent. */
export const GRANT_REQUESTS: typeof OAUTH_REQUESTS = {
  'a code': async (app) => (await agreed(app)).tokens,
  async 'a refresh token'(app) {
    const { tokens, refresh, client } = await agreed(app)
    const { refresh_token: token = '' } = (await tokens()).body
    return () => refresh(client, token)
  },
  async 'a device code'(app) {
    const user = await userOf(app)
    const { id } = await app.client({ proof: 'none', grants: [DEVICE_GRANT] })
    const { body } = await app.form('/oauth/device_authorization', { client_id: id })
    await user.signedIn()
    await user.browser.open('/oauth/device')
    const entered = { user_code: body.user_code ?? '' }
    await user.browser.submit({ button: 'Continue' }, entered)
    await user.browser.submit({ button: 'Allow' })
    const fields = { client_id: id, device_code: body.device_code ?? '' }
    return () => app.form('/oauth/token', { grant_type: DEVICE_GRANT, ...fields })
  },
  async 'a token that is exchanged'(app) {
    const { tokens, auth, client, form } = await agreed(app)
    await auth.clients.update(client.id, {
      grants: ['authorization_code', EXCHANGE_GRANT],
    })
    const fields = {
      grant_type: EXCHANGE_GRANT,
      subject_token: (await tokens()).body.access_token ?? '',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
    return () => form('/oauth/token', fields, basicOf(client.id, client.secret))
  },
  async 'a token that is bound to a key'({ client, form, clock }) {
    const { id, secret } = await client()
    const key = proofKeyPair()
    const url = `${URL_OF_APP}/oauth/token`
    return () => {
      const dpop = key.proof({ url, now: clock.now() })
      const fields = { grant_type: 'client_credentials' }
      return form('/oauth/token', fields, basicOf(id, secret), { dpop })
    }
  },
  async 'a request that was pushed'(app) {
    const { browser, shop, pushed, signedIn } = await userOf(app)
    const client = await shop()
    await signedIn()
    const references: string[] = []
    for (let i = 0; i < 60; i++)
      references.push((await pushed(client)).body.request_uri ?? '')
    return () => browser.open(referenceTo(client, references.pop() ?? ''))
  },
  async 'the page of the consent'(app) {
    const { browser, address, shop, signedIn } = await userOf(app)
    const client = await shop()
    await signedIn()
    return () => browser.open(address(client))
  },
}

const registrationOf = (token = '') => ({
  headers: {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  },
  body: JSON.stringify({ redirect_uris: ['https://agent.example/cb'] }),
})

/** An application that a user has let in, and what exchanges its code. */
async function agreed(app: Provider) {
  const user = await userOf(app)
  const client = await user.shop()
  const code = (await user.agree(client)).get('code') ?? ''
  return { ...user, client, tokens: () => user.exchange(client, { code }) }
}

/** The credentials of a user who has let in an application, and its session. */
async function ownerOf(app: Provider) {
  const { tokens, ada } = await agreed(app)
  await tokens()
  const { access } = await app.auth.signIn(ada.id)
  const sessions = await app.auth.sessions.list(ada.id)
  const session = sessions.find(
    ({ clientId, revokedAt }) => clientId !== undefined && revokedAt === undefined,
  )
  return { headers: { authorization: `Bearer ${access}` }, session: session?.id }
}
