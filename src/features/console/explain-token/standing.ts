import { ifDefined } from '../../../base/optional.ts'
import type { Claims } from '../../../jwt/json.ts'
import { decideRotation, type RotationDecision } from '../../../sessions/rotate.ts'
import type { SessionId, SessionState } from '../../../sessions/session.ts'
import { isPairwise } from '../../../tokens/pairwise.ts'
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

type Words = Omit<Check, 'name'>
type Decided<Kind extends RotationDecision['kind']> = Extract<
  RotationDecision,
  { readonly kind: Kind }
>

const rotationText = (
  decision: RotationDecision,
  state: SessionState | undefined,
  core: Core,
): Words => ROTATIONS[decision.kind](decision as never, state, core)

/** What each decision means, in words. */
const ROTATIONS: {
  readonly [Kind in RotationDecision['kind']]: (
    decision: Decided<Kind>,
    state: SessionState | undefined,
    core: Core,
  ) => Words
} = {
  current: () => ({ holds: true, text: 'The current refresh token of its session.' }),
  previous: (_, __, core) => ({
    holds: true,
    text: `It was used already. Within ${lengthOf(core.section(tokenOptions).overlap)} it gets the same successor again.`,
    option: 'tokens.overlap',
  }),
  lost_answer: (_, __, core) => ({
    holds: true,
    text: `It was used already, but its successor never was. Within ${lengthOf(lostAnswerOf(core))} it gets another one.`,
    option: 'tokens.lostAnswer',
  }),
  reused: (_, state, core) => ({
    holds: false,
    summary: 'the token was used before',
    text: `A spent token: its session is at generation ${state?.session.generation}.`,
    advice: REUSE_ADVICE[core.section(tokenOptions).reuse],
    option: 'tokens.reuse',
  }),
  ahead: () => ({
    holds: false,
    summary: 'its session has not issued this token',
    text: 'The session has not issued this token.',
    advice:
      'An older backup of the database was restored, or another instance has the same keys.',
  }),
  unknown: () => ({
    holds: false,
    summary: 'there is no session of this token',
    text: 'There is no session of this token.',
    advice: 'It ended long ago and was deleted, or belongs to another database.',
  }),
  expired: (_, state) => ({
    holds: false,
    summary: 'its session has expired',
    text: `Its session has expired: ${endOf(state)}.`,
    advice: SIGN_IN,
    option: 'tokens.session',
  }),
  revoked: (_, state) =>
    ifDefined(state, standingOf) ?? { holds: false, text: 'Revoked.' },
  user: ({ reason }) => ({
    holds: false,
    summary: `it ends with this use, because ${REVOKE_REASONS[reason]}`,
    text: `The session ends with the next use: ${REVOKE_REASONS[reason]}.`,
    advice: SIGN_IN,
    option: USER_OPTIONS[reason] ?? 'users.checkActive',
  }),
}

const SIGN_IN = 'The client has to sign in again.'
const NEWEST = 'The client must use the newest refresh token that it was given.'

const REUSE_ADVICE = {
  revoke: `If a client uses it, the session is revoked, because two clients may have the token. ${NEWEST}`,
  reject: NEWEST,
} as const

/** The option that ends a session because of its user. */
const USER_OPTIONS: Readonly<Record<string, string>> = { password: 'tokens.checkRevoke' }

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
  if (user.active) return { name, holds, ...refusedByRule(user.username) }
  return { name, holds, ...notActive(user.username) }
}

const refusedByRule = (username: string) => ({
  summary: 'users.rule refuses its user',
  text: `users.rule refuses ${username}.`,
  advice: 'Look at the option users.rule.',
  option: 'users.rule',
})

const notActive = (username: string) => ({
  summary: 'its user is not active',
  text: `${username} is not active.`,
  advice: 'Activate the user.',
  option: 'users.checkActive',
})

interface StoredFacts {
  readonly account: Account | undefined
  readonly state: SessionState | undefined
}

/** With `tokens.checkRevoke: "claim"`: the password is the one of the sign-in. */
export function revokeClaimCheck(
  claims: Claims,
  { account, state }: StoredFacts,
  { tokens }: Core,
): readonly Check[] {
  const { checkRevoke, revokeClaimName } = tokens.settings
  if (checkRevoke !== 'claim' || account === undefined) return []
  const holds = isPairwise(claims)
    ? state?.session.epoch === account.user.epoch
    : tokens.isRevokeClaimOf(claims[revokeClaimName], account)
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
