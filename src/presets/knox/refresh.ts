import { after, type Seconds, type UnixSeconds } from '../../base/clock.ts'
import type { StoredApiToken } from '../../features/api-tokens/api-token.ts'
import type { RenewToken } from '../../features/api-tokens/scheme.ts'
import { KIND } from './login.ts'
import type { KnoxSettings } from './options.ts'

/** A token that ends this soon is renewed before the request goes on: a batch might be written too late. */
const SOON = 2

/** The option `autoRefresh`. */
export const refreshing =
  (settings: KnoxSettings): RenewToken =>
  (token, { apiTokens, clock }) => {
    const now = clock()
    const { expiresAt } = token
    const renewed = renewedExpiry(token, now, settings)
    if (renewed === undefined || expiresAt === undefined) return undefined
    // The request is authenticated whether or not this succeeds, and the next one tries it again.
    const written = apiTokens.extend(token.id, renewed).catch(() => {})
    if (expiresAt - now < SOON) return written
    return undefined
  }

/** @returns `undefined` if it stays */
function renewedExpiry(
  { kind, createdAt, expiresAt }: StoredApiToken,
  now: UnixSeconds,
  { ttl, autoRefreshMaxTtl, minRefreshInterval }: KnoxSettings,
): UnixSeconds | undefined {
  if (kind !== KIND || ttl === null || expiresAt === undefined) return undefined
  const longest = autoRefreshMaxTtl ?? (Number.POSITIVE_INFINITY as Seconds)
  const renewed = Math.min(after(now, ttl), after(createdAt, longest)) as UnixSeconds
  if (renewed - expiresAt > minRefreshInterval) return renewed
  return undefined
}
