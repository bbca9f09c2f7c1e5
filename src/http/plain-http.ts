import { hostOf } from './origins.ts'
import type { AuthRequest } from './request.ts'

/**
 * Whether a request may use plain http. Without the option `secure` only loopback hosts may: browsers may refuse `Secure`
 * cookies there, and the connection leaves no machine.
 */
export const allowsPlainHttp =
  (secure: boolean | undefined) =>
  (request: AuthRequest): boolean =>
    !request.secure &&
    (secure === false || (secure === undefined && isLoopback(hostOf(request))))

/** Whether a host is a loopback name: requests to it cross no network. */
export const isLoopback = (host: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host)
