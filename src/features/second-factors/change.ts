import type { Principal } from '../../permissions/permission.ts'
import type { SessionId } from '../../sessions/session.ts'
import type { UserId } from '../../users/user.ts'
import type { ApiTokenId } from '../api-tokens/api-token.ts'
import { apiTokenStore } from '../api-tokens/sql.ts'
import type { Core } from '../core.ts'
import { forgetDevices } from './devices.ts'
import { secondFactorOptions } from './options.ts'

/** The user who has changed the factors, with the credentials of that request if they stay valid. */
export type ChangedBy = { readonly user: Pick<Principal['user'], 'id'> } & Partial<
  Pick<Principal, 'sessionId' | 'credential'>
>

/**
 * After a change of factors: ends what other sign-ins of the user have started, sessions and the tokens of presets, so that nothing goes
 * on that was started without the factor (ASVS 5.0, 7.4.3). Tokens that were made for programs stay.
 */
export async function endOtherSignIns(
  { user, sessionId, credential }: ChangedBy,
  core: Core,
): Promise<void> {
  const settings = core.section(secondFactorOptions)
  if (settings === undefined) return
  const userId = user.id as UserId
  await forgetDevices(userId, core)
  if (settings.changeRevokes === 'none') return
  await endSessions(userId, sessionId as SessionId | undefined, core)
  await endSignInTokens(userId, credential?.id, core)
}

async function endSessions(
  userId: UserId,
  except: SessionId | undefined,
  { sessions, clock, audit }: Core,
): Promise<void> {
  const revoked = await sessions?.revokeAll(userId, 'admin', clock(), except)
  const count = revoked?.length ?? 0
  if (count > 0)
    void audit.record({ kind: 'session_revoked', userId, detail: { sessions: count } })
}

async function endSignInTokens(
  userId: UserId,
  except: string | undefined,
  { ports, audit }: Core,
): Promise<void> {
  const { apiTokens } = ports(apiTokenStore)
  const others = (await apiTokens.list(userId)).filter(
    ({ kind, id }) => kind !== undefined && id !== except,
  )
  const deleted = await Promise.all(
    others.map(({ id }) => apiTokens.delete(id as ApiTokenId)),
  )
  const tokens = deleted.filter(Boolean).length
  if (tokens > 0)
    void audit.record({ kind: 'api_token_revoked', userId, detail: { tokens } })
}
