import { AuthError } from '../../../base/errors.ts'
import type { AuthRequest } from '../../../http/request.ts'
import { isUsable } from '../../../passwords/passwords.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import type { Account, StoredUser } from '../../../users/user.ts'
import type { AccountName } from '../../accounts/account-name.ts'
import { requireCurrentPassword } from '../../accounts/current-password.ts'
import { sendsSignInCodes, signInNames } from '../../accounts/settings.ts'
import { redeemSignInCode, requestSignInCode } from '../../accounts/sign-in-code.ts'
import { DIGITS_LIFETIME } from '../../codes/purposes.ts'
import type { Core } from '../../core.ts'
import type { AssertionJson } from '../../passkeys/credential-json.ts'
import { checkOwnPasskey } from '../../passkeys/sign-in.ts'
import { secondMethods, useSecondFactor } from '../../second-factors/factors.ts'
import { secondFactorOptions } from '../../second-factors/options.ts'
import type { ProofKind } from './data.ts'

/** How users who are signed in show once more that it is them. */
export type IdentityProof =
  | { readonly password: string }
  /** Of an authenticator app, or a recovery code. */
  | { readonly code: string }
  | { readonly passkey: AssertionJson }
  /** The digits of a message to the user's own address or number. */
  | { readonly messageCode: string }

/**
 * The ways that are open to the user of a session. The password alone is not enough if a second factor was added after the session had
 * begun.
 */
export async function waysToConfirm(
  { user, hash }: Account,
  { amr = [] }: Pick<StoredSession, 'amr'>,
  core: Core,
): Promise<readonly ProofKind[]> {
  const asksForSecond = core.section(secondFactorOptions) !== undefined
  const seconds = await secondMethods(user.id, core)
  const isOneStep = asksForSecond && seconds.length > 0 && amr.length < 2
  const ways: readonly (readonly [ProofKind, boolean])[] = [
    ['password', isUsable(hash) && !isOneStep],
    ['code', asksForSecond && seconds.includes('totp')],
    ['passkey', seconds.includes('passkey')],
    ['message', !isOneStep && ownChannel(user, core) !== undefined],
  ]
  return ways.filter(([, isOpen]) => isOpen).map(([way]) => way)
}

/**
 * The methods of a session that count together with a proof: none if the page does not offer the proof, because the session lacks a second
 * factor. A browser can send its form all the same, and another first step does not stand for that factor.
 */
export async function methodsBefore(
  account: Account,
  session: Pick<StoredSession, 'amr'>,
  proof: IdentityProof,
  core: Core,
): Promise<readonly string[]> {
  const ways = await waysToConfirm(account, session, core)
  if (!ways.includes(kindOf(proof))) return []
  return session.amr ?? []
}

function kindOf(proof: IdentityProof): ProofKind {
  if ('passkey' in proof) return 'passkey'
  if ('code' in proof) return 'code'
  if ('messageCode' in proof) return 'message'
  return 'password'
}

/**
 * Checks what the user of a session shows.
 *
 * @returns values of `amr`
 * @throws AuthError `invalid`, whose body names `current_password`; `invalid_code`; `throttled`, `busy`
 */
export async function proveIdentity(
  account: Account,
  { id }: Pick<StoredSession, 'id'>,
  proof: IdentityProof,
  core: Core,
): Promise<readonly string[]> {
  if ('passkey' in proof) return checkOwnPasskey(account.user, id, proof.passkey, core)
  if ('code' in proof) {
    await useSecondFactor(account.user.id, proof.code, core)
    return ['otp']
  }
  if ('messageCode' in proof)
    return redeemOwnCode(account.user, id, proof.messageCode, core)
  await requireCurrentPassword(account, proof.password, core)
  return ['pwd']
}

/** The verified address or number that codes to sign in with are sent to. */
export function ownChannel(
  { email, emailVerifiedAt, phone, phoneVerifiedAt }: StoredUser,
  { section }: Pick<Core, 'section'>,
): AccountName | undefined {
  if (!sendsSignInCodes(section)) return undefined
  const names = signInNames(section)
  if (names.includes('email') && email !== undefined && emailVerifiedAt !== undefined)
    return { field: 'email', value: email }
  if (names.includes('phone') && phone !== undefined && phoneVerifiedAt !== undefined)
    return { field: 'phone', value: phone }
  return undefined
}

/** Sends digits that only this session can redeem. @throws AuthError `throttled`; `not_found` without an address */
export async function sendOwnCode(
  user: StoredUser,
  { id }: Pick<StoredSession, 'id'>,
  request: AuthRequest,
  core: Core,
): Promise<void> {
  const name = ownChannel(user, core)
  if (name === undefined) throw new AuthError('not_found')
  const options = { binding: id, request, digitsLifetime: DIGITS_LIFETIME }
  await requestSignInCode(core, name, options)
}

async function redeemOwnCode(
  user: StoredUser,
  binding: string,
  code: string,
  core: Core,
): Promise<readonly string[]> {
  const name = ownChannel(user, core)
  if (name === undefined) throw new AuthError('not_found')
  const { account, methods } = await redeemSignInCode(core, { name, code }, { binding })
  if (account.user.id !== user.id) throw new AuthError('invalid_code')
  return methods
}
