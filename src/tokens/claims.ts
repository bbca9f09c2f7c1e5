import { acrOf } from '../base/acr.ts'
import { after, floorSeconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { listIf } from '../base/optional.ts'
import { hexId } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import type {
  RotatedSession,
  SessionId,
  SessionOrigin,
  StoredSession,
} from '../sessions/session.ts'
import type { Account, User } from '../users/user.ts'
import { customClaims, isPerToken } from './custom-claims.ts'
import { namesUserByField, type TokenDeps, type TokenSettings } from './token-settings.ts'

/** Simple JWT's token types, as the type claim names them. */
export type TokenType = 'access' | 'refresh' | 'sliding'

export type Draft = Record<string, unknown>

/** The value of the user id claim. */
export function userIdText(
  user: User,
  { userIdField }: Pick<TokenSettings, 'userIdField'>,
): string {
  const text = user[userIdField]
  if (text === undefined)
    throw new AuthError(
      'server_error',
      `the user ${user.id} has no ${userIdField} for the user id claim`,
    )
  return text
}

/**
 * The claims that all tokens of a sign-in share: user id, revoke claim, session, custom claims, audience, issuer. In Simple
 * JWT's order; `ww_uid`, `sid` and `gen` are ours.
 *
 * @param origin see `originClaims`
 */
export function subjectClaims(
  account: Account,
  custom: Claims | undefined,
  session: Pick<StoredSession, 'id'> | undefined,
  origin: Claims,
  deps: TokenDeps,
): Draft {
  const { settings } = deps
  const draft: Draft = { [settings.userIdClaim]: userIdText(account.user, settings) }
  if (settings.checkRevoke === 'claim')
    draft[settings.revokeClaimName] = deps.revokeClaimOf(account)
  if (namesUserByField(settings)) draft.ww_uid = account.user.id
  return { ...draft, ...sessionClaims(custom, session, origin, deps) }
}

/** Those of the shared claims that do not name the user. */
export function sessionClaims(
  custom: Claims | undefined,
  session: Pick<StoredSession, 'id'> | undefined,
  origin: Claims,
  { settings }: Pick<TokenDeps, 'settings'>,
): Draft {
  const draft: Draft = {}
  if (session !== undefined) draft.sid = session.id
  Object.assign(draft, origin, custom)
  if (settings.audience !== undefined) draft.aud = settings.audience
  if (settings.issuer !== undefined) draft.iss = settings.issuer
  return draft
}

/** What tokens say of their sign-in: who acts (RFC 8693 §4.1), and with `tokens.signInClaims` when and how it was (OpenID Connect Core §2). */
export function originClaims(
  { amr, authTime, actor }: SessionOrigin,
  { signInClaims }: Pick<TokenSettings, 'signInClaims'>,
): Claims {
  const claims: Draft = {}
  if (signInClaims && authTime !== undefined)
    claims.auth_time = floorSeconds(authTime as UnixSeconds)
  if (signInClaims && amr !== undefined) claims.amr = amr
  const acr = acrOf(amr)
  if (signInClaims && acr !== undefined) claims.acr = acr
  if (actor !== undefined) claims.act = { sub: actor }
  return claims
}

/** The same claims of a presented token: a refresh is no sign-in. */
function originAgain(
  presented: Claims,
  { signInClaims }: Pick<TokenSettings, 'signInClaims'>,
): Claims {
  const names = [...listIf(signInClaims, 'auth_time', 'amr', 'acr'), 'act', 'cnf']
  const kept = names.filter((name) => Object.hasOwn(presented, name))
  return Object.fromEntries(kept.map((name) => [name, presented[name]]))
}

/** The claims of `tokens.claims` for the tokens that another is exchanged for. @returns `undefined` if they are copied */
export async function customClaimsAgain(
  account: Account | undefined,
  settings: TokenSettings,
): Promise<Claims | undefined> {
  if (account === undefined || settings.copyClaims) return undefined
  return customClaims(account.user, settings)
}

/**
 * The shared claims of the tokens that a presented token is exchanged for. They are copied; with the option
 * `tokens.claims` they are computed again, so that a removed role does not stay in new tokens (D38).
 */
export function subjectAgain(
  presented: Claims,
  account: Account | undefined,
  custom: Claims | undefined,
  session: Pick<StoredSession, 'id'> | undefined,
  deps: TokenDeps,
): Draft {
  const { settings } = deps
  if (custom !== undefined && account !== undefined)
    return subjectClaims(account, custom, session, originAgain(presented, settings), deps)
  const draft: Draft = {}
  for (const name of Object.keys(presented)) {
    if (!isPerToken(name, settings)) draft[name] = presented[name]
  }
  if (namesUserByField(settings) && account !== undefined) {
    draft[settings.userIdClaim] = userIdText(account.user, settings)
    draft.ww_uid = account.user.id
  }
  if (session !== undefined) draft.sid = session.id
  if (settings.audience !== undefined) draft.aud = settings.audience
  if (settings.issuer !== undefined) draft.iss = settings.issuer
  return draft
}

export const accessClaims = (
  subject: Draft,
  now: UnixSeconds,
  { settings, random }: TokenDeps,
): Draft => ({
  [settings.typeClaim]: 'access',
  exp: floorSeconds(after(now, settings.access)),
  iat: floorSeconds(now),
  [settings.jtiClaim]: hexId(random),
  ...subject,
})

/** A refresh token that no row describes. */
export const looseRefreshClaims = (
  subject: Draft,
  now: UnixSeconds,
  { settings, random }: TokenDeps,
): Draft => ({
  [settings.typeClaim]: 'refresh',
  exp: floorSeconds(after(now, settings.refresh)),
  iat: floorSeconds(now),
  [settings.jtiClaim]: hexId(random),
  ...subject,
})

/** The refresh token that a session's row describes: the same row always gives the same claims. */
export function refreshClaims(
  subject: Draft,
  session: RotatedSession,
  { settings }: TokenDeps,
): Draft {
  return {
    [settings.typeClaim]: 'refresh',
    exp: floorSeconds(session.idleExpiresAt),
    iat: floorSeconds(session.rotatedAt ?? session.createdAt),
    [settings.jtiClaim]: session.jti,
    ...subject,
    gen: session.generation,
  }
}

/** The session and generation that a token names. @returns `undefined` if it names none */
export function sessionNamedBy(
  claims: Claims,
): { readonly id: SessionId; readonly generation: number } | undefined {
  const { sid, gen } = claims
  if (typeof sid !== 'string') return undefined
  const generation = Number.isSafeInteger(gen) ? Number(gen) : -1
  return { id: sid as SessionId, generation }
}
