import { hash } from 'node:crypto'
import { after, type Seconds } from '../../base/clock.ts'
import { ifDefined } from '../../base/optional.ts'
import { hexId } from '../../base/random.ts'
import { currentContext } from '../../base/request-context.ts'
import { truncateAddress } from '../../http/client-address.ts'
import { cookieValues, serializeCookie } from '../../http/cookies.ts'
import { type SiteCheck, setsSecureCookies } from '../../http/origins.ts'
import type { AuthRequest } from '../../http/request.ts'
import { userAgentOf } from '../../http/user-agent.ts'
import type { StoredUser, UserId } from '../../users/user.ts'
import type { Core } from '../core.ts'
import type { DeviceId, RememberedDevice } from './device.ts'
import { secondFactorOptions } from './options.ts'
import { devicesOf } from './sql.ts'

/** The header in which a client without cookies sends its device token, at each sign-in. */
const HEADER = 'x-device-token'

/** With tokens in cookies, and after a sign-in on a page, the device token is in one, too. */
const COOKIE = 'watchword-device'

/** A user's oldest devices are forgotten above this number. */
const MAX_DEVICES = 20

/** More values than a client has reason to send are not looked up. */
const MAX_VALUES = 4

const digestOf = (token: string): string => hash('sha256', token, 'base64url')

/** What a sign-in adds to its answer if the user has asked to remember the device. */
export interface RememberedSignIn {
  /** For the header `X-Device-Token` of later sign-ins. Left out with tokens in cookies. */
  readonly device_token?: string
}

/**
 * Remembers a device, if the option `secondFactors.rememberDevice` is on: its user is not asked for a second factor on it.
 *
 * @returns the token, which only this call returns; `undefined` if the option is off, or the user has changed meanwhile
 */
export async function rememberDevice(
  { id: userId, epoch }: StoredUser,
  request: AuthRequest | undefined,
  core: Core,
): Promise<string | undefined> {
  const lifetime = lifetimeOf(core)
  if (lifetime === undefined) return undefined
  const token = Buffer.from(core.random(32)).toString('base64url')
  const now = core.clock()
  const address = currentContext()?.address
  const isStored = await devicesOf(core).insert({
    id: hexId(core.random) as DeviceId,
    userId,
    epoch,
    digest: digestOf(token),
    createdAt: now,
    expiresAt: after(now, lifetime),
    lastUsedAt: now,
    address: ifDefined(address, truncateAddress),
    userAgent: request && userAgentOf(request),
  })
  if (!isStored) return undefined
  await forgetOldest({ userId, epoch }, core)
  const detail = { lifetime }
  void core.audit.record({ kind: 'device_remembered', userId, detail })
  return token
}

async function forgetOldest(
  user: Pick<RememberedDevice, 'userId' | 'epoch'>,
  core: Core,
): Promise<void> {
  const devices = devicesOf(core)
  const all = await devices.list(user, core.clock())
  for (const { id } of all.slice(MAX_DEVICES)) await devices.delete(id, user.userId)
}

/** Whether a request comes from a device that the user has asked to remember. */
export async function isRemembered(
  { id: userId, epoch }: StoredUser,
  request: AuthRequest | undefined,
  core: Core,
): Promise<boolean> {
  if (lifetimeOf(core) === undefined) return false
  const digests = presentedDigests(request)
  if (digests.length === 0) return false
  return devicesOf(core).use({ userId, epoch, digests }, core.clock())
}

const lifetimeOf = ({ section }: Pick<Core, 'section'>): Seconds | undefined =>
  section(secondFactorOptions)?.rememberDevice

function presentedDigests(request: AuthRequest | undefined): readonly string[] {
  const cookies = request?.header('cookie')
  const tokens = [
    request?.header(HEADER),
    ...cookieValues(`__Host-${COOKIE}`, cookies),
    ...cookieValues(COOKIE, cookies),
  ]
  return tokens
    .filter((token) => token !== undefined && token.length === TOKEN_LENGTH)
    .slice(0, MAX_VALUES)
    .map((token) => digestOf(String(token)))
}

/** 32 bytes in base64url. */
const TOKEN_LENGTH = 43

/** The devices of a user, the newest first. */
export const listDevices = (
  { id: userId, epoch }: StoredUser,
  core: Core,
): Promise<readonly RememberedDevice[]> =>
  devicesOf(core).list({ userId, epoch }, core.clock())

/** Whether this is the device of a request. */
export const isDeviceOf = ({ digest }: RememberedDevice, request: AuthRequest): boolean =>
  presentedDigests(request).includes(digest)

/** @returns `false` if the user has no such device */
export async function forgetDevice(
  userId: UserId,
  id: string,
  core: Core,
): Promise<boolean> {
  if (!(await devicesOf(core).delete(id as DeviceId, userId))) return false
  void core.audit.record({ kind: 'device_forgotten', userId, detail: { devices: 1 } })
  return true
}

/** Forgets the devices of a user. @param except the request whose own device stays. Default: all */
export async function forgetDevices(
  userId: UserId,
  core: Core,
  except?: AuthRequest,
): Promise<number> {
  const devices = await devicesOf(core).deleteAll(userId, presentedDigests(except))
  if (devices > 0)
    void core.audit.record({ kind: 'device_forgotten', userId, detail: { devices } })
  return devices
}

/** The value of `Set-Cookie` for a device token. @param site decides whether the cookie is for https alone */
export function deviceCookie(
  token: string,
  request: AuthRequest,
  site: Pick<SiteCheck, 'mayBePlain'>,
  core: Core,
): string {
  const secure = setsSecureCookies(request, site)
  // Browsers accept the prefix over https alone.
  const name = secure ? `__Host-${COOKIE}` : COOKIE
  const maxAge = Number(lifetimeOf(core) ?? 0)
  return serializeCookie(name, token, { maxAge, secure, httpOnly: true })
}
