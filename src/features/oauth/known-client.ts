import { AuthError } from '../../base/errors.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { oauthSettings } from './issuer.ts'
import { clientStore } from './sql.ts'

/**
 * The application with an id. If the id is the address of a document, and the option `oauth.clientDocuments` is on, the document says what
 * it is.
 *
 * @throws AuthError `throttled`, `invalid_client_metadata`
 */
export async function knownClient(
  id: string,
  core: Core,
): Promise<StoredClient | undefined> {
  const stored = await core.ports(clientStore).clients.find(id)
  if (!id.startsWith('https://')) return stored
  if (oauthSettings(core).clientDocuments === false) return offIfDocument(stored)
  const { clientOfDocument, isDocumentAddress } = await import(
    './registration/client-document.ts'
  )
  if (!isDocumentAddress(id)) return offIfDocument(stored)
  return clientOfDocument(id, stored, core)
}

/** An application of a document is unknown once the option is off. */
const offIfDocument = (stored: StoredClient | undefined): StoredClient | undefined =>
  stored?.documentUntil === undefined ? stored : undefined

/** The same; `undefined` also if the document of the application is not valid. @throws AuthError `throttled` */
export const findValidClient = (
  id: string,
  core: Core,
): Promise<StoredClient | undefined> => knownClient(id, core).catch(asUnknown)

function asUnknown(error: unknown): undefined {
  if (error instanceof AuthError && error.status === 400) return undefined
  throw error
}
