import { minutes, seconds } from '../../../base/clock.ts'
import { fetchPublicJson, publicNetwork } from '../../../http/fetch-public.ts'
import type { Core } from '../../core.ts'
import type { OAuthClient } from '../client.ts'
import { oauthSettings } from '../issuer.ts'
import { limitNetwork, type NetworkLimit } from '../network-limit.ts'
import { invalidMetadata } from '../registration/client-metadata.ts'

/** A list of 20 redirect URIs of the greatest length. */
const LARGEST = 65_536

/**
 * Requires that an application which has registered itself is of the sector that it names: the document there lists all its redirect URIs
 * (OpenID Connect Core 1.0 §8.1).
 *
 * @throws AuthError `invalid_client_metadata`, `throttled`
 */
export async function requireSector(
  {
    sectorIdentifierUri: address,
    redirectUris,
  }: Pick<OAuthClient, 'sectorIdentifierUri' | 'redirectUris'>,
  core: Core,
): Promise<void> {
  if (address === undefined) return
  await limitNetwork(FETCHES, core)
  const listed = await fetchSector(address, core)
  if (!Array.isArray(listed) || !redirectUris.every((uri) => listed.includes(uri)))
    throw invalidMetadata(
      'The document at sector_identifier_uri must be a JSON list with all redirect_uris.',
    )
}

async function fetchSector(address: string, core: Core): Promise<unknown> {
  const { fetchSector: fetchOwn = fetchPublicSector } = oauthSettings(core)
  try {
    return await fetchOwn(address)
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).slice(0, 200)
    core.log({
      level: 'warn',
      event: 'the sector of an application was not fetched',
      address,
      reason,
    })
    throw invalidMetadata('The document at sector_identifier_uri cannot be fetched.')
  }
}

async function fetchPublicSector(address: string): Promise<unknown> {
  const limits = { timeout: seconds(5), maxBytes: LARGEST, network: publicNetwork }
  return (await fetchPublicJson(address, { what: 'the document', ...limits })).document
}

const FETCHES: NetworkLimit = {
  name: 'oauth_sector',
  what: 'sectors of applications',
  perNetwork: { limit: 20, per: minutes(60) },
  inTotal: { limit: 500, per: minutes(60) },
}
