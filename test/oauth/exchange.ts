import { EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import type { Options } from '../../src/settings/options.ts'
import type { Scope } from '../cleanup.ts'
import { VERIFIER, withUser } from './consent.ts'
import { basicOf, type Credentials, PARTNER_API, URL_OF_APP } from './setup.ts'

export const STOCK_API = 'https://stock.example.com'

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export const SCOPES = { 'posts:read': 'Read your posts', 'posts:write': 'Change them' }

/** A provider with two services besides it: that of partners calls that of the stock. */
export async function exchanging(t: Scope, options: Options = {}) {
  const app = await withUser(t, {
    oauth: { scopes: SCOPES, resources: [PARTNER_API, STOCK_API] },
    ...options,
  })
  const shop = await app.shop({ resources: [PARTNER_API] })
  const partner = (input: Partial<NewClient> = {}) =>
    app.client({
      name: 'Partner API',
      grants: [EXCHANGE_GRANT, 'client_credentials'],
      audiences: [PARTNER_API],
      resources: [STOCK_API],
      ...input,
    })
  return {
    ...app,
    shopClient: shop,
    partner,
    /** An access token of the shop that is for the partner's service. */
    async shopTokens(more: Record<string, string> = {}, dpop?: string) {
      const asked = { scope: 'openid posts:read', resource: PARTNER_API, ...more }
      const code = (await app.agree(shop, asked)).get('code') ?? ''
      const fields = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
      const headers: Record<string, string> = dpop === undefined ? {} : { dpop }
      const authorization = basicOf(shop.id, shop.secret)
      const { body } = await app.form('/oauth/token', fields, authorization, headers)
      return { access: body.access_token ?? '', refresh: body.refresh_token ?? '', body }
    },
    /** Exchanges a token for one of the stock. */
    ask: (
      { id, secret }: Credentials,
      subject: string,
      more: Record<string, string> | URLSearchParams = {},
      headers: Record<string, string> = {},
    ) => {
      const fields = new URLSearchParams({
        grant_type: EXCHANGE_GRANT,
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
      })
      for (const [name, value] of new URLSearchParams(more)) fields.append(name, value)
      const authorization = secret === '' ? undefined : basicOf(id, secret)
      return app.form('/oauth/token', fields, authorization, headers)
    },
    stock: { resource: STOCK_API },
    url: URL_OF_APP,
  }
}
