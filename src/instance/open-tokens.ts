import { type Awaitable, andThen } from '../base/awaitable.ts'
import { type Clock, days, type Seconds, seconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { withoutUndefined } from '../base/optional.ts'
import type { Random } from '../base/random.ts'
import { CLOCK_TOLERANCE } from '../jwt/claims.ts'
import { rejectAccessType } from '../jwt/compact.ts'
import {
  type Claims,
  type SigningKey,
  sign,
  type VerifierOptions,
  verifier,
} from '../jwt/index.ts'
import { headerClaims, tokenLength } from '../jwt/jws.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import { withRefreshTokens } from '../tokens/refresh-verifier.ts'
import {
  hmacRevokeClaim,
  md5RevokeClaim,
  type RevokeClaim,
} from '../tokens/revoke-claim.ts'
import type { TokenDeps, TokenSettings } from '../tokens/token-settings.ts'
import type { Users } from '../users/users.ts'

/** How many verified tokens are cached: about 40 MB of tokens of the usual length. */
const CACHED_TOKENS = 20_000

export interface OpenTokensDeps {
  readonly ring: KeyRing
  readonly clock: Clock
  readonly random: Random
  readonly users: Users
  readonly sessions: SessionManager | undefined
  readonly dpop: TokenDeps['dpop']
  derivedKeys(purpose: string): readonly Uint8Array[]
}

export interface OpenTokensSettings extends TokenSettings {
  readonly leeway: Seconds
  readonly maxBytes: number
  readonly revokeClaim: 'hmac' | 'md5'
}

export function openTokens(
  settings: OpenTokensSettings,
  { ring, derivedKeys, ...deps }: OpenTokensDeps,
): TokenDeps {
  const { issuer, audience, leeway, maxBytes } = settings
  // Another issuer's clock, if the keys are read from its key set.
  const ahead = ring.verifying.state ? seconds(Math.max(leeway, CLOCK_TOLERANCE)) : leeway
  const expected = {
    keys: ring.verifying,
    clock: deps.clock,
    ...withoutUndefined({ issuer, audience }),
    leeway,
    ahead,
    maxBytes,
  }
  const requireOwnTyp = ownTypCheck(settings)
  const refreshKeys = ring.refresh.verifying
  const verifying = (options: VerifierOptions, cache = 0) => {
    const { verify } = verifier({ ...options, cache })
    const verifyOwn = (token: string): Awaitable<Claims> =>
      andThen(verify(token), (claims) => requireOwnTyp(token, claims))
    if (refreshKeys === undefined) return verifyOwn
    return withRefreshTokens(verifyOwn, { ...options, keys: refreshKeys }, settings)
  }
  const revokeClaim = chooseRevokeClaim(settings, derivedKeys)
  return {
    ...deps,
    settings,
    sign: (claims) => signReadable(claims, ring.signing(), maxBytes),
    signRefresh: (claims) => signReadable(claims, ring.refresh.signing(), maxBytes),
    requireReadable: (claims) =>
      requireLength(tokenLength(claims, ring.signing()), maxBytes),
    requireReadableRefresh: (claims) =>
      requireLength(tokenLength(claims, ring.refresh.signing()), maxBytes),
    verify: verifying(expected, CACHED_TOKENS),
    verifyOnce: verifying(expected),
    // Every other time is checked as before.
    verifyExpired: verifying({ ...expected, leeway: LONG_AGO }),
    keysVersion: () => ring.verifying.version,
    ahead,
    revokeClaimOf: revokeClaim.make,
    isRevokeClaimOf: revokeClaim.matches,
  }
}

/** Longer than any session. Keys verify for as long as their tokens live, and those of one key that was given, always. */
const LONG_AGO = days(2 * 366)

/** @throws AuthError `server_error` if the token would be too large to be accepted again */
function signReadable(claims: object, key: SigningKey, maxBytes: number): string {
  const token = sign(claims, key)
  requireLength(token.length, maxBytes)
  return token
}

/** @throws AuthError `server_error` */
function requireLength(length: number, maxBytes: number): void {
  if (length <= maxBytes) return
  throw new AuthError(
    'server_error',
    `A token would have ${length} bytes, and tokens.maxBytes allows ${maxBytes}: let "tokens.claims" return less, or raise tokens.maxBytes in every service that reads the tokens.`,
  )
}

/** Rule J14: the header and the claim name the kind of a token, and must agree. The check throws AuthError `wrong_type`. */
function ownTypCheck({ typeClaim }: Pick<TokenSettings, 'typeClaim'>) {
  /** The last header that agreed, with its dot: all tokens of a key have the same. */
  let known = '.'
  return (token: string, claims: Claims): Claims => {
    const type = claims[typeClaim]
    if (type === undefined || type === 'access' || token.startsWith(known)) return claims
    rejectAccessType(headerClaims(token))
    known = token.slice(0, token.indexOf('.') + 1)
    return claims
  }
}

function chooseRevokeClaim(
  { revokeClaim, checkRevoke }: OpenTokensSettings,
  derivedKeys: OpenTokensDeps['derivedKeys'],
): RevokeClaim {
  // The other one needs a secret: without such claims none is required.
  if (revokeClaim === 'md5' || checkRevoke !== 'claim') return md5RevokeClaim
  return hmacRevokeClaim(derivedKeys('revoke claim'))
}
