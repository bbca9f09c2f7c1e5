import { days } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isUsable } from '../../passwords/passwords.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import { type FreshInput, requireFresh } from '../accounts/fresh.ts'
import { languageOfRequest } from '../accounts/mail-code.ts'
import { ownAccount } from '../accounts/own-account.ts'
import type { Core } from '../core.ts'
import { mailOptions } from '../mail/options.ts'
import { attachMail, wakeSender } from '../mail/send.ts'
import { endOtherSignIns } from './change.ts'
import {
  beginTotp,
  confirmTotp,
  type Factor,
  listFactors,
  type NewTotp,
  newRecoveryCodes,
  removeFactor,
  useSecondFactor,
} from './factors.ts'
import { credentialsOf } from './sql.ts'

/** The authenticator apps of a user, the oldest first. */
export const ownTotps = async (userId: UserId, core: Core): Promise<readonly Factor[]> =>
  (await listFactors(userId, core)).filter(({ kind }) => kind === 'totp')

/** How many recovery codes of a user have not been used. */
export const countRecoveryCodes = async (userId: UserId, core: Core): Promise<number> =>
  (await credentialsOf(core).list(userId)).filter(({ kind }) => kind === 'recovery')
    .length

/**
 * Makes a TOTP authenticator of a user who is signed in. A stolen access token alone must not add one, however new it is: users with a
 * password send it.
 *
 * @throws AuthError `invalid`, whose body names `current_password` or says that there are too many; `insufficient_user_authentication`;
 *   `throttled`, `busy`; `user_not_found`
 */
export async function beginOwnTotp(
  principal: Principal,
  { label = '', ...input }: FreshInput & { readonly label?: string | undefined },
  core: Core,
): Promise<NewTotp> {
  const { hash } = await ownAccount(principal.user.id, core)
  if (isUsable(hash) && input.current_password === undefined)
    throw fieldError({ current_password: ['This field is required.'] })
  const { user } = await requireFresh(principal, input, core)
  return beginTotp(user, label, core)
}

/** A code of an authenticator app, and which authenticator it is about. */
export interface TotpProof {
  readonly id: string
  readonly code: string
}

/**
 * Makes a TOTP authenticator work. Other sign-ins end, and the user is notified by mail.
 *
 * @returns new recovery codes with the first authenticator, else none
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function confirmOwnTotp(
  principal: Principal,
  { id, code }: TotpProof,
  request: AuthRequest,
  core: Core,
): Promise<readonly string[]> {
  const { user } = await ownAccount(principal.user.id, core)
  const notice = noticeTo(user, request, core)
  const codes = await confirmTotp(user.id, id, code, core, { notice })
  wakeSender(core)
  await endOtherSignIns(principal, core)
  return codes
}

/**
 * Removes a TOTP authenticator with a second factor. Other sign-ins end, and the user is notified by mail.
 *
 * @param proof `code`: of any authenticator of the user, or a recovery code
 * @throws AuthError `invalid_code`, `throttled`; `not_found` if the user has no such authenticator
 */
export async function removeOwnTotp(
  principal: Principal,
  { id, code }: TotpProof,
  request: AuthRequest,
  core: Core,
): Promise<void> {
  const { user } = await ownAccount(principal.user.id, core)
  await useSecondFactor(user.id, code, core)
  const notice = noticeTo(user, request, core)
  if (!(await removeFactor(user.id, id, core, notice))) throw new AuthError('not_found')
  wakeSender(core)
  await endOtherSignIns(principal, core)
}

/**
 * Replaces the recovery codes with a second factor, and notifies the user by mail. Only this call returns the new ones.
 *
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function replaceRecoveryCodes(
  user: StoredUser,
  code: string,
  request: AuthRequest,
  core: Core,
): Promise<readonly string[]> {
  await useSecondFactor(user.id, code, core)
  const notice = noticeTo(user, request, core)
  const codes = await newRecoveryCodes(user.id, core, notice)
  wakeSender(core)
  return codes
}

/** The mail that the factors have changed, to be written with the change; `undefined` if the user has no address. */
export function noticeTo(
  { email }: Pick<StoredUser, 'email'>,
  request: AuthRequest,
  core: Core,
): JointWrite | undefined {
  if (email === undefined || core.section(mailOptions) === undefined) return undefined
  return attachMail(core, {
    template: 'factorsChanged',
    to: email,
    data: {},
    language: languageOfRequest(request),
    lifetime: days(1),
  })
}
