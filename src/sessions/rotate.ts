import type { Seconds, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId, type Random } from '../base/random.ts'
import type {
  RevokeReason,
  SessionId,
  SessionState,
  Sessions,
  StoredSession,
  UserRequirements,
} from './session.ts'

/** The claims of a refresh token about its session: the generation it belongs to, and its own `jti`. */
export interface RefreshClaims {
  readonly id: SessionId
  readonly generation: number
  readonly jti: string
}

/** How refresh tokens are exchanged. */
export interface RotationSettings {
  /** Lifetime of a refresh token, within that of its session. */
  readonly idle: Seconds
  /** For how long after its end a session still counts as live, as its tokens do. */
  readonly leeway: Seconds
  /** For how long the previous token gets the same successor again; 0: never. At most 60. */
  readonly overlap: Seconds
  /** What reuse of a spent token does: `revoke` revokes the session, `reject` only rejects the token (D37). */
  readonly reuse: 'revoke' | 'reject'
  readonly require: UserRequirements
}

/** What a presented token is, by the state of its session. */
export type RotationDecision =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked'; readonly reason: RevokeReason }
  | { readonly kind: 'expired' }
  /** The user was deleted or is inactive, or the password was changed after the sign-in. */
  | { readonly kind: 'user'; readonly reason: 'deleted' | 'inactive' | 'password' }
  | { readonly kind: 'current' }
  /** The token before the current one, within the overlap: a repeated request. */
  | { readonly kind: 'previous' }
  | { readonly kind: 'reused' }
  /** A token that this session has not issued, by its generation or `jti`: a backup was restored, or two issuers share a key. */
  | { readonly kind: 'ahead' }

/** The result of an exchange. `rotated` and `replayed` have the row from which the successor is issued. */
export type RotationOutcome =
  | { readonly kind: 'rotated'; readonly session: StoredSession }
  | { readonly kind: 'replayed'; readonly session: StoredSession }
  /** `revoked`: this call revoked the session for it. Of any number of callers it is true for one. */
  | {
      readonly kind: 'reused'
      readonly session: StoredSession
      readonly revoked: boolean
    }
  | Exclude<RotationDecision, { readonly kind: 'current' | 'previous' | 'reused' }>

/** Seconds by which the clock may be set back during the overlap without ending it. */
const STEP_BACK = 5

/** How often a swap is tried if the token turns out to be current: its user may have been activated again in between. */
const ATTEMPTS = 3

/** Decides what a presented token is, purely from the token, the state of its session, and the time. */
export function decideRotation(
  presented: RefreshClaims,
  state: SessionState | undefined,
  now: UnixSeconds,
  { leeway, overlap, require }: Pick<RotationSettings, 'leeway' | 'overlap' | 'require'>,
): RotationDecision {
  if (state === undefined) return { kind: 'unknown' }
  const { session } = state
  if (session.revokeReason !== undefined)
    return { kind: 'revoked', reason: session.revokeReason }
  if (now >= Math.min(session.expiresAt, session.idleExpiresAt) + leeway)
    return { kind: 'expired' }
  const reason = faultOfUser(state, require)
  if (reason !== undefined) return { kind: 'user', reason }

  const { generation, jti } = presented
  if (generation > session.generation || generation < 0) return { kind: 'ahead' }
  if (generation === session.generation) {
    if (jti === session.jti) return { kind: 'current' }
    return { kind: 'ahead' }
  }
  const isPrevious = generation === session.generation - 1 && jti === session.previousJti
  if (isPrevious && isInTime(session, now, overlap)) return { kind: 'previous' }
  return { kind: 'reused' }
}

function faultOfUser(
  { session, user }: SessionState,
  require: UserRequirements,
): 'deleted' | 'inactive' | 'password' | undefined {
  const isUserless = session.userId === undefined && !require.user
  if (user === undefined && isUserless) return undefined
  if (user === undefined) return 'deleted'
  if (require.active && !user.active) return 'inactive'
  if (require.epoch && user.epoch !== session.epoch) return 'password'
  return undefined
}

function isInTime(
  { rotatedAt }: StoredSession,
  now: UnixSeconds,
  overlap: Seconds,
): boolean {
  if (rotatedAt === undefined || overlap <= 0) return false
  const age = now - rotatedAt
  return age >= -STEP_BACK && age <= overlap
}

export interface RotateDeps {
  readonly sessions: Pick<Sessions, 'rotate' | 'find'>
  readonly random: Random
  readonly revoke: Sessions['revoke']
}

/**
 * Exchanges a refresh token for the next generation of its session. One conditional write decides: of any number of callers
 * with the same token one advances the session; the results of the others follow from its committed state. A session that must
 * be revoked is revoked durably before this resolves.
 *
 * @throws AuthError `store_unavailable`: whether the session was advanced is unknown, and the same token may be sent again
 */
export async function rotate(
  presented: RefreshClaims,
  now: UnixSeconds,
  deps: RotateDeps,
  settings: RotationSettings,
): Promise<RotationOutcome> {
  const { idle, leeway, require } = settings
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const newJti = hexId(deps.random)
    const swap = { ...presented, newJti, idle, leeway, now, require }
    const session = await deps.sessions.rotate(swap)
    if (session !== undefined) return { kind: 'rotated', session }
    const outcome = await outcomeOfFailedSwap(presented, now, deps, settings)
    if (outcome !== undefined) return outcome
  }
  throw new AuthError('store_unavailable', 'the session or its user keeps changing', {
    retryAfter: 1,
  })
}

/** @returns `undefined` if the token is current after all, so that the swap is tried again */
async function outcomeOfFailedSwap(
  presented: RefreshClaims,
  now: UnixSeconds,
  { sessions, revoke }: RotateDeps,
  settings: RotationSettings,
): Promise<RotationOutcome | undefined> {
  const { id } = presented
  const state = await sessions.find(id)
  const decision = decideRotation(presented, state, now, settings)
  switch (decision.kind) {
    case 'current':
      return undefined
    case 'previous':
      return { kind: 'replayed', session: state!.session }
    case 'reused': {
      const revoked = settings.reuse === 'revoke' && (await revoke(id, 'reuse', now))
      return { kind: 'reused', session: state!.session, revoked }
    }
    case 'user':
      await revoke(id, decision.reason, now)
      return decision
    default:
      return decision
  }
}
