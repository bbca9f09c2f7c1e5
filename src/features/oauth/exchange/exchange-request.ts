import { invalidRequest } from '../oauth-error.ts'
import type { Parameters } from '../parameters.ts'

/** The type of every issued token, and of those of the instance that are exchanged (RFC 8693 §3). */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

/** What is exchanged (RFC 8693 §2.1). */
export type ExchangeRequest = OwnExchange | ProviderExchange

/** An access token of the instance. */
export interface OwnExchange {
  readonly kind: 'own'
  readonly subjectToken: string
  /** The access token of the party that acts as the user; `undefined`: none is named. */
  readonly actorToken: string | undefined
}

/** The token of a provider of the option `social`. */
export interface ProviderExchange {
  readonly kind: 'provider'
  readonly token: string
  readonly type: 'access_token' | 'id_token'
  /** The name of the provider. */
  readonly provider: string
  /** Of an ID token. */
  readonly nonce: string | undefined
}

/** @throws AuthError `invalid_request` */
export function parseExchange(parameters: Parameters): ExchangeRequest {
  const requested = parameters.get('requested_token_type') ?? ACCESS_TOKEN
  if (requested !== ACCESS_TOKEN)
    throw invalidRequest('The requested_token_type is not supported.')
  const token = parameters.require('subject_token')
  const type = subjectType(parameters.require('subject_token_type'))
  const actorToken = actorTokenIn(parameters)
  const provider = parameters.get('subject_issuer')
  if (provider === undefined) return ownExchange(token, type, actorToken)
  if (actorToken !== undefined)
    throw invalidRequest('The token of a provider is exchanged without actor_token.')
  return { kind: 'provider', token, type, provider, nonce: parameters.get('nonce') }
}

function subjectType(given: string): ProviderExchange['type'] {
  if (given === ACCESS_TOKEN) return 'access_token'
  if (given === ID_TOKEN) return 'id_token'
  throw invalidRequest('The subject_token_type is not supported.')
}

function ownExchange(
  subjectToken: string,
  type: ProviderExchange['type'],
  actorToken: string | undefined,
): OwnExchange {
  if (type === 'access_token') return { kind: 'own', subjectToken, actorToken }
  throw invalidRequest('An ID token needs subject_issuer: the name of its provider.')
}

/** The type is required with the token, and only with it. */
function actorTokenIn(parameters: Parameters): string | undefined {
  const token = parameters.get('actor_token')
  const type = parameters.get('actor_token_type')
  if (token === undefined && type !== undefined)
    throw invalidRequest('actor_token_type is sent without actor_token.')
  if (token === undefined) return undefined
  if (parameters.require('actor_token_type') !== ACCESS_TOKEN)
    throw invalidRequest('The actor_token_type is not supported.')
  return token
}
