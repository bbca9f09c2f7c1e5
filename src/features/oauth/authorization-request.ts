import { AuthError } from '../../base/errors.ts'
import type { Core } from '../core.ts'
import { type AskedClaims, parseClaims } from './claims-parameter.ts'
import type { StoredClient } from './client.ts'
import { requestedAudiences, requestedScopes } from './grant-request.ts'
import { hintedClaims } from './id-token-hint.ts'
import { issuerOf, oauthSettings } from './issuer.ts'
import { knownClient } from './known-client.ts'
import { invalidRequest } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'
import { isRegistered } from './redirect-uri.ts'

/** The application and its redirect URI. Both are checked before anything else, so that no error is sent to another site. */
export interface Target {
  readonly client: StoredClient
  readonly redirectUri: string
  readonly state: string | undefined
}

export type ResponseType = 'code' | 'token'

/** What an application asks a user for. */
export interface AuthorizationRequest extends Target {
  /** `token` is for the applications of the option `implicitGrant`. */
  readonly responseType: ResponseType
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  /** Of PKCE, S256 (RFC 7636 §4.2); empty without a code. */
  readonly challenge: string
  readonly nonce: string | undefined
  /** `dpop_jkt`: the thumbprint of the key that the tokens must be bound to (RFC 9449 §10). */
  readonly jkt: string | undefined
  readonly prompt: readonly string[]
  /** How many seconds ago the user may have signed in, at most. */
  readonly maxAge: number | undefined
  /** Whether ID tokens must say when the user signed in (OpenID Connect Core 1.0 §2). */
  readonly authTime: boolean
  /** Claims that are asked for by name. */
  readonly asked: AskedClaims
  /** The user who must sign in, of `claims` or `id_token_hint`. */
  readonly subject: string | undefined
  readonly acr: RequestedAcr | undefined
}

/** The classes of which the sign-in should be one. */
export interface RequestedAcr {
  readonly values: readonly string[]
  /** Whether the request fails without: of `claims`; `acr_values` is a wish (OpenID Connect Core 1.0 §5.5.1.1). */
  readonly isEssential: boolean
}

/** An answer that the application gets by a redirect (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6). */
export interface Refusal {
  readonly error: string
  readonly description?: string
}

/**
 * Finds the application and checks its redirect URI.
 *
 * @throws AuthError `invalid_request`, which is shown to the user and never sent to a redirect URI
 */
export async function findTarget(parameters: Parameters, core: Core): Promise<Target> {
  const client = await namedClient(parameters.require('client_id'), core)
  if (client === undefined || client.disabledAt !== undefined)
    throw invalidRequest('Invalid client_id parameter value.')
  return targetOf(parameters, client)
}

/** Checks the redirect URI of a request of an application. @throws AuthError `invalid_request` */
export const targetOf = (parameters: Parameters, client: StoredClient): Target => ({
  client,
  redirectUri: redirectUriOf(parameters, client),
  state: parameters.get('state'),
})

/** @throws AuthError `invalid_request` if the document of an application is not valid */
async function namedClient(id: string, core: Core): Promise<StoredClient | undefined> {
  try {
    return await knownClient(id, core)
  } catch (error) {
    if (!(error instanceof AuthError) || error.status !== 400) throw error
    throw invalidRequest(error.detail)
  }
}

/** `redirect_uri` is optional if only one is registered. @throws AuthError `invalid_request` */
function redirectUriOf(parameters: Parameters, { redirectUris }: StoredClient): string {
  const given = parameters.get('redirect_uri')
  const [only, ...others] = redirectUris
  if (given === undefined) {
    if (only !== undefined && others.length === 0) return only
    throw invalidRequest('Missing redirect URI.')
  }
  if (isRegistered(given, redirectUris)) return given
  throw invalidRequest('Mismatching redirect URI.')
}

/** @returns what is asked for, or why it is refused */
export function parseRequest(
  parameters: Parameters,
  target: Target,
  core: Core,
): AuthorizationRequest | Refusal {
  const responseType = responseTypeOf(parameters, target.client, core)
  if (typeof responseType !== 'string') return responseType
  try {
    const claims = parseClaims(parameters.get('claims'), target.client)
    const maxAge = maxAgeOf(parameters)
    return {
      ...target,
      responseType,
      scopes: requestedScopes(parameters.get('scope'), target.client, core),
      audiences: requestedAudiences(parameters.resource, target.client, core),
      challenge: responseType === 'code' ? parameters.require('code_challenge') : '',
      nonce: parameters.get('nonce'),
      jkt: jktOf(parameters),
      prompt: promptOf(parameters),
      maxAge,
      authTime: claims.authTime || maxAge !== undefined,
      asked: claims.asked,
      subject: claims.subject ?? hintedSubject(parameters, core),
      acr: acrOfRequest(claims.acr, parameters),
    }
  } catch (error) {
    if (!(error instanceof AuthError) || error.status !== 400) throw error
    return { error: error.code, description: error.detail }
  }
}

