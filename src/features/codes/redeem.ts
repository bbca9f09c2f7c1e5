import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { currentContext } from '../../base/request-context.ts'
import { isStorable } from '../../base/storable.ts'
import { networkOf } from '../../http/client-address.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type { UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type { CodePayload, Codes, PresentedCode, StoredCode } from './code.ts'
import { digitsDigest, linkDigest } from './digest.ts'
import { limitWrongDigits } from './limits.ts'
import type { CodePurpose } from './purposes.ts'
import { codeStore } from './sql.ts'

export interface CodeAttempt {
  readonly purpose: CodePurpose
  /** The link's value or the digits, as the client sends them. */
  readonly secret: string
  /** In normal form. Required for digits; optional for a link, which is rejected if its target differs. */
  readonly target?: string | undefined
  /** As in `issueCode`. */
  readonly binding?: string | undefined
}

/** What a right code is for. */
export interface RedeemedCode {
  readonly purpose: CodePurpose
  readonly target: string
  readonly userId: UserId | undefined
  readonly payload: CodePayload
  readonly createdAt: UnixSeconds
  readonly expiresAt: UnixSeconds
}

/** Clients get one answer for all but `right`; the audit log and presets distinguish them. */
export type CodeOutcome =
  | { readonly kind: 'right'; readonly code: RedeemedCode }
  | { readonly kind: 'wrong'; readonly attemptsLeft: number }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'already_redeemed' }
  /** The user has changed or was deleted. */
  | { readonly kind: 'void' }
  /** No code, or a newer one superseded it. */
  | { readonly kind: 'unknown' }

export type RedeemDeps = Pick<
  Core,
  'clock' | 'audit' | 'derivedKeys' | 'ports' | 'section' | 'hits'
>

/**
 * Redeems a one-time code, once: a step that fails afterwards does not bring it back.
 *
 * @throws AuthError `invalid_code` for each outcome but `right`; `throttled` after too many wrong digits for the target
 */
export const redeemCode = (
  attempt: CodeAttempt,
  deps: RedeemDeps,
): Promise<RedeemedCode> => codeOf(tryCode(attempt, 'redeem', deps))

/**
 * Checks a one-time code and does not redeem it. Wrong digits count as attempts. If a link was issued with `attempts`, each check counts:
 * a ticket can be presented with that many second factors.
 *
 * @throws AuthError `invalid_code`, `throttled`
 */
export const checkCode = (
  attempt: CodeAttempt,
  deps: RedeemDeps,
): Promise<RedeemedCode> => codeOf(tryCode(attempt, 'check', deps))

async function codeOf(outcome: Promise<CodeOutcome>): Promise<RedeemedCode> {
  const { kind, ...rest } = await outcome
  if ('code' in rest) return rest.code
  throw new AuthError('invalid_code', `the one-time code is refused: ${kind}`)
}

/**
 * Redeems a link in the transaction of the write that it authorizes: a process that is killed has done both, or neither.
 *
 * @param attempt a link, which the caller has checked: the error does not say why it is refused now
 * @param work makes the write, with `redeeming` in its transaction
 * @throws AuthError `invalid_code`; what `work` throws
 */
export async function redeemWith<T>(
  attempt: CodeAttempt,
  deps: RedeemDeps,
  work: (redeeming: JointWrite) => Promise<T>,
): Promise<T> {
  const { ports, clock, audit } = deps
  const presented = presentedCode(attempt, deps)
  const { codes } = ports(codeStore)
  const done = await work((to) => codes.redeemIn(to, presented, clock()))
  void audit.record({ kind: 'code_redeemed', detail: { purpose: attempt.purpose } })
  return done
}

/** Redeems or checks a code. @throws AuthError `throttled` */
export async function tryCode(
  attempt: CodeAttempt,
  mode: 'redeem' | 'check',
  deps: RedeemDeps,
): Promise<CodeOutcome> {
  const { purpose, target } = attempt
  if (!isPresentable(attempt)) return { kind: 'unknown' }
  const presented = presentedCode(attempt, deps)
  if (presented.form === 'link' || target === undefined)
    return outcomeOf(presented, deps.clock(), mode, deps)
  return limitWrongDigits({ purpose, target }, deps, (now) =>
    outcomeOf(presented, now, mode, deps),
  )
}

/** Longer than any code, any address, and any target of a feature. */
const MAX_LENGTH = 512

const isPresentable = ({ secret, target = '', binding = '' }: CodeAttempt): boolean =>
  secret.length <= MAX_LENGTH &&
  target.length <= MAX_LENGTH &&
  binding.length <= MAX_LENGTH &&
  isStorable(target)

const DIGITS = /^\d{6,8}$/

function presentedCode(
  { purpose, secret, target, binding }: CodeAttempt,
  { derivedKeys }: Pick<Core, 'derivedKeys'>,
): PresentedCode {
  if (target === undefined || !DIGITS.test(secret)) {
    return { purpose, form: 'link', target, digests: [linkDigest(secret, binding)] }
  }
  const digits = { purpose, target, binding, digits: secret }
  const digests = derivedKeys('codes').map((key) => digitsDigest(digits, key))
  return { purpose, form: 'digits', target, digests }
}

async function outcomeOf(
  presented: PresentedCode,
  now: UnixSeconds,
  mode: 'redeem' | 'check',
  { audit, ports }: RedeemDeps,
): Promise<CodeOutcome> {
  const { codes } = ports(codeStore)
  const attempted = await codes.attempt(presented, now, mode)
  if (attempted === undefined) return { kind: await reasonOf(presented, now, codes) }
  const { code, isRight } = attempted
  const { purpose, user } = code
  const event = { userId: user?.id, detail: { purpose } }
  if (isRight) {
    if (mode === 'redeem') void audit.record({ kind: 'code_redeemed', ...event })
    return { kind: 'right', code: redeemedOf(code) }
  }
  const attemptsLeft = (code.maxAttempts ?? Number.POSITIVE_INFINITY) - code.attempts
  if (attemptsLeft > 0) return { kind: 'wrong', attemptsLeft }
  if (user !== undefined)
    audit.recordLimited(networkOf(currentContext()?.address ?? ''), {
      kind: 'code_exhausted',
      ...event,
    })
  return { kind: 'exhausted' }
}

/** Why nothing was compared. */
async function reasonOf(
  presented: PresentedCode,
  now: UnixSeconds,
  codes: Codes,
): Promise<'unknown' | 'already_redeemed' | 'expired' | 'exhausted' | 'void'> {
  const code = await codes.find(presented)
  if (code === undefined) return 'unknown'
  const { redeemedAt, expiresAt, attempts, maxAttempts } = code
  if (redeemedAt !== undefined) return 'already_redeemed'
  if (now >= expiresAt) return 'expired'
  if (maxAttempts !== undefined && attempts >= maxAttempts) return 'exhausted'
  return 'void'
}

const redeemedOf = (code: StoredCode): RedeemedCode => ({
  purpose: code.purpose,
  target: code.target,
  userId: code.user?.id,
  payload: code.payload,
  createdAt: code.createdAt,
  expiresAt: code.expiresAt,
})
