import type { UnixSeconds } from '../../../base/clock.ts'
import { AuthError } from '../../../base/errors.ts'
import type { Claims } from '../../../jwt/index.ts'
import { jktIn } from '../../../proofs/binding.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import { isAllowed } from '../../../tokens/token-settings.ts'
import type { Account } from '../../../users/user.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'
import type { TokenRequest } from '../grant.ts'
import { applicationsOf } from '../issuer.ts'
import { findAnyIssued, type IssuedToken, liveAccountOf } from '../presented-token.ts'

/** An access token that an application presents to be exchanged. */
export interface ExchangedToken {
  readonly claims: Claims
  readonly session: StoredSession
  /** `undefined` if it is an application's own. */
  readonly account: Account | undefined
  readonly expiresAt: UnixSeconds
}

/**
 * An access token of the instance that is in use, and that the application may present.
 *
 * @param parameter its name, for the error
 * @throws AuthError `invalid_request`; `invalid_dpop_proof` if it is bound to a key and the request has no proof
 */
export async function verifyExchanged(
  token: string,
  parameter: 'subject_token' | 'actor_token',
  { client, jkt }: Pick<TokenRequest, 'client' | 'jkt'>,
  core: Core,
): Promise<ExchangedToken> {
  const issued = await findAnyIssued(token, core)
  if (issued?.kind !== 'access')
    throw refused(parameter, 'it is not an access token of this instance')
  const { claims, session } = issued
  if (!mayPresent(issued, client, core))
    throw refused(parameter, 'it is neither of the application nor for it')
  requireProof(jktIn(claims), jkt, parameter)
  const account = await liveAccountOf(issued, core)
  if (account === 'none' || isRefused(account, core))
    throw refused(parameter, 'its session has ended, or its user may not sign in')
  const expiresAt = Number(claims.exp) as UnixSeconds
  // The leeway of a verification makes no new token.
  if (expiresAt < core.clock() + 1) throw refused(parameter, 'it has expired')
  return { claims, session, account, expiresAt }
}

/** One answer for every cause (RFC 8693 §2.2.2); the message is for the log. */
export const refused = (parameter: string, message: string): AuthError =>
  new AuthError('invalid_request', `${parameter}: ${message}`, {
    detail: `The ${parameter} is not valid, or not for this application.`,
  })

const isRefused = (account: Account | undefined, { tokens }: Core): boolean =>
  account !== undefined && !isAllowed(account.user, tokens.settings)

/** Whether it was issued to the application, or for a service that the application is. */
function mayPresent({ claims }: IssuedToken, client: StoredClient, core: Core): boolean {
  if (claims.client_id === client.id) return true
  return servicesOf(claims, core).some((each) =>
    (client.audiences as readonly unknown[]).includes(each),
  )
}

/** A token of a user's own sign-in is for the instance. */
function servicesOf({ client_id: id, aud }: Claims, core: Core): readonly unknown[] {
  if (id !== undefined) return [aud].flat()
  const { issuer, audiences } = applicationsOf(core)
  return [issuer, ...audiences]
}

function requireProof(
  bound: string | undefined,
  jkt: string | undefined,
  parameter: string,
): void {
  if (bound === undefined || bound === jkt) return
  if (jkt === undefined) throw new AuthError('invalid_dpop_proof')
  throw refused(parameter, 'the DPoP proof is of another key')
}
