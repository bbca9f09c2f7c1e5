import {
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from '../../authentication/scheme.ts'
import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import { requireSecondFactor } from '../../features/second-factors/sign-in.ts'
import { METHODS } from '../../features/social/account-of-profile.ts'
import { coreOfScheme } from '../../features/social/core-of-scheme.ts'
import { providersIn } from '../../features/social/options.ts'
import type { ProviderSettings } from '../../features/social/provider.ts'
import type { AuthRequest } from '../../http/request.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { Account, User } from '../../users/user.ts'
import { AcceptedTokens } from './accepted-tokens.ts'

const CHALLENGE = 'Bearer backend realm="api"'

/** `Authorization: Bearer BACKEND TOKEN`: the token of a provider, which is asked at most once a minute. */
export const providerTokenScheme = (): Scheme<User> =>
  libraryScheme(
    (deps) => {
      const accepted = new AcceptedTokens(deps.clock)
      return {
        name: 'provider token',
        challenge: CHALLENGE,
        identify(request) {
          const words = (request.header('authorization') ?? '').trim().split(/\s+/)
          if (words[0]?.toLowerCase() !== 'bearer') return undefined
          return identifyWords(words.slice(1), request, accepted, deps)
        },
      }
    },
    () => [],
  )

async function identifyWords(
  [backend, token, ...others]: readonly string[],
  request: AuthRequest,
  accepted: AcceptedTokens,
  deps: LibrarySchemeDeps,
): Promise<Identity<User>> {
  if (backend === undefined) throw headerFault('No backend provided.')
  if (token === undefined) throw headerFault('No credentials provided.')
  if (others.length > 0) throw headerFault('Token string should not contain spaces.')
  const core = coreOfScheme(deps)
  const provider = providersIn(core.section).get(backend)
  if (provider === undefined) throw headerFault('Invalid backend.')
  const { user } = await accountOf(provider, token, request, accepted, core)
  if (!mayUse(user, deps.settings)) throw badCredentials('the user may not sign in')
  return { user, scheme: 'provider token' }
}

const headerFault = (text: string): AuthError =>
  new AuthError('authentication_failed', undefined, {
    detail: `Invalid token header. ${text}`,
  })

const badCredentials = (message: string, cause?: unknown): AuthError =>
  new AuthError('authentication_failed', message, { detail: 'Bad credentials.', cause })

async function accountOf(
  provider: ProviderSettings,
  token: string,
  request: AuthRequest,
  accepted: AcceptedTokens,
  core: Core,
): Promise<Account> {
  const id = accepted.find(provider.name, token)
  const known = id === undefined ? undefined : await core.users.find('id', id)
  if (known !== undefined) return withoutFactor(known, request, core)
  try {
    const account = await signedIn(provider, token, request, core)
    accepted.add(provider.name, token, account.user.id)
    return account
  } catch (error) {
    if (!(error instanceof AuthError) || !REFUSED.includes(error.code)) throw error
    throw badCredentials(error.message, error)
  }
}

/** The user may have added a second factor since the provider was asked. */
async function withoutFactor(
  account: Account,
  request: AuthRequest,
  core: Core,
): Promise<Account> {
  const attempt = { methods: METHODS, request, starts: 'nothing' } as const
  if ((await requireSecondFactor(account, attempt, core)) === undefined) return account
  throw badCredentials('the account needs a second factor')
}

/** What the provider, or the account, is the reason of. */
const REFUSED: readonly string[] = [
  'provider_refused',
  'account_exists',
  'no_active_account',
  'mfa_required',
]

/** There is no further step, so a user who needs a second factor is refused. */
async function signedIn(
  provider: ProviderSettings,
  token: string,
  request: AuthRequest,
  core: Core,
): Promise<Account> {
  const { exchangeProviderToken } = await import(
    '../../features/social/exchange-token.ts'
  )
  const presented = { token, type: 'access_token' } as const
  const { account } = await exchangeProviderToken(provider, presented, request, core)
  return core.completeSignIn(account, {
    methods: METHODS,
    request,
    starts: 'nothing',
    start: async () => ({ result: account, detail: { with: 'provider token' } }),
  })
}
