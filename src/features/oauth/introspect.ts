import { AuthError } from '../../base/errors.ts'
import { type Answer, json } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Claims } from '../../jwt/index.ts'
import { isPairwise } from '../../tokens/pairwise.ts'
import type { Core } from '../core.ts'
import { authenticateClient } from './client-authentication.ts'
import { readParameters } from './parameters.ts'
import { findIssued, type IssuedToken, liveUserOf } from './presented-token.ts'

/** `POST /oauth/introspect` (RFC 7662). An application learns nothing of a token that is not for it. */
export async function answerIntrospection(
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  const parameters = await readParameters(request)
  const client = await authenticateClient(request, parameters, core)
  if (client.proof === 'none')
    throw new AuthError(
      'invalid_client',
      'an application without a secret cannot introspect tokens',
    )
  const token = parameters.require('token')
  return json((await descriptionFor(token, client.audiences, core)) ?? { active: false })
}

/** @returns `undefined` if the token is not in use, or for none of the services */
export async function descriptionFor(
  presented: string,
  audiences: readonly string[],
  core: Core,
): Promise<TokenDescription | undefined> {
  const token = await findIssued(presented, core)
  if (token?.kind !== 'access') return undefined
  const named: readonly unknown[] = [token.claims.aud].flat()
  if (!audiences.some((each) => named.includes(each))) return undefined
  return describeToken(token, core)
}

/** RFC 7662 §2.2. */
type TokenDescription = { readonly active: true; readonly username?: string } & Claims

/** A username is the same for all services: that of a pairwise token needs the scope that has it. */
const mayName = ({ claims }: IssuedToken): boolean =>
  !isPairwise(claims) || String(claims.scope).split(' ').includes('profile')

async function describeToken(
  token: IssuedToken,
  core: Core,
): Promise<TokenDescription | undefined> {
  const user = await liveUserOf(token, core)
  if (user === 'none') return undefined
  const { scope, client_id, exp, iat, sub, aud, iss, jti, cnf } = token.claims
  return {
    active: true,
    scope,
    client_id,
    ...(user && mayName(token) && { username: user.username }),
    token_type: cnf === undefined ? 'Bearer' : 'DPoP',
    exp,
    iat,
    sub,
    aud,
    iss,
    jti,
    cnf,
  }
}
