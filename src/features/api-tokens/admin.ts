import type { Seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { AuthError } from '../../base/errors.ts'
import type { Secret } from '../../base/secret.ts'
import type { Instance } from '../../instance/instance.ts'
import { derivedKey } from '../../keys/seal.ts'
import type { Settings } from '../../settings/settings.ts'
import type { UserId } from '../../users/user.ts'
import type { ApiToken, ShownToken } from './api-token.ts'
import { type DerivedTokenDeps, derivedToken } from './derived-token.ts'
import { issueApiToken } from './issue.ts'

export interface NewApiToken {
  /** What it is for. */
  readonly name?: string | undefined
  /** What it is limited to: asked for with `hasScope`. */
  readonly scopes?: readonly string[]
  /** Without it the token lives until it is revoked. */
  readonly expiresIn?: Duration | undefined
  /** How its text begins, 1 to 10 letters and digits. Default `ww`. */
  readonly prefix?: string
}

/** What the owner of an instance does with API tokens. Neither a new password nor a sign-out ends them. */
export interface ApiTokenAdmin {
  /**
   * A new token of a user. Its text is shown this once.
   *
   * @throws AuthError `invalid`, its body naming the fields at fault; `user_not_found`
   */
  create(userId: UserId, input?: NewApiToken): Promise<ShownToken>
  /**
   * The token that a user gets at `/api-token-auth/`, the same at each call (`drf_create_token`).
   *
   * @param options.reset makes a new one; the old one ends
   * @throws AuthError `user_not_found`; `invalid_config` where there is no secret to derive it under
   */
  keyFor(userId: UserId, options?: { readonly reset?: boolean }): Promise<ShownToken>
  /** The newest first. */
  list(userId: UserId): Promise<readonly ApiToken[]>
  /**
   * Ends a token at once.
   *
   * @param idOrHint its id, or how its text begins, as lists show it
   * @returns `undefined`: there is none
   * @throws AuthError `invalid` where several begin so
   */
  revoke(idOrHint: string): Promise<ApiToken | undefined>
  /** @returns how many it ended */
  revokeAll(userId: UserId): Promise<number>
}

export function apiTokenAdmin(
  settings: Settings,
  open: () => Promise<Instance>,
): ApiTokenAdmin {
  const houseOf = async (userId: UserId): Promise<Instance> => {
    const instance = await open()
    if ((await instance.store.ports.users.find('id', userId)) === undefined)
      throw new AuthError('user_not_found')
    return instance
  }
  return {
    async create(userId, { expiresIn, ...input } = {}) {
      const { store, clock, audit } = await houseOf(userId)
      const life =
        expiresIn === undefined ? undefined : (secondsOf(expiresIn) ?? NO_LENGTH)
      const issued = await issueApiToken(
        userId,
        { ...input, expiresIn: life },
        { ...settings, clock, apiTokens: store.ports.apiTokens },
      )
      await audit.record({
        kind: 'api_token_created',
        userId,
        detail: { token: issued.record.id, scopes: issued.record.scopes },
      })
      return issued
    },
    async keyFor(userId, options) {
      const { deriving, audit } = await houseOf(userId)
      const shown = await derivedToken(userId, deriving, options)
      if (options?.reset === true)
        await audit.record({
          kind: 'api_token_created',
          userId,
          detail: { token: shown.record.id },
        })
      return shown
    },
    list: async (userId) => (await open()).store.ports.apiTokens.list(userId),
    async revoke(idOrHint) {
      const { store, audit } = await open()
      const { apiTokens } = store.ports
      const [token, another] = await apiTokens.named(idOrHint)
      if (another !== undefined) {
        throw new AuthError('invalid', undefined, {
          body: { token: ['Several tokens begin so: name one by its id.'] },
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
    async revokeAll(userId) {
      const { store, audit } = await open()
      const tokens = await store.ports.apiTokens.deleteAll(userId)
      if (tokens > 0)
        await audit.record({ kind: 'api_token_revoked', userId, detail: { tokens } })
      return tokens
    },
  }
}

/** Refused where the token is made. */
const NO_LENGTH = Number.NaN as Seconds

/**
 * Where tokens are derived. Its keys are made when the first is asked for: not every instance has a secret.
 *
 * @param secretsOf the instance's secrets, the first of which derives new tokens
 * @throws AuthError `invalid_config` where the endpoint that gives them out is mounted and nothing can derive them
 */
export function derivedTokenDeps(
  settings: Settings & Pick<DerivedTokenDeps, 'clock'>,
  apiTokens: DerivedTokenDeps['apiTokens'],
  secretsOf: () => readonly Secret[],
): DerivedTokenDeps {
  const { clock, random, endpoints } = settings
  let keys: readonly Uint8Array[] | undefined
  const derivingKeys = (): readonly Uint8Array[] => {
    keys ??= secretsOf().map((secret) => derivedKey(secret, 'API tokens'))
    return keys
  }
  if (endpoints.apiToken !== undefined) secretsOf()
  return { apiTokens, clock, random, derivingKeys }
}
