import { configError } from '../../base/errors.ts'
import { isHmac } from '../../jwt/algorithms.ts'
import type { ApplicationTokens } from '../../tokens/token-settings.ts'
import type { Core } from '../core.ts'
import { type OAuthSettings, oauthOptions } from './options.ts'

/** @throws AuthError `invalid_config` */
export function applicationsOf({ tokens }: Pick<Core, 'tokens'>): ApplicationTokens {
  const { applications } = tokens.settings
  if (applications !== undefined) return applications
  throw configError(
    'oauth needs the public address of the instance, which is the issuer of its tokens: set url (WATCHWORD_URL) to it, such as "https://app.example.com".',
  )
}

/** The `iss` of tokens, and the name of the instance in its metadata. */
export const issuerOf = (core: Pick<Core, 'tokens'>): string =>
  applicationsOf(core).issuer

/** The option `oauth`. @throws AuthError `invalid_config` if it is off */
export function oauthSettings({ section }: Pick<Core, 'section'>): OAuthSettings {
  const settings = section(oauthOptions)
  if (settings !== undefined) return settings
  throw configError('The option "oauth" is off.')
}

/**
 * What must be configured: a wrong configuration stops the start.
 *
 * @throws AuthError `invalid_config`
 */
export function requireIssuer(
  core: Pick<Core, 'tokens' | 'keys' | 'url' | 'sessions'>,
): void {
  if (core.sessions === undefined)
    throw configError(
      'oauth needs stored sessions: set tokens.sessions to true, or remove the option oauth.',
    )
  const issuer = issuerOf(core)
  if (core.url !== undefined && issuer !== core.url)
    throw configError(
      `oauth needs tokens.issuer and url to be the same: tokens.issuer is "${issuer}" and url is "${core.url}". Remove tokens.issuer, or set it to url.`,
    )
  if (isHmac(core.keys.signing().alg))
    throw configError(
      'oauth needs a key pair, so that other services can verify its tokens: remove tokens.algorithm and tokens.signingKey, or use ES256, EdDSA or RS256.',
    )
}
