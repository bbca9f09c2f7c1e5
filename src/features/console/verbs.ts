import { keyAdmin } from '../../admin/keys.ts'
import { sessionAdmin } from '../../admin/sessions.ts'
import { AuthError } from '../../base/errors.ts'
import type { RotationResult } from '../../keys/key-ring.ts'
import { accountUserAdmin } from '../accounts/admin.ts'
import { apiTokenAdmin } from '../api-tokens/admin.ts'
import { apiTokenStore } from '../api-tokens/sql.ts'
import type { Core } from '../core.ts'
import { secondFactorAdmin } from '../second-factors/admin.ts'

/** What the pages change with: the verbs of programs, over the same instance. They record what they do. */
interface On {
  readonly core: Core
}

const opening =
  ({ core }: On) =>
  async (): Promise<Core> =>
    core

const sessionsOf = ({ core }: On) =>
  sessionAdmin(async () => {
    const { sessions, clock, audit } = core
    if (sessions === undefined) throw new AuthError('not_found')
    return { sessions, stored: sessions, clock, audit }
  })

/** @throws AuthError `not_found` if there is no such session, or it was revoked before */
export async function revokeSession(id: string, on: On): Promise<void> {
  if (!(await sessionsOf(on).revoke(id))) throw new AuthError('not_found')
}

export const revokeSessions = (userId: string, on: On): Promise<number> =>
  sessionsOf(on).revokeAll(userId)

/**
 * @param owner the user whose token it must be. Default: any
 * @throws AuthError `not_found`
 */
export async function revokeApiToken(id: string, on: On, owner?: string): Promise<void> {
  const { apiTokens } = on.core.ports(apiTokenStore)
  const found = (await apiTokens.findByIdOrHint(id)).find((each) => each.id === id)
  if (found === undefined || (owner ?? found.userId) !== found.userId)
    throw new AuthError('not_found')
  await apiTokenAdmin(opening(on)).revoke(id)
}

export const resetFactors = (userId: string, on: On): Promise<number> =>
  secondFactorAdmin(opening(on)).reset(userId)

export const accountsOf = (on: On) => accountUserAdmin(opening(on))

export const rotateKeys = (leaked: boolean, { core }: On): Promise<RotationResult> =>
  keyAdmin(async () => ({ ring: core.keys, audit: core.audit })).rotate({ leaked })
