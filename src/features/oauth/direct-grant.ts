import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { loginOf } from './backchannel/new-login.ts'
import type { StoredClient } from './client.ts'
import { firstTokens, newConsent } from './consent-session.ts'
import { requireNoNamesake } from './namesake.ts'
import { clientStore } from './sql.ts'
import type { UserTokenAnswer } from './user-tokens.ts'

/** Tokens for an application that presents the credentials of a user itself, without the consent page. */
export interface DirectGrant {
  readonly client: StoredClient
  readonly account: Account
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  /** How the user has proved who they are: values of `amr`. */
  readonly methods: readonly string[]
  readonly request: AuthRequest
  readonly jkt?: string | undefined
  /** The provider that the user has signed in with, for the audit log. */
  readonly provider?: string
}

/**
 * Signs a user in for an application. There is no further step, so a user who needs a second factor is refused.
 *
 * @throws AuthError `no_active_account`
 */
export function signInForClient(
  { account, methods, request, jkt, provider, ...granted }: DirectGrant,
  core: Core,
): Promise<UserTokenAnswer> {
  const signIn = core.completeSignIn(account, {
    methods,
    request,
    starts: 'nothing',
    async start({ origin }) {
      await requireNoNamesake(account.user, core)
      const consent = { ...granted, account, origin, jkt, nonce: undefined }
      const session = newConsent(hexId(core.random) as SessionId, consent, core)
      const result = await firstTokens(session, consent, core)
      const login = await loginOf(session, granted.client, core)
      // First: without its session it only expires.
      if (login !== undefined) await core.ports(clientStore).logins.insert(login)
      await core.sessions?.open(session)
      const { client, scopes, audiences } = granted
      const detail = {
        client: client.id,
        scopes,
        audiences,
        ...(provider && { provider }),
      }
      return { result, sessionId: session.id, detail }
    },
  })
  return signIn.catch(refuseFurtherStep)
}

function refuseFurtherStep(error: unknown): never {
  if (error instanceof AuthError && error.code === 'mfa_required')
    throw new AuthError('no_active_account', 'the account needs a second factor')
  throw error
}
