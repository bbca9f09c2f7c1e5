import { AuthError } from '../../../base/errors.ts'
import {
  currentContext,
  type RequestContext,
  runInContext,
} from '../../../base/request-context.ts'
import { seeOther } from '../../../pages/answers.ts'
import { nextPath } from '../../../pages/next-path.ts'
import { rightsOf } from '../../../permissions/rights.ts'
import type { StoredUser } from '../../../users/user.ts'
import { findVisitor, type Visitor } from '../../browser-sessions/visitor.ts'
import type { Core } from '../../core.ts'
import type { PageHandlers, PageResult } from '../../pages/define-page.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { isRemembered } from '../../second-factors/devices.ts'
import { secondMethods } from '../../second-factors/factors.ts'
import { isPasskey } from '../../second-factors/sign-in.ts'
import { consoleOptions } from '../options.ts'

/** What a member of staff may do in the console. Superusers may do all of it. */
export type ConsolePermission =
  | 'watchword.view'
  | 'watchword.change'
  | 'watchword.impersonate'

/** A visit of a member of staff. */
export interface StaffVisit extends UserVisit {
  can(permission: ConsolePermission): boolean
}

export interface ConsoleHandlers {
  get(visit: StaffVisit): PageResult | Promise<PageResult>
  /** Runs as the visitor: what it does is recorded with the visitor as its actor. */
  post?(visit: StaffVisit): PageResult | Promise<PageResult>
  /** The permission that the form requires. Default: `watchword.change`. */
  readonly postPermission?: ConsolePermission
}

/** Admits only staff whose sign-in is recent enough and used their second factor, if they have one. */
export const forStaff = ({
  get,
  post,
  postPermission = 'watchword.change',
}: ConsoleHandlers): PageHandlers<UserVisit> => ({
  get: (visit) => admit(visit, 'watchword.view', get),
  ...(post && {
    post: (visit) =>
      admit(visit, postPermission, (staff) =>
        asActor(staff.visitor.user, () => post(staff)),
      ),
  }),
})

async function admit(
  visit: UserVisit,
  permission: ConsolePermission,
  handle: (visit: StaffVisit) => PageResult | Promise<PageResult>,
): Promise<PageResult> {
  // Others get a 404, so that the console cannot be found.
  if (!isStaff(visit.visitor)) throw new AuthError('not_found')
  if (!(await isFresh(visit))) return toFreshSignIn(visit)
  const can = permissionsOf(visit.visitor.user, visit.core)
  if (!can(permission) || !can('watchword.view'))
    throw new AuthError('permission_denied', `the visitor lacks "${permission}"`)
  return handle({ ...visit, can })
}

const isStaff = ({ user, session }: Visitor): boolean =>
  user.staff && session.actor === undefined

/**
 * Asks again, for answers that take long.
 *
 * @throws AuthError `permission_denied` if the visitor was signed out, or may not view the console any more; `store_unavailable`
 */
export async function requireStillStaff(visit: StaffVisit): Promise<void> {
  const { visitor, request, sessionSettings, core } = visit
  const now = await findVisitor(request, sessionSettings, core)
  if (now?.session.id === visitor.session.id && isStaff(now))
    if (permissionsOf(now.user, core)('watchword.view')) return
  throw new AuthError('permission_denied', 'the visitor has lost the right meanwhile')
}

export function permissionsOf(
  user: StoredUser,
  { roles }: Pick<Core, 'roles'>,
): (permission: ConsolePermission) => boolean {
  const rights = rightsOf(roles)
  return (permission) => rights(user, permission, [])
}

/** Whether the sign-in is recent enough, and used the second factor of the user or a remembered device. */
async function isFresh({ visitor, request, core, now }: UserVisit): Promise<boolean> {
  const settings = core.section(consoleOptions)
  const { authTime, amr = [] } = visitor.session
  if (settings === undefined || authTime === undefined) return false
  if (!(now - authTime <= settings.fresh)) return false
  if (isTwoFactor(amr)) return true
  const { user } = visitor
  const hasFactor = (await secondMethods(user.id, core)).length > 0
  return !hasFactor || isRemembered(user, request, core)
}

/** Two methods, `mfa` (RFC 8176 §2), or a passkey, which is two factors in one. */
const isTwoFactor = (methods: readonly string[]): boolean =>
  methods.length > 1 || methods.includes('mfa') || isPasskey(methods)

function toFreshSignIn({ request, accountPath }: UserVisit): PageResult {
  // A form was sent: return to the page that showed it.
  const path = request.method === 'POST' ? request.url.replace(/\?.*$/s, '') : request.url
  const next = nextPath(path) ?? '/console/'
  return seeOther(
    `${accountPath('/sign-in/')}?${new URLSearchParams({ next, again: '1' })}`,
  )
}

const asActor = <T>({ id }: StoredUser, work: () => T): T =>
  runInContext({ ...contextNow(), actor: id }, work)

/** Copied member by member: the getters of a context are not spread. */
export function contextNow(): RequestContext {
  const { requestId, address } = currentContext() ?? {}
  return { requestId, address }
}
