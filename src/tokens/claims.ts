import { after, floorSeconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import type { Session, SessionId } from '../sessions/session.ts'
import type { Account, User } from '../users/user.ts'
import type { TokenDeps, TokenSettings } from './token-settings.ts'

/** `access`, `refresh` and `sliding` are the wire's words for what a token is good for. */
export type TokenType = 'access' | 'refresh' | 'sliding'

type Draft = Record<string, unknown>

/** The text that stands for a user in claims. */
export function userIdText(
  user: User,
  { userIdField }: Pick<TokenSettings, 'userIdField'>,
): string {
  const text = user[userIdField]
  if (text === undefined)
    throw new AuthError(
      'server_error',
      `user ${user.id} has no ${userIdField} to name in a token`,
    )
  return text
}

/**
 * What every token of one sign-in says of its user: id, revoke claim, session, own claims, audience, issuer. The order is
 * Simple JWT's (spec 3.1); `sid` and `gen` are ours.
 */
export function subjectClaims(
  account: Account,
  session: Pick<Session, 'id'> | undefined,
  deps: TokenDeps,
): Draft {
  const { terms } = deps
  const draft: Draft = { [terms.userIdClaim]: userIdText(account.user, terms) }
  if (terms.checkRevoke === 'claim')
    draft[terms.revokeClaimName] = deps.revokeClaimOf(account)
  if (session !== undefined) draft.sid = session.id
  Object.assign(draft, ownClaims(account.user, terms))
  if (terms.audience !== undefined) draft.aud = terms.audience
  if (terms.issuer !== undefined) draft.iss = terms.issuer
  return draft
}

/**
 * The subject of the tokens that a presented token is exchanged for: copied, or read anew from the user where a claims
 * function says what they are, so that a role taken away does not live on (D38).
 */
export function subjectAgain(
  presented: Claims,
  account: Account | undefined,
  session: Pick<Session, 'id'> | undefined,
  deps: TokenDeps,
): Draft {
  const { terms } = deps
  if (terms.claims !== undefined && !terms.copyClaims && account !== undefined) {
    return subjectClaims(account, session, deps)
  }
  const draft: Draft = {}
  for (const name of Object.keys(presented)) {
    if (!isTokensOwn(name, terms)) draft[name] = presented[name]
  }
  if (session !== undefined) draft.sid = session.id
  if (terms.audience !== undefined) draft.aud = terms.audience
  if (terms.issuer !== undefined) draft.iss = terms.issuer
  return draft
}

export const accessClaims = (
  subject: Draft,
  now: UnixSeconds,
  { terms, random }: TokenDeps,
): Draft => ({
  [terms.typeClaim]: 'access',
  exp: floorSeconds(after(now, terms.access)),
  iat: floorSeconds(now),
  [terms.jtiClaim]: hexId(random),
  ...subject,
})

/** A refresh token without a row behind it. */
export const looseRefreshClaims = (
  subject: Draft,
  now: UnixSeconds,
  { terms, random }: TokenDeps,
): Draft => ({
  [terms.typeClaim]: 'refresh',
  exp: floorSeconds(after(now, terms.refresh)),
  iat: floorSeconds(now),
  [terms.jtiClaim]: hexId(random),
  ...subject,
})

/** The refresh token that a session's row describes: the same row gives the same claims, however often it is asked. */
export function refreshClaims(
  subject: Draft,
  session: Session,
  { terms }: TokenDeps,
): Draft {
  return {
    [terms.typeClaim]: 'refresh',
    exp: floorSeconds(session.idleExpiresAt),
    iat: floorSeconds(session.rotatedAt ?? session.createdAt),
    [terms.jtiClaim]: session.jti,
    ...subject,
    gen: session.generation,
  }
}

export const slidingClaims = (
  subject: Draft,
  life: {
    readonly jti: string
    readonly now: UnixSeconds
    readonly refreshExp: UnixSeconds
  },
  { terms }: TokenDeps,
): Draft => ({
  [terms.typeClaim]: 'sliding',
  exp: floorSeconds(after(life.now, terms.sliding)),
  iat: floorSeconds(life.now),
  [terms.jtiClaim]: life.jti,
  [terms.slidingRefreshClaim]: life.refreshExp,
  ...subject,
})

/** The session and generation that a token of ours names, where it names them. */
export function sessionNamedBy(
  claims: Claims,
): { readonly id: SessionId; readonly generation: number } | undefined {
  const { sid, gen } = claims
  if (typeof sid !== 'string') return undefined
  return {
    id: sid as SessionId,
    generation: Number.isSafeInteger(gen) ? (gen as number) : -1,
  }
}

/** Claims that belong to one token and not to its subject (specification 3.3). */
const isTokensOwn = (name: string, terms: TokenSettings): boolean =>
  name === 'exp' ||
  name === 'iat' ||
  name === 'jti' ||
  name === 'gen' ||
  name === terms.typeClaim ||
  name === terms.jtiClaim

function ownClaims(user: User, terms: TokenSettings): object {
  if (terms.claims === undefined) return {}
  const own = terms.claims(user)
  const reserved = [
    'sid',
    'aud',
    'iss',
    terms.userIdClaim,
    terms.revokeClaimName,
    terms.slidingRefreshClaim,
  ]
  for (const name of Object.keys(own)) {
    if (isTokensOwn(name, terms) || reserved.includes(name)) {
      throw new AuthError(
        'server_error',
        `tokens.claims may not set the claim "${name}"; choose another name`,
      )
    }
  }
  const { encode } = terms
  return encode === undefined
    ? own
    : JSON.parse(JSON.stringify(own, (_, value) => encode(value)))
}
