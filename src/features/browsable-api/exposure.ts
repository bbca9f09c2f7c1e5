import { isPromise } from '../../base/awaitable.ts'
import { AuthError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isLocal } from '../../http/plain-http.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Permission, Principal } from '../../permissions/permission.ts'
import type { BrowsableApiSettings } from './options.ts'

type AnyPermission = Permission<unknown, unknown>

/** To whom the browsable API is shown. */
export interface Exposure {
  readonly settings: BrowsableApiSettings
  readonly isProduction: boolean
  /** Whether it is on for a request at all. */
  isOn(request: AuthRequest): boolean
  /** Whether a request is one of a developer: it comes from this machine, and the instance is not in production. */
  isDevelopment(request: AuthRequest): boolean
  /** Whether a principal may see what a permission of the option protects. */
  grants(
    permission: AnyPermission | 'public' | false,
    request: AuthRequest,
    principal: Principal<unknown, string> | undefined,
  ): boolean
}

/**
 * In development it is on for this machine. A proxy in front, or `NODE_ENV=production`, is production.
 *
 * @returns `undefined` if it is off for every request
 */
export function exposureOf(
  settings: BrowsableApiSettings | undefined,
  { isProduction, log }: { readonly isProduction: boolean; readonly log: Log },
): Exposure | undefined {
  if (settings === undefined) return undefined
  if (isProduction) log({ level: 'info', event: noticeOf(settings) })
  if (isProduction && !settings.production) return undefined
  const isDevelopment = (request: AuthRequest): boolean =>
    !isProduction && isLocal(request)
  return {
    settings,
    isProduction,
    isDevelopment,
    isOn: (request) => settings.production || isDevelopment(request),
    grants(permission, request, principal) {
      if (isDevelopment(request) || permission === 'public') return true
      if (permission === false || principal === undefined) return false
      const context = { identity: principal as never, request, resource: undefined }
      const decision = permission(context)
      return !isPromise(decision) && decision.granted === true
    },
  }
}

/**
 * Admits to what a permission of the option protects.
 *
 * @throws AuthError `not_found` if the browsable API is off for the request, `not_authenticated`, `permission_denied`
 */
export function requireReader(
  exposure: Exposure | undefined,
  readers: AnyPermission | 'public' | false,
  request: AuthRequest,
  principal: unknown,
): void {
  if (exposure?.isOn(request) !== true) throw new AuthError('not_found')
  const { user } = principal as Partial<Principal>
  const isAnonymous = user === undefined
  const known = isAnonymous ? undefined : (principal as Principal<unknown, string>)
  if (exposure.grants(readers, request, known)) return
  throw new AuthError(isAnonymous ? 'not_authenticated' : 'permission_denied')
}

function noticeOf({ production, requirements, openapi }: BrowsableApiSettings): string {
  if (!production)
    return 'browsableApi: true is for development, and this is production: nothing of it is served. Write browsableApi: { production: true } to serve it'
  const shown = ['pages about endpoints and browsable routes']
  if (requirements === 'public') shown.push('what routes require')
  if (openapi === 'public') shown.push('the OpenAPI document')
  return `browsableApi: { production: true } serves to everybody: ${shown.join(', ')}`
}
