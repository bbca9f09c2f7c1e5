import { AuthError } from '../../base/errors.ts'
import { listOf, withoutUndefined } from '../../base/optional.ts'
import { isAsymmetric } from '../../jwt/algorithms.ts'
import { importVerifyingKey } from '../../jwt/index.ts'
import type { Jwk } from '../../jwt/jwk.ts'
import { type FieldErrors, rejectFieldErrors } from '../../users/field-errors.ts'
import {
  CLIENT_PROOFS,
  type ClientProof,
  EXCHANGE_GRANT,
  GRANT_TYPES,
  type GrantType,
  type OAuthClient,
} from './client.ts'
import { SUBJECT_TYPES, type SubjectType } from './pairwise/pairwise-options.ts'
import { needsSector } from './pairwise/sector.ts'
import { redirectUriFault } from './redirect-uri.ts'
import { isResource, isScope } from './scope.ts'

/** The properties of a new application. */
export interface NewClient {
  /** Shown to users who are asked for their consent: 1 to 150 visible characters. */
  readonly name: string
  /** Its `client_id`, such as one that another server gave it. Default: a new one. */
  readonly id?: string
  /**
   * How it authenticates: `none` for browser and mobile applications, which cannot keep a secret. Default `secret`; with `keys` or
   * `jwksUri`, `private_key_jwt`.
   */
  readonly proof?: ClientProof
  /** Default: with `redirectUris`, `authorization_code` and `refresh_token`; without, `client_credentials`. */
  readonly grants?: readonly GrantType[]
  /** The scopes that it may ask for. Default: none. */
  readonly scopes?: readonly string[]
  /** Other services for which it may get tokens (RFC 8707). Default: none. */
  readonly resources?: readonly string[]
  /** If the application is itself a service: its URLs, such as `https://api.example.com`. It may introspect tokens issued for them. Default: none. */
  readonly audiences?: readonly string[]
  /** The URIs to which users return after the sign-in. */
  readonly redirectUris?: readonly string[]
  /** The same after a sign-out. */
  readonly postLogoutRedirectUris?: readonly string[]
  /** Where it is notified that a user has signed out (OpenID Connect Back-Channel Logout 1.0). Default, and `''`: it is not notified. */
  readonly backchannelLogoutUri?: string | undefined
  /** As in its metadata; the session is named in any case. Default false. */
  readonly backchannelLogoutSessionRequired?: boolean
  /** Its public keys as JWKs, for `private_key_jwt`. */
  readonly keys?: readonly object[]
  /** The https address of its public keys, in place of `keys`; `''`: none. */
  readonly jwksUri?: string | undefined
  /** Whether users are not asked for their consent: for applications of your own. Default false. */
  readonly skipConsent?: boolean
  /** Whether it gets only tokens that are bound to a key of its own (DPoP, RFC 9449 §5.2). Default false: to that of a proof, if it sends one. */
  readonly dpopBoundAccessTokens?: boolean
  /** Whether it must push its authorization requests first (RFC 9126 §6). Default false. */
  readonly requirePushedAuthorizationRequests?: boolean
  /**
   * What its tokens name users by: `public`, their id, or `pairwise`, a name that no application of another sector has. Default: that of the
   * option `oauth.subjectType`.
   */
  readonly subjectType?: SubjectType
  /**
   * The https address whose host is the sector of a pairwise application; `''`: none. Default: the sector is the host of its redirect URIs,
   * which must be one.
   */
  readonly sectorIdentifierUri?: string | undefined
}

/** What is changed of an application; what is left out stays. A list replaces the former one. */
export type ClientChanges = Partial<Omit<NewClient, 'id'>>

export type ClientProperties = Omit<
  OAuthClient,
  'id' | 'createdAt' | 'previousSecretUntil' | 'disabledAt'
>

