import { after, floorSeconds, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId } from '../base/random.ts'
import type { Claims } from '../jwt/index.ts'
import type { Session, SessionId } from '../sessions/session.ts'
import type { Account, User } from '../users/user.ts'
import type { TokenDeps, TokenSettings } from './token-settings.ts'

/** Simple JWT's token types, as the type claim names them. */
export type TokenType = 'access' | 'refresh' | 'sliding'

type Draft = Record<string, unknown>

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
 * JWT's order; `sid` and `gen` are ours.
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
  Object.assign(draft, customClaims(account.user, terms))
  if (terms.audience !== undefined) draft.aud = terms.audience
  if (terms.issuer !== undefined) draft.iss = terms.issuer
  return draft
}

/**
 * The shared claims of the tokens that a presented token is exchanged for. They are copied; with the option
 * `tokens.claims` they are computed again, so that a removed role does not stay in new tokens (D38).
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
    if (!isPerToken(name, terms)) draft[name] = presented[name]
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

/** A refresh token that no row describes. */
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

/** The refresh token that a session's row describes: the same row always gives the same claims. */
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

/** The session and generation that a token names. @returns `undefined` if it names none */
export function sessionNamedBy(
  claims: Claims,
): { readonly id: SessionId; readonly generation: number } | undefined {
  const { sid, gen } = claims
  if (typeof sid !== 'string') return undefined
  const generation = Number.isSafeInteger(gen) ? Number(gen) : -1
  return { id: sid as SessionId, generation }
}

/** Claims of one token, which are never copied to another. */
const isPerToken = (name: string, terms: TokenSettings): boolean =>
  name === 'exp' ||
  name === 'iat' ||
  name === 'jti' ||
  name === 'gen' ||
  name === terms.typeClaim ||
  name === terms.jtiClaim

function customClaims(user: User, terms: TokenSettings): object {
  if (terms.claims === undefined) return {}
  const custom = terms.claims(user)
  const reserved = [
    'sid',
    'aud',
    'iss',
    terms.userIdClaim,
    terms.revokeClaimName,
    terms.slidingRefreshClaim,
  ]
  for (const name of Object.keys(custom)) {
    if (isPerToken(name, terms) || reserved.includes(name)) {
      throw new AuthError(
        'server_error',
        `The function "tokens.claims" must not set the claim "${name}": it is reserved. Choose another name.`,
      )
    }
  }
  const { encode } = terms
  return encode === undefined
    ? custom
    : JSON.parse(JSON.stringify(custom, (_, value) => encode(value)))
}
