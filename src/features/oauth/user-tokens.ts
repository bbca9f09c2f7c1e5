import type { UnixSeconds } from '../../base/clock.ts'
import type { Claims } from '../../jwt/index.ts'
import { bindingClaims } from '../../proofs/binding.ts'
import type { RotatedSession, SessionOrigin } from '../../sessions/session.ts'
import {
  originClaims,
  refreshClaims,
  sessionClaims,
  subjectClaims,
} from '../../tokens/claims.ts'
import type { Account, User } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { issueAccessToken, type TokenAnswer } from './access-token.ts'
import type { StoredClient } from './client.ts'
import { idToken, type SignInFacts, signInMember } from './id-token.ts'
import type { Subjects } from './pairwise/subjects.ts'

/** The answer with the tokens of a user. */
export interface UserTokenAnswer extends TokenAnswer {
  readonly refresh_token?: string
  readonly id_token?: string
}

/** A consent: what a user allows an application. */
export interface UserGrant {
  readonly client: StoredClient
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  /** The shared claims of its tokens: see `subjectOf`. */
  readonly subject: Claims
  readonly session: RotatedSession
  /** How the user has signed in. */
  readonly signIn: SignInFacts
  readonly user: User
  /** The claims about the user that ID tokens have. */
  readonly asked: readonly string[]
  /** For the ID token, of the authorization request. */
  readonly nonce?: string | undefined
  readonly jkt: string | undefined
}

type NamedSession = Pick<RotatedSession, 'id'>

/** The claims that all tokens of a consent share. They identify the user as those of a sign-in do, or by the name for the application. */
export function subjectOf(
  account: Account,
  session: NamedSession,
  origin: SessionOrigin,
  subjects: Subjects,
  core: Core,
): Claims {
  if (!subjects.isPairwise) return publicSubject(account, session, origin, core)
  return pairwiseSubject(subjects.of(account.user.id), session, origin, core)
}

export const publicSubject = (
  account: Account,
  session: NamedSession,
  origin: SessionOrigin,
  { tokens }: Core,
): Claims => ({
  ...subjectClaims(
    account,
    undefined,
    session,
    originClaims(origin, tokens.settings),
    tokens,
  ),
  sub: account.user.id,
})

/** Nothing in them is the same for applications of other sectors. @param sub the name of the user */
export const pairwiseSubject = (
  sub: string,
  session: NamedSession,
  origin: SessionOrigin,
  { tokens }: Core,
): Claims => ({
  ...sessionClaims(undefined, session, originClaims(origin, tokens.settings), tokens),
  sub,
  subject_type: 'pairwise',
})

/** Refresh tokens of other applications are bound to what these authenticate with (RFC 9449 §5). */
export const isRefreshBound = ({ proof }: StoredClient): boolean => proof === 'none'

/**
 * The tokens of a consent. The scopes of the access token may be fewer than those that were granted, which the refresh token keeps; the
 * ID token is one of the granted scopes.
 */
export function userTokens(
  grant: UserGrant,
  granted: Pick<UserGrant, 'scopes' | 'audiences'>,
  core: Core,
): UserTokenAnswer {
  const { session, subject } = grant
  const answer = issueAccessToken({ ...grant, sessionId: session.id }, core)
  return {
    ...answer,
    ...refreshTokenOf(grant, granted, core),
    ...(granted.scopes.includes('openid') && {
      id_token: idToken(
        {
          ...grant,
          subject: subject.sub as string,
          accessToken: answer.access_token,
          sessionId: session.id,
        },
        core,
      ),
    }),
  }
}

/** Claims of the refresh token alone: what later tokens are made of. */
const REFRESH_ONLY = ['resource', 'sign_in'] as const

/** The shared claims in a refresh token that was presented. */
export const subjectIn = (claims: Claims): Claims =>
  Object.fromEntries(
    Object.entries(claims).filter(
      ([name]) => !(REFRESH_ONLY as readonly string[]).includes(name),
    ),
  )

function refreshTokenOf(
  { client, session, subject, signIn, asked, jkt }: UserGrant,
  granted: Pick<UserGrant, 'scopes' | 'audiences'>,
  core: Core,
): Pick<UserTokenAnswer, 'refresh_token'> {
  if (!client.grants.includes('refresh_token')) return {}
  const claims = {
    ...subject,
    client_id: client.id,
    scope: granted.scopes.join(' '),
    resource: granted.audiences,
    sign_in: { ...signInMember(signIn), ...(asked.length > 0 && { claims: asked }) },
    ...(isRefreshBound(client) && bindingClaims(jkt)),
  }
  const refresh = refreshClaims(claims, session, core.tokens)
  core.tokens.requireReadableRefresh(refresh)
  return { refresh_token: core.tokens.signRefresh(refresh) }
}

/** A new session, in the form that the token functions take. */
export const asRotated = (
  session: Omit<
    RotatedSession,
    | 'generation'
    | 'previousJti'
    | 'lostAnswers'
    | 'spentAt'
    | 'rotatedAt'
    | 'revokedAt'
    | 'revokeReason'
  >,
): RotatedSession => ({
  ...session,
  generation: 0,
  previousJti: undefined,
  lostAnswers: 0,
  spentAt: undefined,
  rotatedAt: undefined,
  revokedAt: undefined,
  revokeReason: undefined,
})

export const earlier = (a: UnixSeconds, b: UnixSeconds): UnixSeconds => (a < b ? a : b)
