import type { Core } from '../../core.ts'
import { METHODS } from '../../social/account-of-profile.ts'
import { exchangeProviderToken, type ProviderToken } from '../../social/exchange-token.ts'
import type { ProviderSettings } from '../../social/provider.ts'
import { type DirectGrant, signInForClient } from '../direct-grant.ts'
import type { UserTokenAnswer } from '../user-tokens.ts'

/**
 * Signs in, for an application of the operator's own, the person that a provider's token is about.
 *
 * @throws AuthError as `exchangeProviderToken` and `signInForClient`
 */
export async function signInByProvider(
  provider: ProviderSettings,
  token: ProviderToken,
  grant: Omit<DirectGrant, 'account' | 'methods' | 'provider'>,
  core: Core,
): Promise<UserTokenAnswer> {
  const { account } = await exchangeProviderToken(provider, token, grant.request, core)
  const signIn = { account, methods: METHODS, provider: provider.name }
  return signInForClient({ ...grant, ...signIn }, core)
}
