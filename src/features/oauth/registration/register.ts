import { minutes } from '../../../base/clock.ts'
import { type Answer, empty, json } from '../../../http/answer.ts'
import type { ParsedBody } from '../../../http/parsed-body.ts'
import type { AuthRequest } from '../../../http/request.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'
import { createClient, deleteClient } from '../clients.ts'
import { oauthSettings } from '../issuer.ts'
import { limitNetwork, type NetworkLimit } from '../network-limit.ts'
import { type NewClient, parseNewClient } from '../new-client.ts'
import { requireSector } from '../pairwise/sector-document.ts'
import { isSecretOf } from '../secret.ts'
import { clientStore } from '../sql.ts'
import {
  invalidMetadata,
  metadataOfClient,
  newClientOf,
  withMetadataErrors,
} from './client-metadata.ts'
import {
  bearerOf,
  checkInitialToken,
  isRegistrationTokenOf,
  newRegistrationToken,
  notAuthenticated,
  redeemInitialToken,
  registrationDigestOf,
} from './registration-token.ts'

/** A request to register, or to change a registration. */
export interface RegistrationRequest {
  readonly request: AuthRequest
  readonly body: ParsedBody | undefined
  /** Where the registration of an application is managed. */
  readonly addressOf: (id: string) => string
}

/**
 * `POST /oauth/register` (RFC 7591 §3.1). The metadata is checked before the initial access token is redeemed, so that an error does not
 * consume it.
 */
export async function register(
  { request, body, addressOf }: RegistrationRequest,
  core: Core,
): Promise<Answer> {
  await limitNetwork(REGISTRATIONS, core)
  const settings = oauthSettings(core)
  const initial = settings.registration === 'open' ? undefined : bearerOf(request)
  if (initial !== undefined) await checkInitialToken(initial, core)
  const input = newClientOf(documentOf(body), settings)
  await requireSector(await withMetadataErrors(() => parseNewClient(input)), core)
  if (initial !== undefined) await redeemInitialToken(initial, core)
  const token = newRegistrationToken(core.random)
  const digest = registrationDigestOf(token)
  const { client, secret } = await createClient(input, core, digest)
  const answer = {
    ...metadataOfClient(client),
    client_secret: secret,
    // It does not expire.
    client_secret_expires_at: secret === undefined ? undefined : 0,
    registration_access_token: token,
    registration_client_uri: addressOf(client.id),
  }
  return json(answer, { status: 201 })
}

const documentOf = (body: ParsedBody | undefined): object =>
  Object.fromEntries(body?.values ?? [])

/** `GET /oauth/register/{id}` (RFC 7592 §2.1). */
export async function readRegistration(
  id: string,
  { request, addressOf }: RegistrationRequest,
  core: Core,
): Promise<Answer> {
  const client = await registeredBy(request, id, core)
  return json({ ...metadataOfClient(client), registration_client_uri: addressOf(id) })
}

/** `PUT /oauth/register/{id}` (RFC 7592 §2.2): replaces the metadata; the way to authenticate stays. */
export async function changeRegistration(
  id: string,
  { request, body, addressOf }: RegistrationRequest,
  core: Core,
): Promise<Answer> {
  const client = await registeredBy(request, id, core)
  const document: Readonly<Record<string, unknown>> = { ...documentOf(body) }
  requireSameClient(document, client, core)
  const input = newClientOf(document, oauthSettings(core))
  const properties = await withMetadataErrors(() => parseNewClient(input))
  if (properties.proof !== client.proof)
    throw invalidMetadata('The token_endpoint_auth_method cannot be changed.')
  await requireSector(properties, core)
  const changed: StoredClient = { ...client, ...properties }
  const { clients } = core.ports(clientStore)
  if (!(await clients.changeRegistered(changed)))
    throw notAuthenticated('the application has ended meanwhile')
  await core.audit.record({ kind: 'client_changed', detail: changeOf(client.id, input) })
  return json({ ...metadataOfClient(changed), registration_client_uri: addressOf(id) })
}

const changeOf = (client: string, { grants, scopes }: Omit<NewClient, 'id'>) => ({
  client,
  grants,
  scopes,
})

/** @throws AuthError `invalid_client_metadata` */
function requireSameClient(
  { client_id: id, client_secret: secret }: Readonly<Record<string, unknown>>,
  client: StoredClient,
  core: Core,
): void {
  if (id !== client.id) throw invalidMetadata('client_id must be that of the address.')
  if (secret === undefined) return
  if (typeof secret !== 'string' || !isSecretOf(client, secret, core.clock()))
    throw invalidMetadata('client_secret must be the current one.')
}

/** `DELETE /oauth/register/{id}` (RFC 7592 §2.3). */
export async function endRegistration(
  id: string,
  { request }: RegistrationRequest,
  core: Core,
): Promise<Answer> {
  const client = await registeredBy(request, id, core)
  await deleteClient(client.id, core)
  return empty()
}

/** The same answer for an unknown application and a wrong token (RFC 7592 §2). @throws AuthError `not_authenticated` */
async function registeredBy(
  request: AuthRequest,
  id: string,
  core: Core,
): Promise<StoredClient> {
  const token = bearerOf(request)
  const client = await core.ports(clientStore).clients.find(id)
  const isRight = isRegistrationTokenOf(client, token)
  if (client !== undefined && isRight && client.disabledAt === undefined) return client
  throw notAuthenticated('the application is unknown, or the token is not its')
}

/** 20 requests of a client's network in an hour, and 1,000 in a day. */
const REGISTRATIONS: NetworkLimit = {
  name: 'oauth_register',
  what: 'registrations',
  perNetwork: { limit: 20, per: minutes(60) },
  inTotal: { limit: 1000, per: minutes(60 * 24) },
}
