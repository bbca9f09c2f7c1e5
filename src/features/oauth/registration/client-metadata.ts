import * as z from 'zod/mini'
import { AuthError } from '../../../base/errors.ts'
import { ifDefined } from '../../../base/optional.ts'
import {
  type ClientProof,
  DEVICE_GRANT,
  type GrantType,
  type OAuthClient,
} from '../client.ts'
import type { NewClient } from '../new-client.ts'
import type { PairwiseSettings, SubjectType } from '../pairwise/pairwise-options.ts'
import { isOfHost } from '../pairwise/sector.ts'
import { OPENID_SCOPES, parseScope } from '../scope.ts'
import type { RegistrationSettings } from './registration-options.ts'

const strings = () => z.optional(z.array(z.string()))

/** What is read of the metadata of an application (RFC 7591 §2); other members are ignored. */
const METADATA = z.object({
  redirect_uris: strings(),
  post_logout_redirect_uris: strings(),
  token_endpoint_auth_method: z.optional(z.string()),
  grant_types: strings(),
  response_types: strings(),
  client_name: z.optional(z.string()),
  scope: z.optional(z.string()),
  jwks: z.optional(z.object({ keys: z.array(z.looseObject({})) })),
  jwks_uri: z.optional(z.string()),
  backchannel_logout_uri: z.optional(z.string()),
  backchannel_logout_session_required: z.optional(z.boolean()),
  dpop_bound_access_tokens: z.optional(z.boolean()),
  require_pushed_authorization_requests: z.optional(z.boolean()),
  subject_type: z.optional(z.string()),
  sector_identifier_uri: z.optional(z.string()),
})

type Metadata = z.output<typeof METADATA>

/** More than an application needs. */
const MAX_URIS = 20

const PROOF_OF: Readonly<Record<string, ClientProof>> = {
  none: 'none',
  client_secret_basic: 'secret',
  client_secret_post: 'secret',
  private_key_jwt: 'private_key_jwt',
}

/** A grant without a user is for applications that an operator registers. */
const GRANTS: readonly GrantType[] = ['authorization_code', 'refresh_token', DEVICE_GRANT]

const UNNAMED = 'Unnamed application'

/**
 * What a stranger says of an application, as that of an operator. `parseNewClient` checks the result.
 *
 * Scopes that it may not ask for are left out (RFC 7591 §2).
 *
 * @throws AuthError `invalid_client_metadata`
 */
export function newClientOf(
  document: unknown,
  settings: RegistrationSettings & PairwiseSettings,
): Omit<NewClient, 'id'> {
  const metadata = parseMetadata(document)
  const { redirect_uris: redirectUris = [], grant_types: types } = metadata
  const known = GRANTS.filter((each) => (types ?? ['authorization_code']).includes(each))
  if (known.length === 0) throw invalidMetadata('No grant type is supported.')
  const subjectType = subjectTypeOf(metadata, settings)
  if (subjectType === 'pairwise') requireProvenSector(metadata, known)
  return {
    name: metadata.client_name ?? UNNAMED,
    proof: proofOf(metadata),
    grants: known,
    scopes: scopesOf(metadata, settings.registrationScopes),
    redirectUris,
    postLogoutRedirectUris: metadata.post_logout_redirect_uris ?? [],
    keys: metadata.jwks?.keys ?? [],
    jwksUri: metadata.jwks_uri,
    backchannelLogoutUri: metadata.backchannel_logout_uri,
    backchannelLogoutSessionRequired:
      metadata.backchannel_logout_session_required ?? false,
    dpopBoundAccessTokens: metadata.dpop_bound_access_tokens ?? false,
    requirePushedAuthorizationRequests:
      metadata.require_pushed_authorization_requests ?? false,
    subjectType,
    sectorIdentifierUri: metadata.sector_identifier_uri,
  }
}

export const invalidMetadata = (detail: string): AuthError =>
  new AuthError('invalid_client_metadata', undefined, { detail })

function parseMetadata(document: unknown): Metadata {
  const parsed = METADATA.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalidMetadata(`The metadata has a wrong type: ${issue?.path.join('.')}`)
  }
  const {
    redirect_uris = [],
    post_logout_redirect_uris = [],
    response_types,
  } = parsed.data
  if (redirect_uris.length + post_logout_redirect_uris.length > MAX_URIS)
    throw invalidMetadata(`At most ${MAX_URIS} redirect URIs are allowed.`)
  // RFC 7591 §2.
  if (parsed.data.jwks !== undefined && parsed.data.jwks_uri !== undefined)
    throw invalidMetadata('jwks and jwks_uri cannot be used together.')
  const { backchannel_logout_uri: logoutUri } = parsed.data
  if (logoutUri !== undefined && !/^https:/i.test(logoutUri))
    throw invalidMetadata('backchannel_logout_uri must be an https address.')
  if (response_types !== undefined && !response_types.includes('code'))
    throw invalidMetadata('The only supported response type is code.')
  return parsed.data
}

