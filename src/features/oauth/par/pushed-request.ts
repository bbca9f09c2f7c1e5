import { AuthError } from '../../../base/errors.ts'
import { type Answer, json } from '../../../http/answer.ts'
import type { AuthRequest } from '../../../http/request.ts'
import { formOf } from '../../../pages/form.ts'
import { issueCode } from '../../codes/issue.ts'
import { CODE_LIFETIMES } from '../../codes/purposes.ts'
import { checkCode, redeemCode } from '../../codes/redeem.ts'
import type { Core } from '../../core.ts'
import { isRefusal, parseRequest, targetOf } from '../authorization-request.ts'
import type { StoredClient } from '../client.ts'
import { authenticateClient } from '../client-authentication.ts'
import { tokenKeyOf } from '../dpop/token-key.ts'
import { oauthSettings } from '../issuer.ts'
import { invalidRequest } from '../oauth-error.ts'
import { type Parameters, parametersOf, readParameters } from '../parameters.ts'
import { limitStoredRequests } from '../stored-requests.ts'

/** How the reference to a pushed request begins (RFC 9126 §2.2). */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** The parameters of client authentication, which are no part of an authorization request. */
const PROOF = ['client_secret', 'client_assertion', 'client_assertion_type']

/**
 * `POST /oauth/par` (RFC 9126 §2). The application is authenticated before anything else, and its request is checked as at the consent
 * page: what is refused here never gets there.
 *
 * @throws AuthError of the OAuth codes
 */
export async function answerPushedRequest(
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  const parameters = await readParameters(request)
  const client = await authenticateClient(request, parameters, core)
  if (parameters.get('request_uri') !== undefined)
    throw invalidRequest('request_uri cannot be pushed.')
  // Whoever knows the id of a public client can have rows stored.
  if (client.proof === 'none') await limitStoredRequests(core)
  const { jkt, headers } = await pushedKeyOf(request, parameters, client, core)
  const pushed = pushedParameters(parameters, client, jkt)
  requireAcceptable(parametersOf(formOf(pushed)), client, core)
  const payload = { client: client.id, query: String(pushed) }
  const { secret } = await issueCode(
    { purpose: 'oauth_pushed', form: 'link', payload },
    core,
  )
  return json(
    { request_uri: PREFIX + secret, expires_in: CODE_LIFETIMES.oauth_pushed },
    { status: 201, headers },
  )
}

/** A proof at this endpoint binds the code, as `dpop_jkt` does (RFC 9449 §10.1). @throws AuthError `invalid_dpop_proof` */
async function pushedKeyOf(
  request: AuthRequest,
  parameters: Parameters,
  client: StoredClient,
  core: Core,
) {
  if (request.header('dpop') === undefined) return { jkt: undefined, headers: [] }
  const key = await tokenKeyOf(request, client, core)
  const named = parameters.get('dpop_jkt')
  if (named !== undefined && named !== key.jkt)
    throw new AuthError('invalid_dpop_proof', 'dpop_jkt is another key')
  return key
}

function pushedParameters(
  parameters: Parameters,
  client: StoredClient,
  jkt: string | undefined,
): URLSearchParams {
  const pushed = new URLSearchParams(parameters.query())
  for (const name of PROOF) pushed.delete(name)
  pushed.set('client_id', client.id)
  if (jkt !== undefined) pushed.set('dpop_jkt', jkt)
  return pushed
}

/** @throws AuthError the error that the consent page would answer with */
function requireAcceptable(
  parameters: Parameters,
  client: StoredClient,
  core: Core,
): void {
  const parsed = parseRequest(parameters, targetOf(parameters, client), core)
  if (isRefusal(parsed)) throw refusalError(parsed)
}

function refusalError({
  error,
  description,
}: {
  readonly error: string
  readonly description?: string
}): AuthError {
  const detail = description ?? `The request is refused: ${error}.`
  const codes = ['unauthorized_client', 'invalid_scope', 'invalid_target'] as const
  const code = codes.find((each) => each === error) ?? 'invalid_request'
  return new AuthError(code, undefined, { detail })
}

/** Whether an application must push its requests. */
export const mustPush = (
  client: Pick<StoredClient, 'requirePushedAuthorizationRequests'>,
  core: Pick<Core, 'section'>,
): boolean =>
  client.requirePushedAuthorizationRequests ||
  oauthSettings(core).requirePushedAuthorizationRequests

/**
 * The request that was pushed. Its reference is used up: it works once.
 *
 * @param parameters of the consent page: the application, and the reference
 * @returns its query; `undefined` if the parameters name none
 * @throws AuthError `invalid_request` if it is unknown, used, expired, or of another application
 */
export async function redeemPushedRequest(
  parameters: Parameters,
  core: Core,
): Promise<string | undefined> {
  const reference = parameters.get('request_uri')
  if (!reference?.startsWith(PREFIX)) return undefined
  const client = parameters.require('client_id')
  const attempt = {
    purpose: 'oauth_pushed',
    secret: reference.slice(PREFIX.length),
  } as const
  try {
    // Before it is redeemed: another application cannot use it up.
    const { payload } = await checkCode(attempt, core)
    if (payload.client !== client) throw new AuthError('invalid_code')
    await redeemCode(attempt, core)
    return String(payload.query)
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid_code') throw error
  }
  throw invalidRequest('request_uri is unknown, expired, or was used before.')
}
