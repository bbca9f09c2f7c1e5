import { keyAdmin } from '../../admin/keys.ts'
import { sessionAdmin } from '../../admin/sessions.ts'
import { AuthError } from '../../base/errors.ts'
import type { RotationResult } from '../../keys/key-ring.ts'
import { accountUserAdmin } from '../accounts/admin.ts'
import { apiTokenAdmin } from '../api-tokens/admin.ts'
import type { ListedApiToken } from '../api-tokens/api-token.ts'
import { apiTokenStore } from '../api-tokens/sql.ts'
import type { Core } from '../core.ts'
import { secondFactorAdmin } from '../second-factors/admin.ts'

/** The API of the instance (`auth.users` and the like), called by the pages. It records each action in the audit log. */
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

/** @throws AuthError `not_found` */
export async function findApiToken(id: string, { core }: On): Promise<ListedApiToken> {
  const { apiTokens } = core.ports(apiTokenStore)
  const found = (await apiTokens.findByIdOrHint(id)).find((each) => each.id === id)
  if (found === undefined) throw new AuthError('not_found')
  return found
}

/** @throws AuthError `not_found` */
export const revokeApiToken = (id: string, on: On): Promise<unknown> =>
  apiTokenAdmin(opening(on)).revoke(id)

export const resetFactors = (userId: string, on: On): Promise<number> =>
  secondFactorAdmin(opening(on)).reset(userId)

export const accountsOf = (on: On) => accountUserAdmin(opening(on))

export const rotateKeys = (leaked: boolean, { core }: On): Promise<RotationResult> =>
  keyAdmin(async () => ({ ring: core.keys, audit: core.audit, reseals: [] })).rotate({
    leaked,
  })
