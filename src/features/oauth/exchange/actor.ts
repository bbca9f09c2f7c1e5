import type { UnixSeconds } from '../../../base/clock.ts'
import type { Claims } from '../../../jwt/index.ts'
import { isPairwise } from '../../../tokens/pairwise.ts'
import type { Core } from '../../core.ts'
import type { TokenRequest } from '../grant.ts'
import { issuerOf } from '../issuer.ts'
import { type ExchangedToken, refused, verifyExchanged } from './exchanged-token.ts'

/** Who acts as the user of the new token (RFC 8693 §4.1). */
export interface Actor {
  /** `undefined`: no actor is named. */
  readonly act: Claims | undefined
  /** For the audit log: of the user or the application, whatever its token names it by. */
  readonly id: unknown
  /** Until when; that of the subject without an actor token. */
  readonly expiresAt: UnixSeconds
}

/** The most actors in a token: more would be services that call each other in a circle. */
const MOST_ACTORS = 5

/**
 * The actor, and those before it.
 *
 * @throws AuthError `invalid_request` if the actor token is not valid, or the claim `may_act` of the subject token names another party
 */
export async function actorOf(
  token: string | undefined,
  { claims, expiresAt }: ExchangedToken,
  request: TokenRequest,
  core: Core,
): Promise<Actor> {
  const before = claims.act as Claims | undefined
  if (token === undefined) {
    requireMayAct(claims, request.client.id, core)
    return { act: before, id: before?.sub, expiresAt }
  }
  const actor = await verifyExchanged(token, 'actor_token', request, core)
  const sub = nameIn(actor)
  requireMayAct(claims, sub, core)
  const id = actor.account?.user.id ?? sub
  return { act: chained(sub, before), id, expiresAt: actor.expiresAt }
}

/** As its token names it. That of a user's own sign-in may do so by another field than the id. */
const nameIn = ({ claims, account }: ExchangedToken): string => {
  if (isPairwise(claims) || account === undefined) return String(claims.sub)
  return account.user.id
}

function chained(sub: string, before: Claims | undefined): Claims {
  if (before === undefined) return { sub }
  if (before.sub === sub) return before
  if (lengthOf(before) >= MOST_ACTORS)
    throw refused('subject_token', 'it names too many actors')
  return { sub, act: before }
}

const lengthOf = ({ act }: Claims): number =>
  act === undefined ? 1 : 1 + lengthOf(act as Claims)

/** RFC 8693 §4.4. Without an actor token the application itself acts. */
function requireMayAct({ may_act: allowed }: Claims, sub: string, core: Core): void {
  if (allowed === undefined) return
  const { sub: named, iss = issuerOf(core) } = (allowed ?? {}) as Claims
  if (named !== sub || iss !== issuerOf(core))
    throw refused('subject_token', 'its claim may_act names another party')
}
