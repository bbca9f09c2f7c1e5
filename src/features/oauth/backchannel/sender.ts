import { setTimeout as sleep } from 'node:timers/promises'
import {
  after,
  days,
  type Seconds,
  seconds,
  toMilliseconds,
} from '../../../base/clock.ts'
import { fetchPublic, type Network, publicNetwork } from '../../../http/fetch-public.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'
import { oauthSettings } from '../issuer.ts'
import { clientStore } from '../sql.ts'
import type { EndedLogin } from './login.ts'
import { logoutToken } from './logout-token.ts'

/** How often sessions that have ended are looked for. */
const INTERVAL = seconds(2)

/** How far back: longer than any transaction that ends one. The first time, all of them. */
const LOOK_BACK = seconds(600)

const TIMEOUT = seconds(5)

/** How long a process may take to send before another one tries. */
const LEASE = seconds(30)
const BATCH = 8
const FIRST_PAUSE = 5
const LONGEST_PAUSE = 900

/** For how long an application that does not answer is tried. */
const LIFETIME = days(1)

/** How long a stop waits for an application. What was not sent by then is sent by the next process. */
const CLOSE_TIMEOUT = seconds(2)

/** Tells applications that their users have signed out (OpenID Connect Back-Channel Logout 1.0). @returns what stops it */
export function startLogouts(core: Core): () => Promise<void> {
  let since = 0
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    const now = core.clock()
    await sendLogouts(since, core)
    since = now - LOOK_BACK
  }
  const timer = setInterval(() => {
    running ??= run()
      .catch((error) => logFailure('ended sessions cannot be read', error, core))
      .finally(() => {
        running = undefined
      })
  }, toMilliseconds(INTERVAL)).unref()
  return async () => {
    clearInterval(timer)
    const limit = sleep(toMilliseconds(CLOSE_TIMEOUT), undefined, { ref: false })
    await Promise.race([running, limit])
  }
}

/**
 * Sends what is due, once.
 *
 * @param network of the applications
 */
export async function sendLogouts(
  since: number,
  core: Core,
  network: Network = publicNetwork,
): Promise<void> {
  const { logins } = core.ports(clientStore)
  await logins.markEnded(since, core.clock())
  const due = await logins.due(core.clock(), BATCH)
  await Promise.all(due.map((login) => sendClaimed(login, core, network)))
}

async function sendClaimed(
  login: EndedLogin,
  core: Core,
  network: Network,
): Promise<void> {
  const { logins } = core.ports(clientStore)
  const now = core.clock()
  if (!(await logins.claim(login, after(now, LEASE)))) return
  if (now >= login.endedAt + LIFETIME) {
    const error = new Error('it did not answer for a day')
    logFailure('an application was not notified of a sign-out', error, core, login)
    return logins.delete(login.id)
  }
  try {
    await send(login, core, network)
  } catch (error) {
    logFailure('an application is notified of a sign-out later', error, core, login)
    return logins.postpone(login.id, after(now, pauseAfter(login)))
  }
  await logins.delete(login.id)
}

const pauseAfter = ({ attempts }: EndedLogin): Seconds =>
  seconds(Math.min(FIRST_PAUSE * 2 ** attempts, LONGEST_PAUSE))

/** @throws Error unless the application has accepted it; one that was deleted, or wants none any more, gets none */
async function send(login: EndedLogin, core: Core, network: Network): Promise<void> {
  const client = await core.ports(clientStore).clients.find(login.clientId)
  const address = client?.backchannelLogoutUri
  if (client === undefined || address === undefined) return
  const body = String(new URLSearchParams({ logout_token: logoutToken(login, core) }))
  const { logoutToPrivateAddresses: mayBePrivate } = oauthSettings(core)
  const isOwn = mayBePrivate && !hasRegisteredItself(client)
  const sent = isOwn ? postDirectly(address, body) : postPublicly(address, body, network)
  const status = await sent
  if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`)
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Its address is that of a stranger, who must reach nothing of the operator's network. */
const hasRegisteredItself = (client: StoredClient): boolean =>
  client.registrationToken !== undefined || client.documentUntil !== undefined

async function postDirectly(address: string, body: string): Promise<number> {
  const signal = AbortSignal.timeout(toMilliseconds(TIMEOUT))
  const request = { method: 'POST', headers: FORM, body } as const
  const answer = await fetch(address, { ...request, redirect: 'manual', signal })
  await answer.body?.cancel()
  return answer.status
}

async function postPublicly(
  address: string,
  body: string,
  network: Network,
): Promise<number> {
  const limits = { what: 'The logout URI', timeout: TIMEOUT, network }
  const request = { method: 'POST', headers: FORM, body } as const
  return (await fetchPublic(address, { ...request, ...limits })).status
}

/** Without the token, and without the user. */
function logFailure(
  event: string,
  error: unknown,
  { log }: Pick<Core, 'log'>,
  login?: EndedLogin,
): void {
  const reason = String(error instanceof Error ? error.message : error).slice(0, 200)
  const client = login && { client: login.clientId, attempt: login.attempts + 1 }
  log({ level: 'warn', event, ...client, reason })
}
