import type { Seconds, UnixSeconds } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { hexId, type Random } from '../base/random.ts'
import type {
  RevokeReason,
  RotatedSession,
  Rotation,
  SessionId,
  SessionState,
  Sessions,
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
  /** For how long a refresh token is valid, at most until its session ends. */
  readonly idle: Seconds
  /** For how long after its end a session still counts as live, as its tokens do. */
  readonly leeway: Seconds
  /** For how long the previous token gets the same successor again; 0: never. */
  readonly overlap: Seconds
  /**
   * For how long after its first use a spent token can still be exchanged for a new successor, if its first successor was never
   * used; 0: never. The unused successor then counts as spent.
   */
  readonly lostAnswer: Seconds
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
  | { readonly kind: 'previous'; readonly session: RotatedSession }
  /** The same token after the overlap, while its successor was never presented: its answer was lost. */
  | { readonly kind: 'lost_answer'; readonly session: RotatedSession }
  | { readonly kind: 'reused'; readonly session: RotatedSession }
  /**
   * A token that this session has not issued, by its generation or `jti`: a backup was restored, or two issuers share a key. The
   * metric of refreshes has this label.
   */
  | { readonly kind: 'ahead' }

/** A result with the row from which the successor is issued. */
export interface Granted {
  readonly kind: 'rotated' | 'replayed' | 'lost_answer'
  readonly session: RotatedSession
}

export interface Reuse extends Decided<'reused'> {
  /** Whether this call revoked the session for it. Of any number of callers it is true for one. */
  readonly revoked: boolean
}

type Decided<Kind extends RotationDecision['kind']> = Extract<
  RotationDecision,
  { readonly kind: Kind }
>

/** What an expired refresh token is. */
export type JudgedExpired = Reuse | Decided<'expired'>

/** The result of an exchange. */
export type RotationOutcome =
  | Granted
  | Reuse
  | Exclude<
      RotationDecision,
      { readonly kind: 'current' | 'previous' | 'lost_answer' | 'reused' }
    >

export const isGranted = (outcome: RotationOutcome): outcome is Granted =>
  outcome.kind === 'rotated' ||
  outcome.kind === 'replayed' ||
  outcome.kind === 'lost_answer'

/** Seconds the clock may go back within the overlap. */
const CLOCK_STEP_BACK = 5

/** How often a swap is tried if the token turns out to be current: its user may have been activated again in between. */
const ATTEMPTS = 3

/** Decides what a presented token is, purely from the token, the state of its session, and the time. */
export function decideRotation(
  presented: RefreshClaims,
  state: SessionState | undefined,
  now: UnixSeconds,
  settings: Omit<RotationSettings, 'idle' | 'reuse'>,
): RotationDecision {
  if (state === undefined) return { kind: 'unknown' }
  const { session } = state
  if (session.revokeReason !== undefined)
    return { kind: 'revoked', reason: session.revokeReason }
  if (now >= Math.min(session.expiresAt, session.idleExpiresAt) + settings.leeway)
    return { kind: 'expired' }
  const reason = userProblem(state, settings.require)
  if (reason !== undefined) return { kind: 'user', reason }

  return decideGeneration(presented, session, now, settings)
}

function decideGeneration(
  { generation, jti }: RefreshClaims,
  session: RotatedSession,
  now: UnixSeconds,
  settings: Pick<RotationSettings, 'overlap' | 'lostAnswer'>,
): RotationDecision {
  if (generation > session.generation || generation < 0) return { kind: 'ahead' }
  if (generation === session.generation) {
    if (jti === session.jti) return { kind: 'current' }
    return { kind: 'ahead' }
  }
  if (generation !== previousGeneration(session) || jti !== session.previousJti)
    return { kind: 'reused', session }
  return decidePrevious(session, now, settings)
}

/** The generations between it and the current one were never presented. */
const previousGeneration = ({ generation, lostAnswers }: RotatedSession): number =>
  generation - 1 - lostAnswers

function decidePrevious(
  session: RotatedSession,
  now: UnixSeconds,
  { overlap, lostAnswer }: Pick<RotationSettings, 'overlap' | 'lostAnswer'>,
): RotationDecision {
  const { rotatedAt, spentAt } = session
  if (rotatedAt === undefined || spentAt === undefined) return { kind: 'reused', session }
  const age = now - rotatedAt
  if (age < -CLOCK_STEP_BACK) return { kind: 'reused', session }
  if (overlap > 0 && age <= overlap) return { kind: 'previous', session }
  if (lostAnswer > 0 && spentAt >= spentSince(now, lostAnswer))
    return { kind: 'lost_answer', session }
  return { kind: 'reused', session }
}

/** The store compares the same number. */
const spentSince = (now: UnixSeconds, lostAnswer: Seconds): UnixSeconds =>
  (now - lostAnswer) as UnixSeconds

function userProblem(
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

export interface RotateDeps {
  readonly sessions: Pick<Sessions, 'rotate' | 'recover' | 'find'>
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
    const outcome = await outcomeOfFailedSwap(swap, deps, settings)
    if (outcome !== undefined) return outcome
  }
  throw new AuthError('store_unavailable', 'the session or its user keeps changing', {
    retryAfter: 1,
  })
}

/**
 * Judges a refresh token that has expired: it gets no successor, but if it was spent, that is reuse as of any other.
 *
 * @throws AuthError `store_unavailable`
 */
export async function judgeExpired(
  presented: RefreshClaims,
  now: UnixSeconds,
  deps: Pick<RotateDeps, 'revoke'> & { readonly sessions: Pick<Sessions, 'find'> },
  settings: RotationSettings,
): Promise<JudgedExpired> {
  const state = await deps.sessions.find(presented.id)
  const decision = decideRotation(presented, state, now, settings)
  if (decision.kind !== 'reused') return { kind: 'expired' }
  return reuse(decision, now, deps, settings)
}

async function reuse(
  { session }: Decided<'reused'>,
  now: UnixSeconds,
  { revoke }: Pick<RotateDeps, 'revoke'>,
  settings: RotationSettings,
): Promise<Reuse> {
  const revoked = settings.reuse === 'revoke' && (await revoke(session.id, 'reuse', now))
  return { kind: 'reused', session, revoked }
}

/** @returns `undefined` if the session has changed meanwhile, so that the swap is tried again */
async function outcomeOfFailedSwap(
  swap: Rotation,
  { sessions, revoke }: RotateDeps,
  settings: RotationSettings,
): Promise<RotationOutcome | undefined> {
  const { id, now } = swap
  const state = await sessions.find(id)
  const decision = decideRotation(swap, state, now, settings)
  switch (decision.kind) {
    case 'current':
      return undefined
    case 'previous':
      return { kind: 'replayed', session: decision.session }
    case 'lost_answer': {
      const unused = decision.session
      const since = spentSince(now, settings.lostAnswer)
      const session = await sessions.recover({ ...swap, unused, spentSince: since })
      return session && { kind: 'lost_answer', session }
    }
    case 'reused':
      return reuse(decision, now, { revoke }, settings)
    case 'user':
      await revoke(id, decision.reason, now)
      return decision
    default:
      return decision
  }
}
