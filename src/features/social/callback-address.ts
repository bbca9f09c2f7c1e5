import type { Core } from '../core.ts'
import type { ProviderSettings } from './provider.ts'

/** The redirect URI of the pages of this server. */
export const CALLBACK_PATH = '/auth/social/:provider/callback/'

/** The address to register at the provider; `undefined` without the option `url`. */
export const callbackAddress = (
  { name }: Pick<ProviderSettings, 'name'>,
  { url }: Pick<Core, 'url'>,
): string | undefined =>
  url === undefined ? undefined : `${url}${CALLBACK_PATH.replace(':provider', name)}`

/** The pages that begin, and that change the own identities, below the option `pages.path`. */
export const SOCIAL_PATHS = {
  signIn: '/sign-in/with/:provider/',
  connect: '/connect/:provider/',
  remove: '/identities/:id/remove/',
} as const