function proofOf({ token_endpoint_auth_method: method }: Metadata): ClientProof {
  const proof = PROOF_OF[method ?? 'client_secret_basic']
  if (proof === undefined)
    throw invalidMetadata('The token_endpoint_auth_method is not supported.')
  return proof
}

function scopesOf({ scope }: Metadata, allowed: readonly string[]): readonly string[] {
  const all = [...OPENID_SCOPES, ...allowed]
  if (scope === undefined || scope === '') return all
  const asked = parseScope(scope)
  if (asked === undefined) throw invalidMetadata('The scope is malformed.')
  return asked.filter((each) => all.includes(each))
}

/** @throws AuthError `invalid_client_metadata` */
function subjectTypeOf(
  { subject_type: asked }: Metadata,
  { subjectType, registrationSubjectTypes: allowed }: PairwiseSettings,
): SubjectType {
  const type = allowed.find((each) => each === (asked ?? subjectType))
  if (type !== undefined) return type
  const [first] = allowed
  if (asked === undefined && first !== undefined) return first
  throw invalidMetadata(`subject_type must be ${allowed.join(' or ')}.`)
}

/**
 * That tokens go to the hosts of its redirect URIs alone is what proves an application to be of its sector: else it could name the sector of
 * another one, and learn the names that users have there.
 *
 * @throws AuthError `invalid_client_metadata`
 */
function requireProvenSector(
  { redirect_uris: redirectUris = [], sector_identifier_uri: uri }: Metadata,
  grants: readonly GrantType[],
): void {
  const isNamed = uri !== undefined
  if (grants.includes(DEVICE_GRANT) && (isNamed || redirectUris.length > 0))
    throw invalidMetadata(
      'A pairwise application with the device grant has no redirect_uris and no sector_identifier_uri: register another one for devices.',
    )
  if (isNamed && !redirectUris.every(isOfHost))
    throw invalidMetadata(
      'With sector_identifier_uri, the redirect_uris of a pairwise application must be https addresses.',
    )
}

const METHOD_OF: Readonly<Record<ClientProof, string>> = {
  none: 'none',
  secret: 'client_secret_basic',
  private_key_jwt: 'private_key_jwt',
}

/** The metadata of an application that has registered (RFC 7591 §3.2.1). What is undefined is left out of the JSON. */
export const metadataOfClient = (client: OAuthClient) => ({
  client_id: client.id,
  client_id_issued_at: Math.floor(client.createdAt),
  client_name: client.name,
  redirect_uris: client.redirectUris,
  post_logout_redirect_uris: client.postLogoutRedirectUris,
  token_endpoint_auth_method: METHOD_OF[client.proof],
  grant_types: client.grants,
  response_types: client.grants.includes('authorization_code') ? ['code'] : [],
  scope: client.scopes.join(' '),
  jwks: ifDefined(client.keys[0], () => ({ keys: client.keys })),
  jwks_uri: client.jwksUri,
  backchannel_logout_uri: client.backchannelLogoutUri,
  backchannel_logout_session_required:
    client.backchannelLogoutSessionRequired || undefined,
  dpop_bound_access_tokens: client.dpopBoundAccessTokens || undefined,
  require_pushed_authorization_requests:
    client.requirePushedAuthorizationRequests || undefined,
  subject_type: client.subjectType,
  sector_identifier_uri: client.sectorIdentifierUri,
})

/** Errors of fields in the words of RFC 7591 §3.2.2. */
export async function withMetadataErrors<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid') throw error
    throw asMetadataError(error)
  }
}

function asMetadataError({ body, message }: AuthError): AuthError {
  const [[field = '', messages = []] = []] = Object.entries(
    (body ?? {}) as Readonly<Record<string, readonly string[]>>,
  )
  const isRedirect = field === 'redirectUris' || field === 'postLogoutRedirectUris'
  const code = isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  const detail = `${MEMBER_OF[field] ?? field}: ${messages.join(' ')}`
  return new AuthError(code, message, { detail })
}

const MEMBER_OF: Readonly<Record<string, string>> = {
  name: 'client_name',
  proof: 'token_endpoint_auth_method',
  grants: 'grant_types',
  scopes: 'scope',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  keys: 'jwks',
  jwksUri: 'jwks_uri',
  backchannelLogoutUri: 'backchannel_logout_uri',
  subjectType: 'subject_type',
  sectorIdentifierUri: 'sector_identifier_uri',
}
