import { after, floorSeconds, minutes } from '../../../base/clock.ts'
import { hexId } from '../../../base/random.ts'
import type { Core } from '../../core.ts'
import { signTyped } from '../access-token.ts'
import { issuerOf } from '../issuer.ts'
import type { NewLogin } from './login.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4). Each attempt has its own: an application refuses a `jti` that it has seen,
 * also if its answer was lost.
 */
export function logoutToken(
  { clientId, subject, id }: Pick<NewLogin, 'clientId' | 'subject' | 'id'>,
  core: Core,
): string {
  const now = core.clock()
  const claims = {
    iss: issuerOf(core),
    sub: subject,
    aud: clientId,
    iat: floorSeconds(now),
    exp: floorSeconds(after(now, minutes(2))),
    jti: hexId(core.random),
    events: { [EVENT]: {} },
    sid: id,
  }
  return signTyped('logout+jwt', claims, core)
}