/** Applies defaults and checks a new application. @throws AuthError `invalid`, whose body names the invalid fields */
export function parseNewClient(input: NewClient): ClientProperties {
  const { redirectUris = [], postLogoutRedirectUris = [], keys = [] } = input
  const { scopes = [], resources = [], audiences = [], skipConsent = false } = input
  const jwksUri = input.jwksUri || undefined
  const client = {
    name: input.name,
    proof: input.proof ?? proofWith(keys, jwksUri) ?? 'secret',
    grants: input.grants ?? defaultGrants(redirectUris),
    scopes: unique(scopes),
    resources: unique(resources),
    audiences: unique(audiences),
    redirectUris: unique(redirectUris),
    postLogoutRedirectUris: unique(postLogoutRedirectUris),
    backchannelLogoutUri: input.backchannelLogoutUri || undefined,
    backchannelLogoutSessionRequired: input.backchannelLogoutSessionRequired ?? false,
    keys: keys as readonly Jwk[],
    jwksUri,
    skipConsent,
    dpopBoundAccessTokens: input.dpopBoundAccessTokens ?? false,
    requirePushedAuthorizationRequests: input.requirePushedAuthorizationRequests ?? false,
    subjectType: input.subjectType ?? 'public',
    sectorIdentifierUri: input.sectorIdentifierUri || undefined,
  }
  rejectFieldErrors(faultsOf(client))
  return client
}

/**
 * Applies changes to an application. With `keys` or `jwksUri` its proof is `private_key_jwt` unless one is given, and each replaces the
 * other; with another proof, both are removed.
 *
 * @throws AuthError `invalid`, whose body names the invalid fields
 */
export function parseChanges(
  before: ClientProperties,
  changes: ClientChanges,
): ClientProperties {
  const proof = changes.proof ?? proofWith(changes.keys, changes.jwksUri) ?? before.proof
  const keys = keysWith(proof, before, changes)
  return parseNewClient({ ...before, ...withoutUndefined(changes), proof, ...keys })
}

function proofWith(
  keys: ClientChanges['keys'],
  jwksUri: string | undefined,
): ClientProof | undefined {
  const hasKeys = keys !== undefined && keys.length > 0
  if (hasKeys || jwksUri) return 'private_key_jwt'
  return undefined
}

type Keys = Pick<NewClient, 'keys' | 'jwksUri'>

function keysWith(
  proof: ClientProof,
  before: ClientProperties,
  { keys, jwksUri }: ClientChanges,
): Keys {
  if (keys !== undefined && jwksUri !== undefined) return { keys, jwksUri }
  if (keys !== undefined && keys.length > 0) return { keys, jwksUri: '' }
  if (jwksUri) return { keys: [], jwksUri }
  if (proof !== 'private_key_jwt') return { keys: keys ?? [], jwksUri: '' }
  return { keys: keys ?? before.keys, jwksUri: jwksUri ?? before.jwksUri }
}

const unique = (list: readonly string[]): readonly string[] => {
  if (Array.isArray(list)) return [...new Set(list)]
  // Its field is rejected below.
  return [Number.NaN as unknown as string]
}

const defaultGrants = (redirectUris: readonly string[]): readonly GrantType[] =>
  redirectUris.length > 0
    ? ['authorization_code', 'refresh_token']
    : ['client_credentials']

const faultsOf = (client: ClientProperties): FieldErrors => ({
  name: unless(isName(client.name), 'Must be 1 to 150 visible characters.'),
  proof: listOf(proofFault(client)),
  grants: listOf(grantsFault(client)),
  scopes: unless(client.scopes.every(isScope) && client.scopes.length <= 100, SCOPES),
  resources: unless(client.resources.every(isResource), RESOURCES),
  audiences: unless(client.audiences.every(isResource), RESOURCES),
  redirectUris: urisFaults(client.redirectUris, client),
  postLogoutRedirectUris: client.postLogoutRedirectUris.flatMap(uriFaults),
  backchannelLogoutUri: logoutUriFaults(client),
  keys: listOf(keysFault(client)),
  jwksUri: unless(isHttpsAddress(client.jwksUri), HTTPS_ADDRESS),
  subjectType: unless(
    SUBJECT_TYPES.includes(client.subjectType),
    `Must be one of ${SUBJECT_TYPES.join(', ')}.`,
  ),
  sectorIdentifierUri: listOf(sectorFault(client)),
  ...switchFaults(client),
})

const SWITCHES = [
  'backchannelLogoutSessionRequired',
  'skipConsent',
  'dpopBoundAccessTokens',
  'requirePushedAuthorizationRequests',
] as const

function logoutUriFaults({ backchannelLogoutUri: uri }: ClientProperties) {
  const isRight =
    uri === undefined ||
    (isResource(uri) && /^https?:\/\/[^@]*$/i.test(uri) && URL.canParse(uri))
  return unless(isRight, 'Must be an https address without a fragment and a user name.')
}

