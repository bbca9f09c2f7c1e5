import { listIf } from '../../base/optional.ts'
import { DPOP_ALGORITHMS } from '../../proofs/proof-algorithms.ts'
import type { Core, Surface } from '../core.ts'
import { grantTypes } from './grants.ts'
import { issuerOf, oauthSettings } from './issuer.ts'
import { SUBJECT_TYPES } from './pairwise/pairwise-options.ts'
import { OPENID_SCOPES } from './scope.ts'
import { USER_CLAIM_NAMES } from './user-claims.ts'

/** The names of the endpoints, by the members of the metadata that have their addresses. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  authorization_endpoint: 'oauth.authorize',
  token_endpoint: 'OAuth Token',
  revocation_endpoint: 'OAuth Revocation',
  introspection_endpoint: 'OAuth Introspection',
  userinfo_endpoint: 'OAuth User Info',
  end_session_endpoint: 'oauth.logout',
  jwks_uri: 'Key Set',
}

const CLAIMS = [
  'sub',
  'iss',
  'aud',
  'azp',
  'exp',
  'iat',
  'auth_time',
  'amr',
  'acr',
  'nonce',
  'at_hash',
  'sid',
  ...USER_CLAIM_NAMES,
]

/** How applications may prove who they are. */
const PROOFS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']

const ASSERTION_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
]

/** What a concept adds to the metadata (RFC 8414 §2, OpenID Connect Discovery 1.0 §3). */
type MetadataPart = (context: MetadataContext) => Readonly<Record<string, unknown>>

export interface MetadataContext {
  readonly core: Core
  readonly issuer: string
  /** The address of an endpoint, by its name; `undefined` if it is not mounted. */
  readonly addressOf: (name: string) => string | undefined
}

function issuerMetadata({ core, issuer, addressOf }: MetadataContext) {
  const addresses = Object.entries(ENDPOINTS).map(([member, name]) => [
    member,
    addressOf(name),
  ])
  return {
    issuer,
    ...Object.fromEntries(addresses),
    scopes_supported: [...OPENID_SCOPES, ...Object.keys(oauthSettings(core).scopes)],
    grant_types_supported: grantTypes(oauthSettings(core)),
  }
}

function clientMetadata() {
  const methods = {
    token: [...PROOFS, 'none'],
    revocation: [...PROOFS, 'none'],
    introspection: PROOFS,
  }
  const members = Object.entries(methods).flatMap(([name, supported]) => [
    [`${name}_endpoint_auth_methods_supported`, supported],
    [`${name}_endpoint_auth_signing_alg_values_supported`, ASSERTION_ALGORITHMS],
  ])
  return Object.fromEntries(members)
}

const authorizationMetadata = ({ core }: MetadataContext) => ({
  response_types_supported: [
    'code',
    ...listIf(oauthSettings(core).implicitGrant.length > 0, 'token'),
  ],
  response_modes_supported: ['query'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
})

const openidMetadata = ({ core }: MetadataContext) => ({
  subject_types_supported: SUBJECT_TYPES,
  id_token_signing_alg_values_supported: [core.keys.signing().alg],
  claims_supported: CLAIMS,
  claims_parameter_supported: true,
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
  acr_values_supported: ['aal1', 'aal2'],
  ui_locales_supported: ['en', 'de'],
  prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
})

const deviceMetadata = ({ addressOf }: MetadataContext) => ({
  device_authorization_endpoint: addressOf('OAuth Device Authorization'),
})

const registrationMetadata = ({ core, addressOf }: MetadataContext) => ({
  registration_endpoint: addressOf('OAuth Registration'),
  client_id_metadata_document_supported:
    oauthSettings(core).clientDocuments !== false || undefined,
})

const pushedMetadata = ({ core, addressOf }: MetadataContext) => ({
  pushed_authorization_request_endpoint: addressOf('OAuth Pushed Request'),
  require_pushed_authorization_requests:
    oauthSettings(core).requirePushedAuthorizationRequests,
})

const dpopMetadata = () => ({ dpop_signing_alg_values_supported: DPOP_ALGORITHMS })

/** Each concept has its part. Lists of several parts are joined. */
const PARTS: readonly MetadataPart[] = [
  issuerMetadata,
  clientMetadata,
  authorizationMetadata,
  openidMetadata,
  deviceMetadata,
  registrationMetadata,
  dpopMetadata,
  pushedMetadata,
]

/** The metadata of the instance. The addresses come from the option `url`, never from the request. */
export function metadataOf(core: Core, { endpoints }: Surface): object {
  const issuer = issuerOf(core)
  const addressOf = (name: string): string | undefined => {
    const endpoint = endpoints.find((each) => each.name === name)
    return endpoint && issuer + endpoint.path
  }
  const parts = PARTS.map((part) => part({ core, issuer, addressOf }))
  return parts.reduce(joined, {})
}

/** What is undefined is left out of the JSON. */
function joined(
  all: Readonly<Record<string, unknown>>,
  part: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const members = Object.entries(part).map(([name, value]) => {
    const before = all[name]
    if (!Array.isArray(before) || !Array.isArray(value)) return [name, value]
    return [name, [...new Set([...before, ...value])]]
  })
  return { ...all, ...Object.fromEntries(members) }
}
