import { minutes } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { StoredUser } from '../../users/user.ts'
import {
  cookiesAtSignIn,
  openBrowserSession,
  revokeBrowserSession,
} from '../browser-sessions/browser-session.ts'
import type { StaffVisit } from './pages/staff-visit.ts'
import type { Done } from './user-notices.ts'

/** How long an operator acts as another user. */
export const IMPERSONATION = minutes(30)

/** Signs the browser in as the user. The visitor's own session ends: one browser has one. */
export async function impersonate(user: StoredUser, visit: StaffVisit): Promise<Done> {
  const { core, request, visitor, sessionSettings, accountPath, form } = visit
  const reason = form.text('reason').slice(0, 200)
  if (reason === '') throw fieldError({ reason: ['This field is required.'] })
  const account = await core.users.read('id', user.id)
  if (account === undefined) throw new AuthError('not_found')
  const settings = { ...sessionSettings, lifetime: IMPERSONATION }
  const secret = await core.completeSignIn(account, {
    methods: [],
    request,
    actor: visitor.user.id,
    async start(checked) {
      const started = await openBrowserSession(checked, settings, core)
      return { ...started, detail: { reason } }
    },
  })
  await revokeBrowserSession(visitor, core)
  return {
    code: 'impersonated',
    path: accountPath('/'),
    cookies: cookiesAtSignIn(secret, request, settings),
  }
}
