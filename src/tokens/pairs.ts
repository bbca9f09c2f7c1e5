import { after, type UnixSeconds } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import type { Claims } from '../jwt/index.ts'
import type { Session } from '../sessions/session.ts'
import type { Account } from '../users/user.ts'
import { accessClaims, looseRefreshClaims, refreshClaims, subjectAgain, subjectClaims } from './claims.ts'
import { jtiOf } from './user-of-token.ts'
import {
  accountBehind,
  adopt,
  openSession,
  type Presented,
  refusalOf,
  refuseEnded,
  refuseWrongType,
  sessionOf,
} from './session-of-token.ts'
import type { TokenTerms, TokenWorld } from './token-settings.ts'

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
export async function obtainPair(account: Account, world: TokenWorld): Promise<Pair> {
  const now = world.clock()
  const session = await openSession(account.user, after(now, world.terms.session), now, world)
  const subject = subjectClaims(account, session, world)
  const refresh =
    session === undefined ? looseRefreshClaims(subject, now, world) : refreshClaims(subject, session, world)
  return { refresh: world.sign(refresh), access: world.sign(accessClaims(subject, now, world)) }
}

/**
 * Exchanges a refresh token, in the order of specification 1.3. With rotation its session moves on by one generation in
 * one conditional write: of any number of callers with the same token one moves it, and those that come within the overlap
 * are given the same successor.
 *
 * @throws Refusal of specification 1.2; `account_gone`; `password_changed`; `revoked` where the token was spent before,
 *   and then its session has ended
 */
export async function refreshPair(token: string, world: TokenWorld): Promise<Refreshed> {
  const { terms } = world
  const claims = await world.verifyOnce(token)
  const now = world.clock()
  const jti = jtiOf(claims, terms)
  await refuseWrongType(claims, 'refresh', now, world)
  const presented = sessionOf(claims, jti, world)

  // The swap itself asks whether the session goes on and its user is active: nothing has to be read before it.
  const oneWrite = presented !== undefined && !presented.foreign && swapDecides(terms)
  const known = presented === undefined || oneWrite ? undefined : await refuseEnded(presented, now, world)
  // Rotation may have been switched off since: what was spent stays spent (T3).
  if (!terms.rotate && known !== undefined && isSpent(presented!, known)) throw new Refusal('revoked')
  const account = oneWrite ? undefined : await accountBehind(claims, presented, now, world)

  if (presented !== undefined && terms.rotate && terms.blacklistAfterRotation) {
    if (presented.foreign) await adopt(presented, claims, account, now, world)
    return rotate(presented, claims, account, now, world)
  }
  const subject = subjectAgain(claims, account, presented, world)
  const access = world.sign(accessClaims(subject, now, world))
  return terms.rotate ? { access, refresh: world.sign(looseRefreshClaims(subject, now, world)) } : { access }
}

const isSpent = (presented: Presented, session: Session): boolean =>
  presented.generation >= 0 && presented.generation < session.generation

/** Moves a session on and mints from its row, or says why not. */
async function rotate(
  presented: Presented,
  claims: Claims,
  account: Account | undefined,
  now: UnixSeconds,
  world: TokenWorld,
): Promise<Refreshed> {
  const outcome = await world.sessions!.rotate(presented, now)
  switch (outcome.kind) {
    case 'rotated':
    case 'replayed': {
      const subject = subjectAgain(claims, account, outcome.session, world)
      return {
        access: world.sign(accessClaims(subject, now, world)),
        refresh: world.sign(refreshClaims(subject, outcome.session, world)),
      }
    }
    default:
      throw refusalOf(outcome, world)
  }
}

/** Whether the terms leave every question about user and session to the swap's own conditions. */
const swapDecides = (terms: TokenTerms): boolean =>
  terms.rotate &&
  terms.blacklistAfterRotation &&
  terms.rule === undefined &&
  terms.checkRevoke !== 'claim' &&
  (terms.claims === undefined || terms.copyClaims)
