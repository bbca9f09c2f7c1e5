import type { NewSession, SessionId } from '../../../sessions/session.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'
import { subjectsOf } from '../pairwise/subjects.ts'
import type { NewLogin } from './login.ts'

/**
 * The sign-in that a session of an application begins.
 *
 * @param browserId the session of the browser, whose end counts, too. Default: the session itself, for a sign-in that needs no browser
 * @returns `undefined` if the application is not notified of sign-outs
 */
export async function loginOf(
  { id, userId, expiresAt }: NewSession,
  client: StoredClient,
  core: Core,
  browserId: SessionId = id,
): Promise<NewLogin | undefined> {
  if (client.backchannelLogoutUri === undefined || userId === undefined) return undefined
  const subject = (await subjectsOf(client, core)).of(userId)
  return { id, clientId: client.id, subject, browserId, expiresAt }
}
