import { hash } from 'node:crypto'
import { acrOf } from '../../base/acr.ts'
import { after, floorSeconds, type UnixSeconds } from '../../base/clock.ts'
import type { Claims } from '../../jwt/index.ts'
import type { SessionOrigin } from '../../sessions/session.ts'
import type { User } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { signTyped } from './access-token.ts'
import type { StoredClient } from './client.ts'
import { issuerOf } from './issuer.ts'
import { userClaims } from './user-claims.ts'

/** What the ID tokens of a consent share. The refresh token has it, so that a refresh reads no more of the store. */
export type SignInFacts = Pick<SessionOrigin, 'amr' | 'authTime' | 'actor'>

export interface IdTokenInput {
  readonly client: StoredClient
  readonly subject: string
  /** `undefined` also at a refresh (OpenID Connect Core 1.0 §12.2). */
  readonly nonce?: string | undefined
  readonly accessToken: string
  readonly signIn: SignInFacts
  readonly user: User
  /** Claims about the user. */
  readonly asked: readonly string[]
  readonly sessionId: string
}

/** An ID token (OpenID Connect Core 1.0 §2). */
export function idToken(input: IdTokenInput, core: Core): string {
  const { client, nonce, accessToken } = input
  const { access } = core.tokens.settings
  const now = core.clock()
  const { alg } = core.keys.signing()
  const claims = {
    ...userClaims(input.user, input.asked),
    iss: issuerOf(core),
    sub: input.subject,
    aud: client.id,
    azp: client.id,
    iat: floorSeconds(now),
    exp: floorSeconds(after(now, access)),
    ...signInClaims(input.signIn),
    ...(nonce !== undefined && { nonce }),
    at_hash: halfHash(accessToken, alg),
    sid: input.sessionId,
  }
  return signTyped('JWT', claims, core)
}

function signInClaims({ amr, authTime, actor }: SignInFacts): Claims {
  const acr = acrOf(amr)
  return {
    ...(authTime !== undefined && { auth_time: floorSeconds(authTime as UnixSeconds) }),
    ...(amr !== undefined && { amr }),
    ...(acr !== undefined && { acr }),
    ...(actor !== undefined && { act: { sub: actor } }),
  }
}

/** The left half of the hash of the algorithm (OpenID Connect Core 1.0 §3.1.3.6); that of Ed25519 is SHA-512. */
function halfHash(token: string, alg: string): string {
  const [bits = '512'] = /\d{3}$/.exec(alg) ?? []
  const digest = hash(`sha${bits}`, token, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** The member of a refresh token with the facts. */
export const signInMember = ({ amr, authTime, actor }: SignInFacts): Claims => ({
  ...(authTime !== undefined && { auth_time: authTime }),
  ...(amr !== undefined && { amr }),
  ...(actor !== undefined && { actor }),
})

/** The names of the claims about the user in ID tokens. @param member see `userTokens` */
export const askedIn = (member: unknown): readonly string[] =>
  ((member as Claims).claims ?? []) as readonly string[]

/** @param member as `signInMember` made it */
export function signInFactsIn(member: unknown): SignInFacts {
  const { auth_time: authTime, amr, actor } = member as Claims
  return {
    authTime: authTime as number | undefined,
    amr: amr as readonly string[] | undefined,
    actor: actor as string | undefined,
  }
}
