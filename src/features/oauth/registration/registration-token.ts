import { hash, timingSafeEqual } from 'node:crypto'
import { days, type Seconds } from '../../../base/clock.ts'
import { type Duration, secondsOf } from '../../../base/duration.ts'
import { AuthError } from '../../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../../base/known-options.ts'
import type { Random } from '../../../base/random.ts'
import type { AuthRequest } from '../../../http/request.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { issueCode } from '../../codes/issue.ts'
import { checkCode, redeemCode } from '../../codes/redeem.ts'
import type { Core } from '../../core.ts'
import type { SecretDigest, StoredClient } from '../client.ts'

/** What an operator gives to a person who registers an application. */
export interface InitialAccessToken {
  /** Accepted once. */
  readonly token: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

const LONGEST = days(90)

export async function issueRegistrationToken(
  options: { readonly expiresIn?: Duration } = {},
  core: Core,
): Promise<InitialAccessToken> {
  refuseUnknownOptions(
    options,
    { expiresIn: true },
    argumentOf('clients.registrationToken'),
  )
  const lifetime = lifetimeOf(options.expiresIn)
  const issued = await issueCode(
    { purpose: 'oauth_registration', form: 'link', lifetime },
    core,
  )
  return { token: issued.secret, expiresAt: issued.expiresAt }
}

function lifetimeOf(expiresIn: Duration = days(1)): Seconds {
  const lifetime = secondsOf(expiresIn)
  if (lifetime !== undefined && lifetime > 0 && lifetime <= LONGEST) return lifetime
  throw fieldError({
    expiresIn: ['Must be a duration such as 1h or 7d; at most 90d.'],
  })
}

const CHALLENGE = 'Bearer realm="oauth", error="invalid_token"'

export const notAuthenticated = (message: string): AuthError =>
  new AuthError('not_authenticated', message, { challenges: [CHALLENGE] })

/** @throws AuthError `not_authenticated` without a token in the header */
export function bearerOf(request: AuthRequest): string {
  const [, token] =
    /^bearer +([\w.~+/-]+=*) *$/i.exec(request.header('authorization') ?? '') ?? []
  if (token === undefined) throw notAuthenticated('the request has no token')
  return token
}

/** Checks an initial access token, and does not redeem it. @throws AuthError `not_authenticated` */
export const checkInitialToken = (secret: string, core: Core): Promise<void> =>
  asTokenError(() => checkCode({ purpose: 'oauth_registration', secret }, core))

/** Redeems it: of concurrent registrations one succeeds. @throws AuthError `not_authenticated` */
export const redeemInitialToken = (secret: string, core: Core): Promise<void> =>
  asTokenError(() => redeemCode({ purpose: 'oauth_registration', secret }, core))

async function asTokenError(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid_code') throw error
    throw notAuthenticated(error.message)
  }
}

/** A new registration access token (RFC 7592 §3), with which an application manages its registration. */
export const newRegistrationToken = (random: Random): string =>
  `wwr_${Buffer.from(random(32)).toString('base64url')}`

export const registrationDigestOf = (token: string): SecretDigest =>
  hash('sha256', token, 'hex') as SecretDigest

const NONE = registrationDigestOf('')

/** In constant time. */
export function isRegistrationTokenOf(
  client: StoredClient | undefined,
  token: string,
): boolean {
  const stored = client?.registrationToken
  const presented = Buffer.from(registrationDigestOf(token))
  const isEqual = timingSafeEqual(presented, Buffer.from(stored ?? NONE))
  return isEqual && stored !== undefined
}
