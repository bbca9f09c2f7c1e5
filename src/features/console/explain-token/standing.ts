import type { Claims } from '../../../jwt/json.ts'
import { decideRotation, type RotationDecision } from '../../../sessions/rotate.ts'
import type { SessionId, SessionState } from '../../../sessions/session.ts'
import { isAllowed, mayUse } from '../../../tokens/token-settings.ts'
import type { Account } from '../../../users/user.ts'
import type { Core } from '../../core.ts'
import { tokenOptions } from '../../tokens/options.ts'
import { defaultLostAnswer } from '../../tokens/parse-tokens.ts'
import type { Check } from './explained.ts'
import { lengthOf, momentText } from './words.ts'

/** Why a session was revoked, in words. */
export const REVOKE_REASONS = {
  logout: 'the user signed out',
  reuse: 'a spent refresh token was used again',
  admin: 'an administrator or a program revoked it',
  password: 'the password was changed',
  inactive: 'the user was deactivated',
  deleted: 'the user was deleted',
} as const

/** The session of an access or sliding token: it is not revoked. */
export function sessionCheck(state: SessionState | undefined, sid: unknown): Check {
  const name = 'Session'
  if (typeof sid !== 'string')
    return {
      name,
      holds: true,
      text: 'The token names no session.',
      option: 'tokens.sessions',
    }
  if (state === undefined)
    return {
      name,
      holds: true,
      text: `There is no session ${sid} any more; it is not known to be revoked.`,
    }
  return { name, option: 'tokens.sessions', ...standingOf(state) }
}

function standingOf({ session }: SessionState): Omit<Check, 'name'> {
  const { id, revokeReason, revokedAt, createdAt } = session
  if (revokeReason === undefined)
    return { holds: true, text: `${id} is active, since ${momentText(createdAt)}.` }
  const reason = REVOKE_REASONS[revokeReason]
  const when = revokedAt === undefined ? '' : ` ${momentText(revokedAt)}`
  return {
    holds: false,
    summary: `its session was revoked, because ${reason}`,
    text: `${id} was revoked${when}: ${reason}.`,
    advice: 'The client has to sign in again.',
  }
}

/** The session of a refresh token, which must be at the token's generation. Nothing is exchanged. */
export function rotationCheck(
  claims: Claims,
  state: SessionState | undefined,
  core: Core,
): Check {
  const options = core.section(tokenOptions)
  const { settings } = core.tokens
  const presented = {
    id: String(claims.sid) as SessionId,
    generation: Number(claims.gen ?? 0),
    jti: String(claims[settings.jtiClaim]),
  }
  const decision = decideRotation(presented, state, core.clock(), {
    leeway: settings.leeway,
    overlap: options.overlap,
    lostAnswer: lostAnswerOf(core),
    require: {
      user: !settings.allowUserlessRefresh,
      active: settings.rule === undefined && settings.checkActive,
      epoch: settings.checkRevoke === 'session',
    },
  })
  return { name: 'Session', ...rotationText(decision, state, core) }
}

function lostAnswerOf(core: Core) {
  const options = core.section(tokenOptions)
  return options.lostAnswer ?? defaultLostAnswer(options)
}

function rotationText(
  decision: RotationDecision,
  state: SessionState | undefined,
  core: Core,
): Omit<Check, 'name'> {
  const { overlap, reuse } = core.section(tokenOptions)
  switch (decision.kind) {
    case 'current':
      return { holds: true, text: 'The current refresh token of its session.' }
    case 'previous':
      return {
        holds: true,
        text: `It was used already. Within ${lengthOf(overlap)} it gets the same successor again.`,
        option: 'tokens.overlap',
      }
    case 'lost_answer':
      return {
        holds: true,
        text: `It was used already, but its successor never was. Within ${lengthOf(lostAnswerOf(core))} it gets another one.`,
        option: 'tokens.lostAnswer',
      }
    case 'reused':
      return {
        holds: false,
        summary: 'the token was used before',
        text: `A spent token: its session is at generation ${state?.session.generation}.`,
        advice:
          reuse === 'revoke'
            ? 'If a client uses it, the session is revoked, because two clients may have the token. The client must use the newest refresh token that it was given.'
            : 'The client must use the newest refresh token that it was given.',
        option: 'tokens.reuse',
      }
    case 'ahead':
      return {
        holds: false,
        summary: 'its session has not issued this token',
        text: 'The session has not issued this token.',
        advice:
          'An older backup of the database was restored, or another instance has the same keys.',
      }
    case 'unknown':
      return {
        holds: false,
        summary: 'there is no session of this token',
        text: 'There is no session of this token.',
        advice: 'It ended long ago and was deleted, or belongs to another database.',
      }
    case 'expired':
      return {
        holds: false,
        summary: 'its session has expired',
        text: `Its session has expired: ${endOf(state)}.`,
        advice: 'The client has to sign in again.',
        option: 'tokens.session',
      }
    case 'revoked':
      return state === undefined ? { holds: false, text: 'Revoked.' } : standingOf(state)
    case 'user':
      return {
        holds: false,
        summary: `it ends with this use, because ${REVOKE_REASONS[decision.reason]}`,
        text: `The session ends with the next use: ${REVOKE_REASONS[decision.reason]}.`,
        advice: 'The client has to sign in again.',
        option:
          decision.reason === 'password' ? 'tokens.checkRevoke' : 'users.checkActive',
      }
  }
}

function endOf(state: SessionState | undefined): string {
  if (state === undefined) return 'unknown'
  const { expiresAt, idleExpiresAt } = state.session
  return momentText(Math.min(expiresAt, idleExpiresAt))
}

/** The user of a token, as a guard or a refresh requires one. */
export function userCheck(
  account: Account | undefined,
  id: string | undefined,
  { tokens }: Core,
  isRefresh: boolean,
): Check {
  const name = 'User'
  const { settings } = tokens
  if (id === undefined || id === '')
    return {
      name,
      holds: isRefresh && settings.allowUserlessRefresh,
      text: `The token names no user (${settings.userIdClaim}).`,
      option: 'tokens.userIdClaim',
    }
  if (account === undefined)
    return {
      name,
      holds: false,
      summary: 'its user does not exist',
      text: `There is no user with the ${settings.userIdField} ${JSON.stringify(id)}.`,
      advice: 'The user was deleted or renamed, or belongs to another database.',
      option: 'tokens.userIdField',
    }
  const { user } = account
  const holds = isRefresh ? isAllowed(user, settings) : mayUse(user, settings)
  if (holds) return { name, holds, text: `${user.username} may use the service.` }
  return {
    name,
    holds,
    summary: user.active ? 'users.rule refuses its user' : 'its user is not active',
    text: user.active
      ? `users.rule refuses ${user.username}.`
      : `${user.username} is not active.`,
    advice: user.active ? 'Look at the option users.rule.' : 'Activate the user.',
    option: user.active ? 'users.rule' : 'users.checkActive',
  }
}

/** With `tokens.checkRevoke: "claim"`: the password is the one of the sign-in. */
export function revokeClaimCheck(
  claims: Claims,
  account: Account | undefined,
  { tokens }: Core,
): readonly Check[] {
  const { checkRevoke, revokeClaimName } = tokens.settings
  if (checkRevoke !== 'claim' || account === undefined) return []
  const holds = tokens.isRevokeClaimOf(claims[revokeClaimName], account)
  return [
    {
      name: 'Password',
      holds,
      text: holds ? 'The same as at the sign-in.' : 'It was changed since the sign-in.',
      summary: 'the password was changed',
      advice: 'The client has to sign in again.',
      option: 'tokens.checkRevoke',
    },
  ]
}
