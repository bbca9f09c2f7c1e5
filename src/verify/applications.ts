import { scopeChallengeOf } from '../authentication/scope-challenge.ts'
import { AuthError } from '../base/errors.ts'
import type { Claims } from '../jwt/json.ts'
import { isBound } from '../proofs/binding.ts'
import { asDpopChallenge } from '../proofs/proof-algorithms.ts'
import { isOfClient } from '../tokens/user-of-token.ts'

/** What is required of the token of an application. */
export interface ScopeOptions {
  /** A scope that the token must have, or several. Without one, tokens of applications are refused. */
  readonly scope?: string | readonly string[]
  /** Whether an application may come for itself, without a user (client credentials). Default false. */
  readonly clients?: boolean
}

/**
 * A token that a user has given to an application opens only what is meant for applications: what names a scope.
 *
 * @throws AuthError `insufficient_scope`, with its challenge; `permission_denied`
 */
export function requireScopes(
  claims: Claims,
  { scope = [], clients = false }: ScopeOptions,
): void {
  const required = [scope].flat()
  const isApplication = claims.client_id !== undefined
  const isMeant = !isApplication || required.length > 0
  const granted = scopesOf(claims)
  if (!isMeant || !required.every((each) => granted.includes(each)))
    throw lacksScope(required, claims)
  if (isOfClient(claims) && !clients)
    throw new AuthError('permission_denied', 'the application has no user', {
      detail: 'An application without a user cannot do this.',
    })
}

function lacksScope(required: readonly string[], claims: Claims): AuthError {
  if (claims.client_id === undefined)
    return new AuthError('permission_denied', 'the token lacks a scope')
  return new AuthError('insufficient_scope', undefined, {
    challenges: [challengeOf(scopeChallengeOf(BEARER, required), claims)],
  })
}

export const BEARER = 'Bearer realm="api"'

/** A challenge in the scheme of the token (RFC 9449 §7.1). */
export function challengeOf(challenge: string, claims: Claims): string {
  if (isBound(claims)) return asDpopChallenge(challenge)
  return challenge
}

function scopesOf({ scope }: Claims): readonly string[] {
  if (typeof scope !== 'string') return []
  return scope.split(' ')
}
