import { days } from '../../base/clock.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { SessionId } from '../../sessions/session.ts'
import { rejectFieldErrors } from '../../users/field-errors.ts'
import { passwordFaults } from '../../users/password.ts'
import type { Account, StoredUser } from '../../users/user.ts'
import type { AddedCredential, Core } from '../core.ts'
import { type MailWithWrite, prepareMail } from '../mail/send.ts'
import type { Language } from '../mail/templates/template.ts'
import { hasMail } from './settings.ts'

/** @throws AuthError `invalid`, whose body has the messages for `new_password` */
export async function requireStrongPassword(
  password: string,
  user: StoredUser,
  { strength }: Pick<Core, 'strength'>,
): Promise<void> {
  rejectFieldErrors({ new_password: await passwordFaults(password, user, strength) })
}

/** The sessions that a new password does not revoke. */
export type KeptSessions = 'none' | 'all' | SessionId

export interface NewPassword {
  readonly password: string
  readonly keeps: KeptSessions
  readonly language: Language
  /** Called when the password is set and sessions have ended. @returns recent credentials, which the mail lists */
  settle?(): Promise<readonly AddedCredential[]>
}

/**
 * Sets a password that was checked, ends sessions, and mails the user that it was changed. Codes that were issued before are void.
 *
 * @param account as it was read before the client authenticated
 * @returns what `settle` returns; `undefined` if the account has been changed since then: nothing was done
 * @throws AuthError `busy`, `store_unavailable`
 */
export async function setNewPassword(
  { user }: Account,
  { password, keeps, language, settle }: NewPassword,
  core: Core,
): Promise<readonly AddedCredential[] | undefined> {
  const { users, passwords, audit } = core
  const hash = await passwords.hash(password, clientNetwork())
  const { joinedAt, epoch } = user
  const notice = noticeTo(user, language, core)
  const read = { joinedAt, epoch }
  if (!(await users.setPassword(user.id, hash, read, notice?.joint))) return undefined
  void audit.record({ kind: 'password_changed', userId: user.id })
  await endSessions(user, keeps, core)
  const added = (await settle?.()) ?? []
  // Without the labels: the mail must not say what an intruder has typed.
  await notice?.send({
    added: added.map(({ kind, createdAt }) => ({ kind, at: createdAt })),
  })
  return added
}

/** The network of the client, which gets its turn of the hash queue among others. */
export const clientNetwork = (): string => networkOf(currentContext()?.address ?? '', 48)

/**
 * A session that is kept goes on in the new epoch first: it is never among those that ended. With the revoke claim all tokens end, and a
 * pairwise one, which has none, by the epoch of its session.
 */
async function endSessions(
  { id, epoch }: StoredUser,
  keeps: KeptSessions,
  { sessions, clock, tokens }: Core,
): Promise<void> {
  if (sessions === undefined) return
  const only = keeps === 'all' || keeps === 'none' ? undefined : keeps
  const ofApplications = tokens.settings.checkRevoke !== 'claim'
  if (keeps !== 'none') await sessions.carryOver(id, epoch, { only, ofApplications })
  if (keeps !== 'all') await sessions.revokeAll(id, 'password', clock(), only)
}

/** The mail that the password was changed; `undefined` if the user has no address. */
function noticeTo(
  { email: to }: StoredUser,
  language: Language,
  core: Core,
): MailWithWrite | undefined {
  if (to === undefined || !hasMail(core)) return undefined
  const letter = { template: 'passwordChanged', to, data: {}, language } as const
  return prepareMail(core, { ...letter, lifetime: days(3) })
}
