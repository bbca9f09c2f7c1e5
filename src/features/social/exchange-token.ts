import type { AuthRequest } from '../../http/request.ts'
import type { Core } from '../core.ts'
import { accountOfProfile, type SocialAccount } from './account-of-profile.ts'
import type { ProviderSettings } from './provider.ts'
import { proveSocial } from './sign-in.ts'

/** A token that an application has got from a provider. */
export interface ProviderToken {
  readonly token: string
  readonly type: 'access_token' | 'id_token'
  /** What the application has sent to the provider, if an ID token repeats it. */
  readonly nonce?: string | undefined
}

/**
 * The account of the person that a provider's token is about. The token must have been issued for this instance, or for an application in
 * `trustedAudiences`. It does not sign in: `completeSignIn` does.
 *
 * @throws AuthError `throttled`, `provider_refused`, `temporarily_unavailable`, `account_exists`, `no_active_account`
 */
export async function exchangeProviderToken(
  settings: ProviderSettings,
  { token, type, nonce }: ProviderToken,
  request: AuthRequest,
  core: Core,
): Promise<SocialAccount> {
  const proof = { [type]: token, nonce }
  const profile = await proveSocial(settings, proof, request, core)
  return accountOfProfile(settings, profile, request, core)
}
