import { DEVICE_GRANT, EXCHANGE_GRANT, GRANT_TYPES, type GrantType } from './client.ts'
import type { Grant } from './grant.ts'
import type { OAuthSettings } from './options.ts'

/** The grants of the token endpoint, by `grant_type`. Each is loaded with its first request. */
export const GRANTS: Readonly<Record<GrantType, () => Promise<Grant>>> = {
  authorization_code: async () => (await import('./code-grant.ts')).exchangeCode,
  refresh_token: async () => (await import('./refresh-grant.ts')).exchangeRefreshToken,
  client_credentials: async () =>
    (await import('./client-credentials-grant.ts')).clientCredentials,
  [DEVICE_GRANT]: async () =>
    (await import('./device/device-grant.ts')).exchangeDeviceCode,
  [EXCHANGE_GRANT]: async () =>
    (await import('./exchange/exchange-grant.ts')).exchangeToken,
}

/** The grants that an option switches on. */
const SWITCHED: Readonly<
  Partial<Record<GrantType, (settings: OAuthSettings) => boolean>>
> = {
  [DEVICE_GRANT]: ({ device }) => device,
}

/** The grants of the instance. */
export const grantTypes = (settings: OAuthSettings): readonly GrantType[] =>
  GRANT_TYPES.filter((type) => SWITCHED[type]?.(settings) ?? true)