const isHttpsAddress = (uri: unknown): boolean =>
  uri === undefined ||
  (isResource(uri) && /^https:\/\/[^@]*$/i.test(uri) && URL.canParse(uri))

const HTTPS_ADDRESS = 'Must be an https address without a fragment and a user name.'

function sectorFault(client: ClientProperties): string | undefined {
  const { redirectUris, sectorIdentifierUri, subjectType } = client
  if (!isHttpsAddress(sectorIdentifierUri)) return HTTPS_ADDRESS
  // Their field is rejected.
  if (subjectType !== 'pairwise' || redirectUris.some((uri) => !URL.canParse(uri)))
    return undefined
  return needsSector(client) ? SEVERAL_HOSTS : undefined
}

const SEVERAL_HOSTS =
  'A pairwise application with redirect URIs of several hosts needs one: its host is the sector (OpenID Connect Core 1.0 §8.1).'

const switchFaults = (client: ClientProperties): FieldErrors =>
  Object.fromEntries(
    SWITCHES.map((name) => [
      name,
      unless(typeof client[name] === 'boolean', 'Must be true or false.'),
    ]),
  )

const SCOPES =
  'Must be at most 100 scopes without spaces, quotes or backslashes, such as posts:read.'
const RESOURCES =
  'Must be absolute URLs without a fragment, such as https://api.example.com.'

const unless = (isRight: boolean, message: string): readonly string[] =>
  isRight ? [] : [message]

const isName = (name: unknown): boolean =>
  typeof name === 'string' &&
  name.trim() !== '' &&
  name.length <= 150 &&
  name.isWellFormed() &&
  !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)

/** Grants without a step of the user's own: the application must prove who it is. */
const CONFIDENTIAL_GRANTS: readonly GrantType[] = ['client_credentials', EXCHANGE_GRANT]

function proofFault({
  proof,
  grants,
  keys,
  jwksUri,
}: ClientProperties): string | undefined {
  if (!CLIENT_PROOFS.includes(proof)) return `Must be one of ${CLIENT_PROOFS.join(', ')}.`
  const confidential = CONFIDENTIAL_GRANTS.find((each) => grants.includes(each))
  if (proof === 'none' && confidential !== undefined)
    return `${confidential} requires a secret or a key: use another grant or proof.`
  if (proof !== 'private_key_jwt' && (keys.length > 0 || jwksUri !== undefined))
    return 'Keys require the proof private_key_jwt: change the proof, or remove the keys.'
  return undefined
}

function grantsFault({ grants, redirectUris }: ClientProperties): string | undefined {
  if (!Array.isArray(grants) || grants.length === 0 || !grants.every(isGrant))
    return `Must be a list of ${GRANT_TYPES.join(', ')}.`
  if (grants.includes('authorization_code') && redirectUris.length === 0)
    return 'authorization_code requires at least one redirect URI.'
  return undefined
}

const isGrant = (grant: unknown): boolean =>
  (GRANT_TYPES as readonly unknown[]).includes(grant)

const urisFaults = (
  uris: readonly string[],
  { grants }: ClientProperties,
): readonly string[] => {
  if (uris.length > 0 && Array.isArray(grants) && !grants.includes('authorization_code'))
    return ['Redirect URIs require the grant authorization_code.']
  return uris.flatMap(uriFaults)
}

function uriFaults(uri: unknown): readonly string[] {
  if (typeof uri !== 'string') return ['Must be strings.']
  return listOf(redirectUriFault(uri))
}

function keysFault({ proof, keys, jwksUri }: ClientProperties): string | undefined {
  if (!Array.isArray(keys) || !keys.every(isPublicKey))
    return 'Must be public keys as JWKs of RSA, EC or Ed25519.'
  if (keys.length > 0 && jwksUri !== undefined)
    return 'Must be empty if the keys are at an address.'
  if (proof === 'private_key_jwt' && keys.length === 0 && jwksUri === undefined)
    return 'private_key_jwt requires at least one public key, or the address of a key set.'
  return undefined
}

function isPublicKey(jwk: Jwk): boolean {
  if (typeof jwk !== 'object' || jwk === null || 'd' in jwk || 'k' in jwk) return false
  try {
    return isAsymmetric(importVerifyingKey(undefined, jwk).alg)
  } catch (error) {
    if (error instanceof AuthError) return false
    throw error
  }
}
