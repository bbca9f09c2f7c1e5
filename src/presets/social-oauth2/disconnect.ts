import { AuthError } from '../../base/errors.ts'
import { ownAccount } from '../../features/accounts/own-account.ts'
import type { Core } from '../../features/core.ts'
import { notifyOf } from '../../features/social/notice.ts'
import { providersIn } from '../../features/social/options.ts'
import { listIdentities, unlinkIdentity } from '../../features/social/own-identities.ts'
import { type Answer, empty } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import { requireOwnApplication } from './own-application.ts'

/** What is disconnected. */
export interface Disconnection {
  readonly backend: string
  readonly association_id?: string | undefined
}

/**
 * Disconnects a provider from the user, who is notified by mail. For an id that is not the user's nothing happens.
 *
 * @throws AuthError `invalid`, also for the last way to sign in; `permission_denied`
 */
export async function disconnectBackend(
  principal: Principal,
  { backend, association_id: id }: Disconnection,
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  await requireOwnApplication(principal, core)
  if (id === undefined || id === '')
    throw fieldError({ association_id: ['This field is required.'] })
  if (!providersIn(core.section).has(backend))
    throw fieldError({ backend: ['Invalid backend.'] })
  const account = await ownAccount(principal.user.id, core)
  const identities = await listIdentities(account.user.id, core)
  if (!identities.some((each) => each.id === id && each.provider === backend))
    return empty()
  const identity = await unlinkIdentity(account, id, core).catch(unlessUnknown)
  if (identity !== undefined)
    await notifyOf('identityDisconnected', identity, account.user, request, core)
  return empty()
}

/** A concurrent request has disconnected it. */
function unlessUnknown(error: unknown): undefined {
  if (error instanceof AuthError && error.code === 'not_found') return undefined
  throw error
}