export const isRefusal = (parsed: AuthorizationRequest | Refusal): parsed is Refusal =>
  'error' in parsed

const invalid = (description: string): Refusal => ({
  error: 'invalid_request',
  description,
})

function responseTypeOf(
  parameters: Parameters,
  client: StoredClient,
  core: Core,
): ResponseType | Refusal {
  const type = parameters.get('response_type')
  if (type === undefined) return invalid('Missing response_type parameter.')
  if (type === 'code') return refusalOf(parameters, client) ?? 'code'
  if (type === 'token' && isImplicit(client, core))
    return refusedObject(parameters) ?? 'token'
  return { error: 'unsupported_response_type' }
}

/** A token that must be bound to a key cannot stand in an address. */
const isImplicit = ({ id, dpopBoundAccessTokens }: StoredClient, core: Core): boolean =>
  !dpopBoundAccessTokens && oauthSettings(core).implicitGrant.includes(id)

function refusedObject(parameters: Parameters): Refusal | undefined {
  const sent = ['request', 'request_uri'].find(
    (name) => parameters.get(name) !== undefined,
  )
  return sent === undefined ? undefined : { error: `${sent}_not_supported` }
}

/** What is wrong with a request for a code, in the order in which it is checked. */
function refusalOf(parameters: Parameters, client: StoredClient): Refusal | undefined {
  if (!client.grants.includes('authorization_code'))
    return { error: 'unauthorized_client' }
  const refused = refusedObject(parameters)
  if (refused !== undefined) return refused
  if ((parameters.get('response_mode') ?? 'query') !== 'query')
    return invalid('response_mode must be query.')
  const challenge = parameters.get('code_challenge')
  if (challenge === undefined) return invalid('Code challenge required.')
  if (parameters.get('code_challenge_method') !== 'S256')
    return invalid('Transform algorithm not supported.')
  if (!/^[\w-]{43}$/.test(challenge))
    return invalid('code_challenge must be 43 base64url characters.')
  return undefined
}

/** @throws AuthError `invalid_request` */
function jktOf(parameters: Parameters): string | undefined {
  const given = parameters.get('dpop_jkt')
  if (given === undefined || /^[\w-]{43}$/.test(given)) return given
  throw invalidRequest('dpop_jkt must be 43 base64url characters.')
}

const PROMPTS: readonly string[] = ['none', 'login', 'consent', 'select_account']

/** @throws AuthError `invalid_request` */
function promptOf(parameters: Parameters): readonly string[] {
  const prompt = (parameters.get('prompt') ?? '').split(' ').filter(Boolean)
  const isKnown = prompt.every((each) => PROMPTS.includes(each))
  if (!isKnown || (prompt.includes('none') && prompt.length > 1))
    throw invalidRequest(
      'prompt must be none alone, or login, consent and select_account.',
    )
  return prompt
}

/** @throws AuthError `invalid_request` */
function maxAgeOf(parameters: Parameters): number | undefined {
  const given = parameters.get('max_age')
  if (given === undefined) return undefined
  if (!/^\d{1,9}$/.test(given))
    throw invalidRequest('max_age must be a number of seconds.')
  return Number(given)
}

/** @throws AuthError `invalid_request` */
const hintedSubject = (parameters: Parameters, core: Core): string | undefined =>
  hintedClaims(parameters, core)?.sub as string | undefined

function acrOfRequest(
  essential: readonly string[] | undefined,
  parameters: Parameters,
): RequestedAcr | undefined {
  if (essential !== undefined) return { values: essential, isEssential: true }
  const values = (parameters.get('acr_values') ?? '').split(' ').filter(Boolean)
  return values.length === 0 ? undefined : { values, isEssential: false }
}

/** The address with the answer: its parameters, `state` unchanged, and `iss` (RFC 9207). The registered query stays as it is. */
export function answerAddress(
  { redirectUri, state }: Target,
  answer: Readonly<Record<string, string>>,
  core: Core,
): string {
  const query = new URLSearchParams({
    ...answer,
    ...(state !== undefined && { state }),
    iss: issuerOf(core),
  })
  const separator = redirectUri.includes('?') ? '&' : '?'
  return `${redirectUri}${separator}${query}`
}

export const refusalAnswer = ({
  error,
  description,
}: Refusal): Readonly<Record<string, string>> => ({
  error,
  ...(description !== undefined && { error_description: description }),
})
