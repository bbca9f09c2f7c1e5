import { AuthError } from '../../../base/errors.ts'
import { currentContext, runInContext } from '../../../base/request-context.ts'
import { seeOther } from '../../../pages/answers.ts'
import { nextPath } from '../../../pages/next-path.ts'
import { rightsOf } from '../../../permissions/rights.ts'
import type { StoredUser } from '../../../users/user.ts'
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
  /** What its form needs. Default: `watchword.change`. */
  readonly postNeeds?: ConsolePermission
}

/** Lets staff in whose sign-in is fresh, and strong enough for their second factor. */
export const forStaff = ({
  get,
  post,
  postNeeds = 'watchword.change',
}: ConsoleHandlers): PageHandlers<UserVisit> => ({
  get: (visit) => admit(visit, 'watchword.view', get),
  ...(post && {
    post: (visit) =>
      admit(visit, postNeeds, (staff) => asActor(staff.visitor.user, () => post(staff))),
  }),
})

async function admit(
  visit: UserVisit,
  permission: ConsolePermission,
  handle: (visit: StaffVisit) => PageResult | Promise<PageResult>,
): Promise<PageResult> {
  const { user, session } = visit.visitor
  // For others there is no console.
  if (!user.staff || session.actor !== undefined) throw new AuthError('not_found')
  if (!(await isFresh(visit))) return toFreshSignIn(visit)
  const can = permissionsOf(user, visit.core)
  if (!can(permission) || !can('watchword.view'))
    throw new AuthError('permission_denied', `does not have "${permission}"`)
  return handle({ ...visit, can })
}

export function permissionsOf(
  user: StoredUser,
  { roles }: Pick<Core, 'roles'>,
): (permission: ConsolePermission) => boolean {
  const rights = rightsOf(roles)
  return (permission) => rights(user, permission, [])
}

/** Whether the sign-in is young enough, and used the second factor that the user has, or a device that is remembered. */
async function isFresh({ visitor, request, core, now }: UserVisit): Promise<boolean> {
  const settings = core.section(consoleOptions)
  const { authTime, amr = [] } = visitor.session
  if (settings === undefined || authTime === undefined) return false
  if (!(now - authTime <= settings.fresh)) return false
  if (isStrong(amr)) return true
  const { user } = visitor
  const hasFactor = (await secondMethods(user.id, core)).length > 0
  return !hasFactor || isRemembered(user, request, core)
}

/** Two steps, `mfa` (RFC 8176 §2), or a passkey, which is what the user has and knows or is. */
const isStrong = (methods: readonly string[]): boolean =>
  methods.length > 1 || methods.includes('mfa') || isPasskey(methods)

function toFreshSignIn({ request, accountPath }: UserVisit): PageResult {
  // After a form: the page that has shown it.
  const path = request.method === 'POST' ? request.url.replace(/\?.*$/s, '') : request.url
  const next = nextPath(path) ?? '/console/'
  return seeOther(
    `${accountPath('/sign-in/')}?${new URLSearchParams({ next, again: '1' })}`,
  )
}

const asActor = <T>({ id }: StoredUser, work: () => T): T =>
  runInContext({ ...contextNow(), actor: id }, work)

/** A context computes its members when they are read. */
function contextNow() {
  const { requestId, address } = currentContext() ?? {}
  return { requestId, address }
}
