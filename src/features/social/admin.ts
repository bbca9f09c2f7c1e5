import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { requireString } from '../../users/field-errors.ts'
import type { Account, UserId } from '../../users/user.ts'
import type { Core, OpenCore } from '../core.ts'
import { link } from './account-of-profile.ts'
import { providerNamed } from './begin.ts'
import type { Identity } from './identity.ts'
import { listIdentities, unlinkIdentity } from './own-identities.ts'
import { subjectOf } from './profile.ts'

/** An identity for `auth.identities.link`. */
export interface NewIdentity {
  /** The name of the provider in the option `social`. */
  readonly provider: string
  /** The provider's id of the person. */
  readonly subject: string
  readonly email?: string
}

/** What `auth.identities` does. */
export interface IdentityAdmin {
  /** The identities of a user, the oldest first. */
  list(userId: string): Promise<readonly Identity[]>
  /**
   * Links a person at a provider to a user, as an import does.
   *
   * @throws AuthError `user_not_found`; `not_found` without such a provider; `invalid` if it is linked to another user
   */
  link(userId: string, identity: NewIdentity): Promise<Identity>
  /** @throws AuthError `user_not_found`; `not_found`; `invalid` if the user could not sign in without it */
  unlink(userId: string, identityId: string): Promise<void>
}

export const identityAdmin = (open: OpenCore): IdentityAdmin => ({
  async list(userId) {
    requireString('userId', userId)
    return listIdentities(userId as UserId, await open())
  },
  async link(userId, identity) {
    refuseUnknownOptions(identity, MEMBERS, argumentOf('identities.link'))
    const core = await open()
    const { user } = await accountNamed(userId, core)
    const settings = providerNamed(identity.provider, core)
    const subject = subjectOf(identity.subject)
    if (subject === undefined)
      throw new AuthError(
        'invalid',
        'subject must be a string of the id that the provider gave the person',
      )
    return link(user, settings, { subject, email: identity.email }, core)
  },
  async unlink(userId, identityId) {
    const core = await open()
    await unlinkIdentity(await accountNamed(userId, core), identityId, core)
  },
})

const MEMBERS = { provider: true, subject: true, email: true } as const

async function accountNamed(userId: string, { users }: Core): Promise<Account> {
  const account = await users.read('id', requireString('userId', userId))
  if (account === undefined) throw new AuthError('user_not_found')
  return account
}
