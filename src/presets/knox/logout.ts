import type { Scheme } from '../../authentication/scheme.ts'
import type { ApiTokenId } from '../../features/api-tokens/api-token.ts'
import { apiTokenStore } from '../../features/api-tokens/sql.ts'
import type { Core } from '../../features/core.ts'
import { guardedPost } from '../../features/define-feature.ts'
import { empty } from '../../http/answer.ts'
import { NO_CONTENT } from '../../http/description.ts'
import { isAuthenticated } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { User, UserId } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { KIND, unlimited } from './login.ts'

/** Revokes the token of the request. */
export const logout = (scheme: Scheme<User>): PresetEndpoint =>
  revoking(LOGOUT, '/logout/', scheme, async ({ credential }, { apiTokens }) => {
    const id = credential?.id as ApiTokenId
    if (!(await apiTokens.delete(id))) return undefined
    return { token: id }
  })

/** Revokes all tokens of the user that this preset issued. */
export const logoutAll = (scheme: Scheme<User>): PresetEndpoint =>
  revoking(LOGOUT_ALL, '/logoutall/', scheme, async ({ user }, { apiTokens }) => {
    const tokens = await apiTokens.deleteAll(user.id as UserId, KIND)
    if (tokens === 0) return undefined
    return { tokens }
  })

type Ports = ReturnType<typeof apiTokenStore.ports>

interface Named {
  readonly name: string
  readonly operationId: string
  readonly summary: string
}

const LOGOUT: Named = {
  name: 'Logout',
  operationId: 'knoxLogout',
  summary: 'Revoke the token of the request',
}

const LOGOUT_ALL: Named = {
  name: 'Logout All',
  operationId: 'knoxLogoutAll',
  summary: 'Revoke all tokens of the user',
}

/** @param revoke returns what the audit log says; `undefined` if nothing was revoked */
const revoking = (
  { name, ...texts }: Named,
  path: `/${string}`,
  scheme: Scheme<User>,
  revoke: (principal: Principal, ports: Ports) => Promise<object | undefined>,
): PresetEndpoint =>
  definePresetEndpoint({
    path,
    create: (_, open) =>
      guardedPost(name, {
        authentication: [scheme],
        requirement: isAuthenticated,
        describe: () => ({ ...texts, answers: NO_CONTENT }),
        async handle(_, __, { principal }) {
          const core = await open()
          const detail = await revoke(unlimited(principal), core.ports(apiTokenStore))
          if (detail !== undefined) record(principal, detail, core)
          return empty()
        },
      }),
  })

const record = (
  { user }: Principal,
  detail: object,
  { audit }: Pick<Core, 'audit'>,
): void =>
  void audit.record({
    kind: 'api_token_revoked',
    userId: user.id as UserId,
    detail: { ...detail },
  })
