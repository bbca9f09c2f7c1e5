import { hostOf } from './origins.ts'
import type { AuthRequest } from './request.ts'

/**
 * Whether a request may use plain http. Without the option `secure` only requests within this machine may: browsers may refuse
 * `Secure` cookies there. The `Host` alone is no proof, because a proxy may replace it.
 *
 * @param behindProxy whether the option `proxies` says that a proxy is in front
 */
export const allowsPlainHttp =
  (secure: boolean | undefined, behindProxy: boolean) =>
  (request: AuthRequest): boolean => {
    if (request.secure) return false
    if (secure === undefined) return !behindProxy && isLocal(request)
    return !secure
  }

/** Whether a client, and not a proxy that may have ended TLS, sent a request over plain http. */
export const isPlainHttp = (request: AuthRequest, behindProxy: boolean): boolean =>
  !request.secure &&
  !behindProxy &&
  [...FORWARDED, ...REMOTE].every((name) => request.header(name) === undefined)

/** Whether a request has crossed no network, as far as its host, its connection and the headers of proxies show. */
export function isLocal(request: AuthRequest): boolean {
  const forwardedFor = request.header('x-forwarded-for')
  // Next hides the connection, and shows its client in the header.
  const peer = request.address || forwardedFor
  return (
    isLoopback(hostOf(request)) &&
    peer !== undefined &&
    areLoopbackAddresses(peer) &&
    areLoopbackAddresses(forwardedFor) &&
    areLoopbackAddresses(request.header('x-real-ip')) &&
    isLoopback(request.header('x-forwarded-host') ?? 'localhost') &&
    (request.header('x-forwarded-proto') ?? 'http') === 'http' &&
    REMOTE.every((name) => request.header(name) === undefined)
  )
}
const REMOTE = ['forwarded', 'via']
const FORWARDED = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

const areLoopbackAddresses = (list: string | undefined): boolean =>
  list === undefined ||
  list.split(',').every((each) => LOOPBACK_ADDRESS.test(each.trim()))
const LOOPBACK_ADDRESS = /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i

/** Whether a host is a loopback name. */
const isLoopback = (host: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host)
