import { after, minutes, type Seconds, seconds } from '../../../base/clock.ts'
import { freshnessOf } from '../../../base/fetch-json.ts'
import { hexId } from '../../../base/random.ts'
import type { SessionId } from '../../../sessions/session.ts'
import type { Core } from '../../core.ts'
import type { ClientId, StoredClient } from '../client.ts'
import { oauthSettings } from '../issuer.ts'
import { limitNetwork, type NetworkLimit } from '../network-limit.ts'
import { parseNewClient } from '../new-client.ts'
import { requireSector } from '../pairwise/sector-document.ts'
import { clientStore } from '../sql.ts'
import { invalidMetadata, newClientOf, withMetadataErrors } from './client-metadata.ts'

/** How long a document is used before it is fetched again: what its server says, within these bounds. */
const SHORTEST: Seconds = minutes(5)
const LONGEST: Seconds = minutes(60 * 24)

/** The draft recommends 5 KB (§6.6). */
const LARGEST = 10_240

/**
 * Whether a `client_id` is the address of a document about the application (draft-ietf-oauth-client-id-metadata-document §3): https, with
 * a path, without a fragment, a user name and dot segments.
 */
export function isDocumentAddress(id: string): boolean {
  if (!id.startsWith('https://') || id.length > 500 || id.includes('#')) return false
  const url = URL.parse(id)
  // Another spelling of the same address would be another application.
  return url?.href === id && url.pathname !== '/' && url.username === '' && !url.password
}

/**
 * The application of a document, fetched unless it was fetched recently. It is stored like one that an operator has registered, and can be
 * disabled as such.
 *
 * @param stored what is known of it
 * @throws AuthError `throttled`; `invalid_client_metadata` if the document cannot be fetched or is not valid
 */
export async function clientOfDocument(
  id: string,
  stored: StoredClient | undefined,
  core: Core,
): Promise<StoredClient> {
  const now = core.clock()
  // One that an operator has registered under this id is no document.
  if (stored !== undefined && stored.documentUntil === undefined) return stored
  if (stored?.disabledAt !== undefined) return stored
  if (stored?.documentUntil !== undefined && now < stored.documentUntil) return stored
  await limitNetwork(FETCHES, core)
  const { document, lifetime } = await fetchDocument(id, core)
  const client = await parseDocument(id, document, core)
  return core.ports(clientStore).clients.storeDocument({
    ...client,
    documentUntil: after(now, lifetime),
  })
}

interface FetchedDocument {
  readonly document: unknown
  readonly lifetime: Seconds
}

async function fetchDocument(id: string, core: Core): Promise<FetchedDocument> {
  const { clientDocuments: fetchOwn } = oauthSettings(core)
  try {
    if (typeof fetchOwn === 'function')
      return { document: await fetchOwn(id), lifetime: SHORTEST }
    return await fetchPublicDocument(id)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    core.log({
      level: 'warn',
      event: 'the document of an application was not fetched',
      client: id,
      message,
    })
    throw invalidMetadata('The document at the address in client_id cannot be fetched.')
  }
}

async function fetchPublicDocument(id: string): Promise<FetchedDocument> {
  const { fetchPublicJson, publicNetwork } = await import('../../../http/fetch-public.ts')
  const { document, headers } = await fetchPublicJson(id, {
    what: 'the document',
    timeout: seconds(5),
    maxBytes: LARGEST,
    network: publicNetwork,
  })
  const fresh = freshnessOf(
    new Headers({ 'cache-control': headers['cache-control'] ?? '' }),
  )
  const lifetime = Math.min(LONGEST, Math.max(SHORTEST, fresh ?? SHORTEST))
  return { document, lifetime: seconds(lifetime) }
}

/** @throws AuthError `invalid_client_metadata` */
async function parseDocument(
  id: string,
  document: unknown,
  core: Core,
): Promise<StoredClient> {
  const members = (document ?? {}) as Readonly<Record<string, unknown>>
  if (members.client_id !== id)
    throw invalidMetadata(
      'client_id in the document must be the address of the document.',
    )
  // Everybody can read it (§4.1).
  if (members.client_secret !== undefined)
    throw invalidMetadata('The document must have no client_secret.')
  const input = newClientOf(
    { token_endpoint_auth_method: 'none', ...members },
    oauthSettings(core),
  )
  if (input.proof === 'secret')
    throw invalidMetadata('token_endpoint_auth_method must be none or private_key_jwt.')
  const properties = await withMetadataErrors(() => parseNewClient(input))
  await requireSector(properties, core)
  return {
    ...properties,
    id: id as ClientId,
    secret: undefined,
    previousSecret: undefined,
    previousSecretUntil: undefined,
    sessionId: hexId(core.random) as SessionId,
    createdAt: core.clock(),
    disabledAt: undefined,
    registrationToken: undefined,
    documentUntil: undefined,
  }
}

const FETCHES: NetworkLimit = {
  name: 'oauth_document',
  what: 'documents of applications',
  perNetwork: { limit: 20, per: minutes(60) },
  inTotal: { limit: 500, per: minutes(60) },
}
