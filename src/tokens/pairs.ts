import { after, type UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import type { Session } from '../sessions/session.ts'
import type { Account } from '../users/user.ts'
import {
  accessClaims,
  looseRefreshClaims,
  refreshClaims,
  subjectAgain,
  subjectClaims,
} from './claims.ts'
import {
  accountBehind,
  adopt,
  errorForOutcome,
  openSession,
  type PresentedToken,
  refuseEnded,
  refuseWrongType,
  sessionOf,
} from './session-of-token.ts'
import type { TokenDeps, TokenSettings } from './token-settings.ts'
import { requireJti } from './user-of-token.ts'

export interface Pair {
  readonly refresh: string
  readonly access: string
}

/** What a refresh gives: the successor only where rotation is on. */
export interface Refreshed {
  readonly access: string
  readonly refresh?: string
}

/** Signs an account in: a new session, a refresh token for it, and an access token of the same base time. */
export async function obtainPair(account: Account, deps: TokenDeps): Promise<Pair> {
  const now = deps.clock()
  const session = await openSession(
    account.user,
    after(now, deps.terms.session),
    now,
    deps,
  )
  const subject = subjectClaims(account, session, deps)
  const refresh =
    session === undefined
      ? looseRefreshClaims(subject, now, deps)
      : refreshClaims(subject, session, deps)
  return {
    refresh: deps.sign(refresh),
    access: deps.sign(accessClaims(subject, now, deps)),
  }
}

/**
 * Exchanges a refresh token, in the order of specification 1.3. With rotation its session moves on by one generation in
 * one conditional write: of any number of callers with the same token one moves it, and those that come within the overlap
 * are given the same successor.
 *
 * @throws AuthError of specification 1.2; `account_gone`; `password_changed`; `revoked` where the token was spent before,
 *   and then its session has ended
 */
export async function refreshPair(token: string, deps: TokenDeps): Promise<Refreshed> {
  const { terms } = deps
  const claims = await deps.verifyOnce(token)
  const now = deps.clock()
  const jti = requireJti(claims, terms)
  await refuseWrongType(claims, 'refresh', now, deps)
  const presented = sessionOf(claims, jti, deps)

  // The swap itself asks whether the session goes on and its user is active: nothing has to be read before it.
  const oneWrite = presented !== undefined && !presented.foreign && swapDecides(terms)
  const known =
    presented === undefined || oneWrite
      ? undefined
      : await refuseEnded(presented, now, deps)
  // Rotation may have been switched off since: what was spent stays spent (T3).
  if (!terms.rotate && known !== undefined && isSpent(presented!, known))
    throw new AuthError('revoked')
  const account = oneWrite ? undefined : await accountBehind(claims, presented, now, deps)

  if (presented !== undefined && terms.rotate && terms.blacklistAfterRotation) {
    if (presented.foreign) await adopt(presented, claims, account, now, deps)
    return rotate(presented, claims, account, now, deps)
  }
  const subject = subjectAgain(claims, account, presented, deps)
  const access = deps.sign(accessClaims(subject, now, deps))
  return terms.rotate
    ? { access, refresh: deps.sign(looseRefreshClaims(subject, now, deps)) }
    : { access }
}

const isSpent = (presented: PresentedToken, session: Session): boolean =>
  presented.generation >= 0 && presented.generation < session.generation

/** Moves a session on and mints from its row, or says why not. */
async function rotate(
  presented: PresentedToken,
  claims: Claims,
  account: Account | undefined,
  now: UnixSeconds,
  deps: TokenDeps,
): Promise<Refreshed> {
  const outcome = await deps.sessions!.rotate(presented, now)
  switch (outcome.kind) {
    case 'rotated':
    case 'replayed': {
      const subject = subjectAgain(claims, account, outcome.session, deps)
      return {
        access: deps.sign(accessClaims(subject, now, deps)),
        refresh: deps.sign(refreshClaims(subject, outcome.session, deps)),
      }
    }
    default:
      throw errorForOutcome(outcome, deps)
  }
}

/** Whether the terms leave every question about user and session to the swap's own conditions. */
const swapDecides = (terms: TokenSettings): boolean =>
  terms.rotate &&
  terms.blacklistAfterRotation &&
  terms.rule === undefined &&
  terms.checkRevoke !== 'claim' &&
  (terms.claims === undefined || terms.copyClaims)
