import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import { isOwnApplication } from '../../features/oauth/client.ts'
import { clientStore } from '../../features/oauth/sql.ts'
import type { Principal } from '../../permissions/permission.ts'

/**
 * A token of a third party's application, with any scopes, must not end sessions or disconnect a provider.
 *
 * @throws AuthError `permission_denied`
 */
export async function requireOwnApplication(
  { client }: Principal,
  core: Core,
): Promise<void> {
  if (client === undefined) return
  const stored = await core.ports(clientStore).clients.find(client.id)
  if (stored !== undefined && isOwnApplication(stored)) return
  throw new AuthError(
    'permission_denied',
    `the application ${client.id} is not one of the operator's own: it lacks skipConsent`,
  )
}
