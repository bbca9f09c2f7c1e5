import { days } from '../../base/clock.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { SessionId } from '../../sessions/session.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import { passwordFaults } from '../../users/password.ts'
import type { Account, StoredUser } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { sendMail } from '../mail/send.ts'
import type { Language } from '../mail/templates/template.ts'
import { hasMail } from './settings.ts'

/** @throws AuthError `invalid`, whose body has the messages for `new_password` */
export async function requireStrongPassword(
  password: string,
  user: StoredUser,
): Promise<void> {
  rejectFieldErrors({ new_password: await passwordFaults(password, user, undefined) })
}

/** The sessions that a new password does not revoke. */
export type KeptSessions = 'none' | 'all' | SessionId

export interface NewPassword {
  readonly password: string
  readonly keeps: KeptSessions
  readonly language: Language
}

/**
 * Sets a password that was checked, ends sessions, and mails the user that it was changed. Codes that were issued before are void.
 *
 * @param account as it was read before the client authenticated
 * @returns `false` if the account has been changed since then: nothing was done
 * @throws AuthError `busy`, `store_unavailable`
 */
export async function setNewPassword(
  { user }: Account,
  { password, keeps, language }: NewPassword,
  core: Core,
): Promise<boolean> {
  const { users, passwords, audit } = core
  const hash = await passwords.hash(password, clientNetwork())
  const { joinedAt, epoch } = user
  if (!(await users.setPassword(user.id, hash, { joinedAt, epoch }))) return false
  void audit.record({ kind: 'password_changed', userId: user.id })
  await endSessions(user, keeps, core)
  await mailPasswordChanged(user, language, core)
  return true
}

/** The network of the client, which gets its turn of the hash queue among others. */
export const clientNetwork = (): string => networkOf(currentContext()?.address ?? '', 48)

/** A session that is kept goes on in the new epoch first: it is never among those that ended. */
async function endSessions(
  { id, epoch }: StoredUser,
  keeps: KeptSessions,
  { sessions, clock }: Core,
): Promise<void> {
  if (sessions === undefined) return
  const only = keeps === 'all' || keeps === 'none' ? undefined : keeps
  if (keeps !== 'none') await sessions.carryOver(id, epoch, only)
  if (keeps !== 'all') await sessions.revokeAll(id, 'password', clock(), only)
}

async function mailPasswordChanged(
  { email: to }: StoredUser,
  language: Language,
  core: Core,
): Promise<void> {
  if (to === undefined || !hasMail(core)) return
  const letter = { template: 'passwordChanged', to, data: {}, language } as const
  await sendMail(core, { ...letter, lifetime: days(3) })
}
