import { AuthError } from '../../../base/errors.ts'
import type { Claims } from '../../../jwt/index.ts'
import { isPairwise } from '../../../tokens/pairwise.ts'
import type { Account } from '../../../users/user.ts'
import type { Core } from '../../core.ts'
import { issueAccessToken, type TokenAnswer } from '../access-token.ts'
import { isOwnApplication, type StoredClient } from '../client.ts'
import { liveOwnSession } from '../clients.ts'
import type { TokenRequest } from '../grant.ts'
import { narrowed, requestedScopes } from '../grant-request.ts'
import { requireNoNamesake } from '../namesake.ts'
import { earlier, pairwiseSubject, publicSubject } from '../user-tokens.ts'
import { type Actor, actorOf } from './actor.ts'
import type { OwnExchange } from './exchange-request.ts'
import { type ExchangedToken, refused, verifyExchanged } from './exchanged-token.ts'

/**
 * Exchanges an access token of the instance. The new one belongs to the session of the subject and to that of the application
 * (`client_sid`), so that it ends with either; it lasts no longer than the subject token, and has no scope that this one lacks.
 */
export async function exchangeOwn(
  { subjectToken, actorToken }: OwnExchange,
  audiences: readonly string[],
  request: TokenRequest,
  core: Core,
): Promise<TokenAnswer> {
  const { client, jkt } = request
  const subject = await verifyExchanged(subjectToken, 'subject_token', request, core)
  const { account, session, claims } = subject
  if (account === undefined)
    throw refused('subject_token', "it is an application's own: it has no user")
  await requireNoNamesake(account.user, core)
  const scopes = scopesFor(subject, request, core)
  const actor = await actorOf(actorToken, subject, request, core)
  const { may_act } = claims
  const answer = issueAccessToken(
    {
      client,
      scopes,
      audiences,
      subject: {
        ...sameSubject(subject, account, core),
        ...(actor.act !== undefined && { act: actor.act }),
        ...(may_act !== undefined && { may_act }),
        client_sid: await liveOwnSession(client, core),
      },
      sessionId: session.id,
      jkt,
      until: earlier(subject.expiresAt, actor.expiresAt),
    },
    core,
  )
  // A service may exchange a token for each of its requests: the answer does not wait.
  void core.audit.record({
    kind: 'token_exchanged',
    userId: account.user.id,
    sessionId: session.id,
    detail: { client: client.id, scopes, audiences, ...actedBy(actor) },
  })
  return answer
}

/** Those who acted before are in the events of their exchanges. */
function actedBy({ id }: Actor): { readonly actor?: unknown } {
  if (id === undefined) return {}
  return { actor: id }
}

/** The user as the subject token names it: the application learns no other name, which it could compare with those of others. */
function sameSubject(
  { claims, session }: ExchangedToken,
  account: Account,
  core: Core,
): Claims {
  if (!isPairwise(claims)) return publicSubject(account, session, session, core)
  // The actor, if there is one, is named in the claims.
  const origin = { ...session, actor: undefined }
  return pairwiseSubject(String(claims.sub), session, origin, core)
}

/** @throws AuthError `invalid_scope`, also if none is left; `unauthorized_client` */
function scopesFor(
  subject: ExchangedToken,
  { parameters, client }: Pick<TokenRequest, 'parameters' | 'client'>,
  core: Core,
): readonly string[] {
  const allowed = scopesOf(subject, client, core)
  const asked = parameters.get('scope')
  const scopes = asked === undefined ? allowed : narrowed(asked, allowed)
  if (scopes.length > 0) return scopes
  throw new AuthError('invalid_scope')
}

/** Those of the subject token that the application may have. There is no refresh token. */
function scopesOf(
  { claims }: ExchangedToken,
  client: StoredClient,
  core: Core,
): readonly string[] {
  const own = requestedScopes(undefined, client, core).filter(
    (each) => each !== 'offline_access',
  )
  if (claims.client_id !== undefined) return own.filter(isIn(claims))
  // A token of a user's own sign-in has no scopes, so no user has agreed to any.
  if (isOwnApplication(client)) return own
  throw new AuthError('unauthorized_client')
}

const isIn = ({ scope }: Claims) => {
  const granted = String(scope).split(' ')
  return (each: string): boolean => granted.includes(each)
}
