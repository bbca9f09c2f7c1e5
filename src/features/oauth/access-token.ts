import {
  after,
  floorSeconds,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../../base/clock.ts'
import { hexId } from '../../base/random.ts'
import { headerOf } from '../../jwt/header-of.ts'
import { type Claims, sign } from '../../jwt/index.ts'
import { bindingClaims } from '../../proofs/binding.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { issuerOf, oauthSettings } from './issuer.ts'

export interface AccessGrant {
  readonly client: StoredClient
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  /** The user, by the claims that tokens name one with; without, the token is the application's own. */
  readonly subject?: Claims
  readonly sessionId: SessionId
  /** The thumbprint of the key that it is bound to; `undefined`: to none. */
  readonly jkt: string | undefined
  /** The latest moment of its end. Default: that of the option `oauth.access`. */
  readonly until?: UnixSeconds | undefined
}

/** The answer to a successful request (RFC 6749 §5.1). */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly scope: string
}

/** Issues an access token (RFC 9068 §2). It is stored nowhere. */
export function issueAccessToken(grant: AccessGrant, core: Core): TokenAnswer {
  const now = core.clock()
  const lifetime = lifetimeOf(grant, now, core)
  return {
    access_token: signTyped('at+jwt', accessClaims(grant, now, lifetime, core), core),
    token_type: grant.jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: lifetime,
    scope: grant.scopes.join(' '),
  }
}

function lifetimeOf({ until }: AccessGrant, now: UnixSeconds, core: Core): Seconds {
  const { access } = oauthSettings(core)
  if (until === undefined) return access
  return seconds(Math.min(access, Math.floor(until - now)))
}

function accessClaims(
  { client, scopes, audiences, subject, sessionId, jkt }: AccessGrant,
  now: UnixSeconds,
  lifetime: Seconds,
  core: Core,
): Claims {
  const { settings } = core.tokens
  const [audience, ...others] = audiences
  return {
    sub: client.id,
    ...subject,
    [settings.typeClaim]: 'access',
    iss: issuerOf(core),
    aud: others.length === 0 ? audience : audiences,
    client_id: client.id,
    scope: scopes.join(' '),
    iat: floorSeconds(now),
    exp: floorSeconds(after(now, lifetime)),
    jti: hexId(core.random),
    ...(settings.jtiClaim !== 'jti' && { [settings.jtiClaim]: hexId(core.random) }),
    sid: sessionId,
    ...bindingClaims(jkt),
  }
}

/** Signs with the current key. @param typ the type in the header (RFC 8725 §3.11) */
export function signTyped(typ: string, claims: Claims, { keys, tokens }: Core): string {
  tokens.requireReadable(claims)
  const key = keys.signing()
  return sign(claims, { ...key, header: headerOf(key.alg, key.kid, typ) })
}
