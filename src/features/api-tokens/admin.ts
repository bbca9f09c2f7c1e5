import type { Seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { requireString } from '../../users/field-errors.ts'
import type { UserId } from '../../users/user.ts'
import type { Core, OpenCore } from '../core.ts'
import type { ApiToken, ShownToken } from './api-token.ts'
import { derivedToken, derivedTokenDeps } from './derived-token.ts'
import {
  type ApiTokenImportCounts,
  type ImportedApiToken,
  importApiTokens,
} from './import.ts'
import { issueApiToken } from './issue.ts'
import { apiTokenStore } from './sql.ts'

export interface NewApiToken {
  /** What it is for. */
  readonly name?: string | undefined
  /** What it is limited to; a permission such as `hasScope` requires one. */
  readonly scopes?: readonly string[]
  /** Without it the token is valid until it is revoked. */
  readonly expiresIn?: Duration | undefined
  /** The beginning of the token, 1 to 10 letters and digits. Default `ww`. */
  readonly prefix?: string
}

/** `auth.apiTokens`. A new password or a sign-out does not revoke API tokens. */
export interface ApiTokenAdmin {
  /**
   * Creates a token of a user. Only this call returns the token itself.
   *
   * @throws AuthError `invalid`, whose body names the invalid fields; `user_not_found`
   */
  create(userId: string, input?: NewApiToken): Promise<ShownToken>
  /**
   * Returns the token that `/api-token-auth/` returns for a user, the same at each call (`drf_create_token`).
   *
   * @param options.reset replaces it by a new one
   * @throws AuthError `user_not_found`; `invalid_config` if there is no secret to derive it from
   */
  keyFor(userId: string, options?: { readonly reset?: boolean }): Promise<ShownToken>
  /**
   * Adds tokens that django-rest-knox has issued, by their digests: clients keep them, if `knox({ importedTokens: true })` accepts them.
   * It can be repeated.
   *
   * @throws AuthError `invalid`, whose body names the place of the first invalid token and its field
   */
  import(
    tokens: Iterable<ImportedApiToken> | AsyncIterable<ImportedApiToken>,
  ): Promise<ApiTokenImportCounts>
  /** Lists the tokens of a user, newest first. */
  list(userId: string): Promise<readonly ApiToken[]>
  /**
   * Revokes a token at once.
   *
   * @param idOrHint its `id`, or its `hint`: the first characters, which `list` returns
   * @returns the revoked token; `undefined` if there is none with this id or hint
   * @throws AuthError `invalid` if several tokens have this hint
   */
  revoke(idOrHint: string): Promise<ApiToken | undefined>
  /** @returns how many it revoked */
  revokeAll(userId: string): Promise<number>
}

export function apiTokenAdmin(open: OpenCore): ApiTokenAdmin {
  const openFor = async (userId: unknown): Promise<Core> => {
    const id = requireString('user', userId)
    const core = await open()
    if ((await core.users.find('id', id)) === undefined)
      throw new AuthError('user_not_found')
    return core
  }
  const openPort = async () => (await open()).ports(apiTokenStore).apiTokens
  return {
    async create(user, options = {}) {
      refuseUnknownOptions(options, NEW, argumentOf('apiTokens.create'))
      const { expiresIn, ...input } = options
      const userId = user as UserId
      const core = await openFor(userId)
      const issued = await issueApiToken(
        userId,
        { ...input, expiresIn: lifeOf(expiresIn) },
        {
          apiTokens: core.ports(apiTokenStore).apiTokens,
          clock: core.clock,
          random: core.random,
        },
      )
      await core.audit.record({
        kind: 'api_token_created',
        userId,
        detail: { token: issued.record.id, scopes: issued.record.scopes },
      })
      return issued
    },
    async keyFor(user, options) {
      refuseUnknownOptions(options, { reset: true }, argumentOf('apiTokens.keyFor'))
      const userId = user as UserId
      const core = await openFor(userId)
      const shown = await derivedToken(userId, derivedTokenDeps(core), options)
      if (options?.reset === true)
        await core.audit.record({
          kind: 'api_token_created',
          userId,
          detail: { token: shown.record.id },
        })
      return shown
    },
    import: async (tokens) => importApiTokens(tokens, await open()),
    list: async (userId) =>
      (await openPort()).list(requireString('user', userId) as UserId),
    async revoke(idOrHint) {
      requireString('token', idOrHint)
      const { audit, ports } = await open()
      const { apiTokens } = ports(apiTokenStore)
      const [token, another] = await apiTokens.findByIdOrHint(idOrHint)
      if (another !== undefined) {
        throw new AuthError('invalid', undefined, {
          body: { token: ['Several tokens have this prefix: give the id of one.'] },
        })
      }
      if (token === undefined || !(await apiTokens.delete(token.id))) return undefined
      await audit.record({
        kind: 'api_token_revoked',
        userId: token.userId,
        detail: { token: token.id },
      })
      return token
    },
    async revokeAll(user) {
      const userId = requireString('user', user) as UserId
      const { audit, ports } = await open()
      const tokens = await ports(apiTokenStore).apiTokens.deleteAll(userId)
      if (tokens > 0)
        await audit.record({ kind: 'api_token_revoked', userId, detail: { tokens } })
      return tokens
    },
  }
}

const NEW = { name: true, scopes: true, expiresIn: true, prefix: true } as const

/** Returns `NaN` for an invalid duration, which `issueApiToken` then rejects with the field's name. */
function lifeOf(duration: Duration | undefined): Seconds | undefined {
  if (duration === undefined) return undefined
  return secondsOf(duration) ?? (Number.NaN as Seconds)
}
