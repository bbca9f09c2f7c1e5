import { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { UserId } from '../../users/user.ts'
import { issueCode } from '../codes/issue.ts'
import type { Core } from '../core.ts'
import { providersIn } from './options.ts'
import type { ProviderSettings } from './provider.ts'
import { openProvider } from './server.ts'
import { browserCookie, browserFor, limitSocial, secretOf } from './state.ts'

/** @throws AuthError `not_found` */
export function providerNamed(
  name: string | undefined,
  { section }: Pick<Core, 'section'>,
): ProviderSettings {
  const settings = providersIn(section).get(name ?? '')
  if (settings === undefined) throw new AuthError('not_found')
  return settings
}

/** The data stored with a state until the browser returns. */
export interface SocialState {
  readonly provider: string
  readonly redirectUri: string
  /** The path to return to. It is checked to be of this origin. */
  readonly next?: string | undefined
  /** The user who links the identity; `undefined` for a sign-in. */
  readonly links?: UserId | undefined
}

export interface BegunSocial {
  /** The provider's page. */
  readonly authorizationUrl: string
  /** The value of `Set-Cookie`. */
  readonly cookie: string
}

/**
 * Begins a sign-in with a provider: a state that only this browser can use, once.
 *
 * @throws AuthError `throttled`, `temporarily_unavailable`, `provider_refused`
 */
export async function beginSocial(
  settings: ProviderSettings,
  state: Omit<SocialState, 'provider'>,
  request: AuthRequest,
  core: Core,
): Promise<BegunSocial> {
  await limitSocial(core)
  const provider = await openProvider(settings, core)
  const browser = browserFor(request, core)
  const { secret } = await issueCode(
    {
      purpose: 'social_state',
      form: 'link',
      payload: { provider: settings.name, ...state },
      binding: browser,
    },
    core,
  )
  const { library, server } = provider
  const verifier = secretOf(secret, browser, 'verifier')
  const parameters = {
    ...settings.parameters,
    client_id: settings.clientId,
    response_type: 'code',
    redirect_uri: state.redirectUri,
    scope: settings.scope,
    state: secret,
    ...(settings.nonce && { nonce: secretOf(secret, browser, 'nonce') }),
    ...(settings.formPost && { response_mode: 'form_post' }),
    ...(settings.pkce && {
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
  }
  const url = new URL(server.authorization_endpoint ?? '')
  for (const [name, value] of Object.entries(parameters))
    if (value !== '') url.searchParams.set(name, value)
  const cookie = browserCookie(browser, request, core)
  return { authorizationUrl: url.href, cookie }
}
