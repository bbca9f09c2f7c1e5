import type { Scheme } from '../../authentication/scheme.ts'
import type { ApiTokenId } from '../../features/api-tokens/api-token.ts'
import { apiTokenStore } from '../../features/api-tokens/sql.ts'
import type { Core } from '../../features/core.ts'
import { guardedPost } from '../../features/define-feature.ts'
import { empty } from '../../http/answer.ts'
import { isAuthenticated } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { User, UserId } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { KIND, unlimited } from './login.ts'

/** Revokes the token of the request. */
export const logout = (scheme: Scheme<User>): PresetEndpoint =>
  revoking('Logout', '/logout/', scheme, async ({ credential }, { apiTokens }) => {
    const id = credential?.id as ApiTokenId
    return (await apiTokens.delete(id)) ? { token: id } : undefined
  })

/** Revokes all tokens of the user that this preset issued. */
export const logoutAll = (scheme: Scheme<User>): PresetEndpoint =>
  revoking('Logout All', '/logoutall/', scheme, async ({ user }, { apiTokens }) => {
    const tokens = await apiTokens.deleteAll(user.id as UserId, KIND)
    return tokens === 0 ? undefined : { tokens }
  })

type Ports = ReturnType<typeof apiTokenStore.ports>

/** @param revoke returns what the audit log says; `undefined` if nothing was revoked */
const revoking = (
  name: string,
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
