import { createHmac } from 'node:crypto'
import { minutes } from '../../base/clock.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import { cookieValues, serializeCookie } from '../../http/cookies.ts'
import { allowsPlainHttp } from '../../http/plain-http.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Limit } from '../../throttling/rate.ts'
import { keyOf, throttled } from '../../throttling/throttle.ts'
import type { Core } from '../core.ts'

/** Each start stores a row, and each return sends requests to the provider. */
const LIMIT: Limit = { limit: 100, per: minutes(10) }

/** @throws AuthError `throttled` after 100 requests of a client's network in ten minutes */
export async function limitSocial(core: Pick<Core, 'hits' | 'clock'>): Promise<void> {
  const network = networkOf(currentContext()?.address ?? '')
  const counted = await core.hits.hit(keyOf('social', network), LIMIT, core.clock())
  if (counted.kind === 'full')
    throw throttled('throttled by social sign-in', counted.wait)
}

const COOKIE = 'watchword-social'

/** 32 bytes in base64url. */
const VALUE = /^[\w-]{43}$/

/** Seconds within which the browser must return: the lifetime of the stored state. */
const LIFETIME = 600

const isSecure = (request: AuthRequest, { behindProxy }: Pick<Core, 'behindProxy'>) =>
  !allowsPlainHttp(undefined, behindProxy)(request)

const nameOf = (secure: boolean): string => `${secure ? '__Host-' : ''}${COOKIE}`

/** The value that binds states to a browser; `undefined` without the cookie. */
export function browserIn(
  request: AuthRequest,
  core: Pick<Core, 'behindProxy'>,
): string | undefined {
  const name = nameOf(isSecure(request, core))
  return cookieValues(name, request.header('cookie')).find((value) => VALUE.test(value))
}

/** The value of the browser's cookie, which tabs share, or a new one. */
export const browserFor = (
  request: AuthRequest,
  core: Pick<Core, 'behindProxy' | 'random'>,
): string =>
  browserIn(request, core) ?? Buffer.from(core.random(32)).toString('base64url')

export function browserCookie(
  browser: string,
  request: AuthRequest,
  core: Pick<Core, 'behindProxy'>,
): string {
  const secure = isSecure(request, core)
  const attributes = { maxAge: LIFETIME, secure, httpOnly: true }
  return serializeCookie(nameOf(secure), browser, attributes)
}

/** A secret derived from a state and the cookie of its browser, so that it need not be stored. */
export const secretOf = (
  state: string,
  browser: string,
  purpose: 'verifier' | 'nonce',
): string =>
  createHmac('sha256', browser).update(`${purpose} ${state}`).digest('base64url')
