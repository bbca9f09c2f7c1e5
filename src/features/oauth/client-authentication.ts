import { AuthError } from '../../base/errors.ts'
import { currentContext } from '../../base/request-context.ts'
import { decodeUtf8 } from '../../base/utf8.ts'
import { networkOf } from '../../http/client-address.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Core } from '../core.ts'
import type { StoredClient } from './client.ts'
import { authenticateAssertion } from './client-assertion.ts'
import { findValidClient } from './known-client.ts'
import { invalidRequest } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'
import { isSecretOf } from './secret.ts'

/**
 * Authenticates the application that sends a request (RFC 6749 §2.3): by a secret in the header or the body, by a signed assertion, or, if
 * it is a public client, by its id alone.
 *
 * @throws AuthError `invalid_client`, with the same answer for every cause; `invalid_request` for two methods at once
 */
export async function authenticateClient(
  request: AuthRequest,
  parameters: Parameters,
  core: Core,
): Promise<StoredClient> {
  const presented = presentedBy(request, parameters)
  const client = await findClient(presented, core)
  if (client !== undefined && client.disabledAt === undefined) return client
  reportFailure(core)
  throw refused('the application is unknown or disabled, or its proof is wrong')
}

type Presented =
  | { readonly kind: 'secret'; readonly id: string; readonly secret: string }
  | {
      readonly kind: 'assertion'
      readonly id: string | undefined
      readonly assertion: string
    }
  | { readonly kind: 'none'; readonly id: string }

/** @throws AuthError `invalid_client` if nothing is presented, `invalid_request` if two things are */
function presentedBy(request: AuthRequest, parameters: Parameters): Presented {
  const header = basicCredentials(request.header('authorization'))
  const id = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  const assertion = parameters.get('client_assertion')
  const ways = [header, secret, assertion].filter((way) => way !== undefined)
  if (ways.length > 1)
    throw invalidRequest('Send only one of client_secret, client_assertion and Basic.')
  if (header !== undefined) {
    if (id !== undefined && id !== header.id)
      throw invalidRequest('client_id differs from the one in the Authorization header.')
    return { kind: 'secret', ...header }
  }
  if (assertion !== undefined) {
    requireAssertionType(parameters)
    return { kind: 'assertion', id, assertion }
  }
  if (id === undefined) throw refused('client_id is missing')
  if (secret !== undefined) return { kind: 'secret', id, secret }
  return { kind: 'none', id }
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function requireAssertionType(parameters: Parameters): void {
  if (parameters.get('client_assertion_type') !== JWT_BEARER)
    throw refused('the client_assertion_type is not supported')
}

/**
 * The id and the secret of a header, which are percent-encoded before they are joined (RFC 6749 §2.3.1).
 *
 * @returns `undefined` without a header
 * @throws AuthError `invalid_client` for another scheme, and if it cannot be decoded
 */
function basicCredentials(
  header: string | undefined,
): { readonly id: string; readonly secret: string } | undefined {
  if (header === undefined) return undefined
  const [, encoded] = /^basic +([\w+/]+=*) *$/i.exec(header) ?? []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  const text = decodeUtf8(bytes) ?? ''
  const colon = text.indexOf(':')
  if (encoded === undefined || bytes.toString('base64') !== encoded || colon === -1)
    throw refused('the Authorization header is not Basic, or not valid Base64')
  return {
    id: percentDecoded(text.slice(0, colon)),
    secret: percentDecoded(text.slice(colon + 1)),
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw refused('the Authorization header has an invalid percent-encoding')
  }
}

async function findClient(
  presented: Presented,
  core: Core,
): Promise<StoredClient | undefined> {
  if (presented.kind === 'assertion') return authenticateAssertion(presented, core)
  const client = await findValidClient(presented.id, core)
  if (presented.kind === 'none') return client?.proof === 'none' ? client : undefined
  // Compared also if there is none, so that both take as long.
  const isRight = isSecretOf(client, presented.secret, core.clock())
  return isRight && client?.proof === 'secret' ? client : undefined
}

const refused = (message: string): AuthError => new AuthError('invalid_client', message)

function reportFailure({ audit }: Pick<Core, 'audit'>): void {
  const network = networkOf(currentContext()?.address ?? '')
  audit.recordLimited(network, { kind: 'client_refused', detail: {} })
}
