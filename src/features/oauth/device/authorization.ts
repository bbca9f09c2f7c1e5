import { minutes } from '../../../base/clock.ts'
import { AuthError } from '../../../base/errors.ts'
import { currentContext } from '../../../base/request-context.ts'
import { type Answer, json } from '../../../http/answer.ts'
import { networkOf } from '../../../http/client-address.ts'
import type { AuthRequest } from '../../../http/request.ts'
import type { Limit } from '../../../throttling/rate.ts'
import { keyOf, throttled } from '../../../throttling/throttle.ts'
import { issueCode } from '../../codes/issue.ts'
import type { Core } from '../../core.ts'
import { DEVICE_GRANT } from '../client.ts'
import { authenticateClient } from '../client-authentication.ts'
import { requestedAudiences, requestedScopes } from '../grant-request.ts'
import { issuerOf, oauthSettings } from '../issuer.ts'
import { readParameters } from '../parameters.ts'
import { devicePath } from './device-options.ts'
import type { DeviceRequest } from './device-request.ts'
import {
  findByUserCode,
  newUserCode,
  shownUserCode,
  userCodeTargets,
} from './user-code.ts'

/** The seconds that a device waits between two polls (RFC 8628 §3.2). */
export const INTERVAL = 5

/** `POST /oauth/device_authorization` (RFC 8628 §3.1). @throws AuthError of the OAuth codes */
export async function answerDeviceAuthorization(
  request: AuthRequest,
  core: Core,
): Promise<Answer> {
  const parameters = await readParameters(request)
  const client = await authenticateClient(request, parameters, core)
  if (!client.grants.includes(DEVICE_GRANT)) throw new AuthError('unauthorized_client')
  const asked: DeviceRequest = {
    client: client.id,
    scopes: requestedScopes(parameters.get('scope'), client, core),
    audiences: requestedAudiences(parameters.resource, client, core),
    // The empty address is an unknown one.
    address: currentContext()?.address || undefined,
  }
  await limitRequests(core)
  return json(await issueDeviceCode(asked, core))
}

async function issueDeviceCode(payload: DeviceRequest, core: Core): Promise<object> {
  const code = await unusedUserCode(core)
  const [target = ''] = userCodeTargets(code, core)
  const { secret, expiresAt } = await issueCode(
    { purpose: 'oauth_device', form: 'link', target, payload },
    core,
  )
  const address = issuerOf(core) + devicePath(oauthSettings(core).authorizePath)
  const shownCode = shownUserCode(code)
  return {
    device_code: secret,
    user_code: shownCode,
    verification_uri: address,
    verification_uri_complete: `${address}?${new URLSearchParams({ user_code: shownCode })}`,
    expires_in: Math.floor(expiresAt - core.clock()),
    interval: INTERVAL,
  }
}

/** A code in use would end the request of another device. */
async function unusedUserCode(core: Core): Promise<string> {
  for (;;) {
    const code = newUserCode(core.random)
    if ((await findByUserCode(code, core)) === undefined) return code
  }
}

/** Applications that cannot prove who they are can cause a row to be stored. */
const LIMIT: Limit = { limit: 100, per: minutes(10) }

/** @throws AuthError `throttled` after 100 requests of a client's network in ten minutes */
async function limitRequests({ hits, clock }: Core): Promise<void> {
  const network = networkOf(currentContext()?.address ?? '')
  const counted = await hits.hit(keyOf('oauth_device', network), LIMIT, clock())
  if (counted.kind === 'full') throw throttled('throttled by device codes', counted.wait)
}
