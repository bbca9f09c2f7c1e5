import { minutes } from '../../../base/clock.ts'
import { AuthError } from '../../../base/errors.ts'
import { currentContext } from '../../../base/request-context.ts'
import { networkOf } from '../../../http/client-address.ts'
import { shown } from '../../../pages/answers.ts'
import { browserBinding } from '../../../pages/form-token.ts'
import type { Limit } from '../../../throttling/rate.ts'
import { keyOf, throttled } from '../../../throttling/throttle.ts'
import type { StoredCode } from '../../codes/code.ts'
import { issueCode } from '../../codes/issue.ts'
import { redeemCode } from '../../codes/redeem.ts'
import { codeStore } from '../../codes/sql.ts'
import type { Core } from '../../core.ts'
import type { PageHandlers, PageResult } from '../../pages/page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { DEVICE_GRANT, type StoredClient } from '../client.ts'
import { clientStore } from '../sql.ts'
import { approvalOf, isPending, presentedRequest, requestOf } from './device-request.ts'
import { findByUserCode, parseUserCode, shownUserCode } from './user-code.ts'
import { confirmDevicePage, decidedPage, userCodePage } from './views.ts'

/**
 * `/oauth/device`: a user enters the code of a device, sees what it asks for, and decides (RFC 8628 §3.3). The code in the address is
 * filled in and never sent by itself: the link may come from a stranger (§5.4).
 */
export const devicePage: PageHandlers<UserVisit> = {
  get(visit) {
    refuseImpersonation(visit)
    return userCodePage(visit)
  },
  post(visit) {
    refuseImpersonation(visit)
    if (visit.form.has('request')) return decide(visit)
    return ask(visit)
  },
}

/** Only users themselves may give a consent, not staff who impersonate them. @throws AuthError `permission_denied` */
function refuseImpersonation({ visitor }: UserVisit): void {
  if (visitor.session.actor !== undefined) throw new AuthError('permission_denied')
}

interface Asked {
  readonly code: string
  readonly stored: StoredCode
  readonly client: StoredClient
}

async function ask(visit: UserVisit): Promise<PageResult> {
  const { core, visitor } = visit
  const takeBack = await limitGuesses(visitor.user.id, core)
  const { code, stored, client } = await findAsked(visit.form.text('user_code'), core)
  await takeBack()
  const { secret } = await issueCode(
    {
      purpose: 'oauth_device_request',
      form: 'link',
      user: visitor.user,
      binding: bindingOf(visit),
      payload: { code, id: stored.id },
    },
    core,
  )
  const shownCode = shownUserCode(code)
  const question = { client, asked: requestOf(stored), code: shownCode }
  return shown(confirmDevicePage(visit, question, secret), visit.site)
}

/** @throws AuthError `invalid_code` */
async function decide(visit: UserVisit): Promise<PageResult> {
  const { core, form, visitor } = visit
  const { payload, userId } = await redeemCode(
    {
      purpose: 'oauth_device_request',
      secret: form.text('request'),
      binding: bindingOf(visit),
    },
    core,
  )
  // Another user may have signed in since the page was shown.
  if (visitor.user.id !== userId) throw new AuthError('invalid_code')
  const { stored, client } = await findAsked(String(payload.code), core)
  // The code may have become that of another request.
  if (stored.id !== payload.id) throw new AuthError('invalid_code')
  const isAllowed = form.text('decision') === 'allow'
  const isDecided = isAllowed ? await approve(stored, visit) : await deny(stored, core)
  if (!isDecided) throw new AuthError('invalid_code')
  return decidedPage(visit, client.name, isAllowed)
}

/** The request that still waits for an answer. @throws AuthError `invalid_code` */
async function findAsked(typed: string, core: Core): Promise<Asked> {
  const code = parseUserCode(typed)
  const stored = code === undefined ? undefined : await findByUserCode(code, core)
  if (code === undefined || stored === undefined || !isPending(stored, core.clock()))
    throw new AuthError('invalid_code')
  const { clients } = core.ports(clientStore)
  const client = await clients.find(requestOf(stored).client)
  const isEnabled =
    client?.disabledAt === undefined && client?.grants.includes(DEVICE_GRANT)
  if (client === undefined || !isEnabled) throw new AuthError('invalid_code')
  return { code, stored, client }
}

const approve = (stored: StoredCode, visit: UserVisit): Promise<boolean> => {
  const { deviceRequests } = visit.core.ports(clientStore)
  const approval = approvalOf(stored, visit, visit.core)
  return deviceRequests.approve(
    presentedRequest(stored.digest),
    approval,
    visit.core.clock(),
  )
}

/** A request that is redeemed without an approval was denied. */
async function deny({ digest }: StoredCode, core: Core): Promise<boolean> {
  const { codes } = core.ports(codeStore)
  const attempted = await codes.attempt(presentedRequest(digest), core.clock(), 'redeem')
  return attempted?.isRight === true
}

const bindingOf = ({ binding }: UserVisit): string =>
  browserBinding(binding, 'oauth_device')

/** Wrong codes of a user, and of a network with several users. */
const GUESSES: Limit = { limit: 10, per: minutes(60) }
const GUESSES_OF_NETWORK: Limit = { limit: 50, per: minutes(60) }

/**
 * Counts an entered code before it is compared.
 *
 * @returns takes the count back, for a code that was right
 * @throws AuthError `throttled`
 */
async function limitGuesses(
  userId: string,
  { hits, clock }: Core,
): Promise<() => Promise<void>> {
  const now = clock()
  const network = networkOf(currentContext()?.address ?? '')
  const counts = [
    { key: keyOf('oauth_device_user', userId), limit: GUESSES },
    { key: keyOf('oauth_device_network', network), limit: GUESSES_OF_NETWORK },
  ]
  for (const { key, limit } of counts) {
    const counted = await hits.hit(key, limit, now)
    if (counted.kind === 'full')
      throw throttled('throttled by codes of devices', counted.wait)
  }
  return async () => {
    for (const { key, limit } of counts) await hits.takeBack(key, limit, now)
  }
}
