import type { UserAdminDeps, UserAdminSettings } from '../admin/users.ts'
import type { Random } from '../base/random.ts'
import type { Core } from '../features/core.ts'
import { FEATURE_LIST, type InstanceStore } from '../features.ts'
import type { Roles } from '../permissions/rights.ts'
import type { SessionManager } from '../sessions/session-manager.ts'
import type { TokenSettings } from '../tokens/token-settings.ts'
import type { UserFields } from '../users/fields.ts'

export type UserAdminTokens = Pick<TokenSettings, 'checkRevoke' | 'userIdField'>

export const userAdminSettings = ({
  roles,
  random,
  user: fields,
  tokens: { checkRevoke, userIdField },
}: {
  readonly roles: Roles
  readonly random: Random
  readonly user: UserFields
  readonly tokens: UserAdminTokens
}): UserAdminSettings => ({
  roles,
  random,
  fields,
  passwordRevokes: checkRevoke === 'session',
  userIdField,
})

type Parts = Pick<UserAdminDeps, 'passwords' | 'strength' | 'clock' | 'audit'> & {
  readonly store: Pick<InstanceStore, 'ports'>
  readonly core: Core
  readonly sessions: SessionManager | undefined
}

export const userAdminDeps = ({
  store,
  core,
  passwords,
  strength,
  clock,
  audit,
  sessions,
}: Parts): UserAdminDeps => ({
  users: store.ports.users,
  passwords,
  strength,
  clock,
  audit,
  // Without `tokens.sessions` the store may still have sessions, of other processes or of before.
  sessions: sessions ?? store.ports.sessions,
  async onUserDeleted(id) {
    for (const feature of FEATURE_LIST) await feature.onUserDeleted?.(id, core)
  },
})
