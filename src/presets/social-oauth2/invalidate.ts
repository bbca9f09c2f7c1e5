import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import { revokeConsent } from '../../features/oauth/own-applications.ts'
import { clientStore } from '../../features/oauth/sql.ts'
import { type Answer, empty } from '../../http/answer.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { UserId } from '../../users/user.ts'
import { requireOwnApplication } from './own-application.ts'

const UNKNOWN = 'The application linked to the provided client_id could not be found.'

/** Ends all sessions that an application has of the user, and with them its tokens. @throws AuthError `invalid`, `permission_denied` */
export async function invalidateSessions(
  principal: Principal,
  clientId: string,
  core: Core,
): Promise<Answer> {
  await requireOwnApplication(principal, core)
  const client = await core.ports(clientStore).clients.find(clientId)
  if (client === undefined)
    throw new AuthError('invalid', undefined, { body: { detail: UNKNOWN } })
  const userId = principal.user.id as UserId
  const sessions = (await core.sessions?.list(userId)) ?? []
  for (const { id, clientId: of } of sessions)
    if (of === client.id) await revokeConsent({ id, userId, clientId: of }, core)
  return empty()
}
