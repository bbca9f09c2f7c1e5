import type { AuthError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Principal } from '../../permissions/permission.ts'
import { RequestPrincipal } from '../../permissions/request-principal.ts'
import { rightsOf } from '../../permissions/rights.ts'
import type { StoredSession } from '../../sessions/session.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { StoredUser } from '../../users/user.ts'
import type { Core } from '../core.ts'
import {
  type BrowserSession,
  type BrowserSessionSettings,
  findBrowserSessions,
} from './browser-session.ts'

/** Who visits a page: the user of a browser session. */
export interface Visitor {
  readonly user: StoredUser
  readonly session: StoredSession
  /** The secret of the session, to which its forms are bound. */
  readonly secret: string
  /** The same as guards see it: for the verbs of the account. */
  readonly principal: Principal
}

/** @returns `undefined` if the browser is not signed in, or its sessions are of several users: one may be an attacker's (rule H12) */
export async function findVisitor(
  request: AuthRequest,
  settings: BrowserSessionSettings,
  core: Core,
): Promise<Visitor | undefined> {
  const sessions = await findBrowserSessions(request, settings, core)
  const found = await Promise.all(sessions.map((each) => visitorOf(each, request, core)))
  const [newest, ...others] = found.filter((each) => each !== undefined)
  if (others.some(({ user }) => user.id !== newest?.user.id)) return undefined
  return newest
}

async function visitorOf(
  { secret, session }: BrowserSession,
  request: AuthRequest,
  { users, tokens, roles }: Core,
): Promise<Visitor | undefined> {
  const { id: sessionId, userId, epoch, actor, authTime, amr } = session
  if (userId === undefined) return undefined
  const account = await users.find('id', userId)
  if (account === undefined || !mayUse(account.user, tokens.settings)) return undefined
  const { user } = account
  // Another person may have known the old password.
  if (user.epoch !== epoch) return undefined
  const identity = { user, scheme: 'session', sessionId, actor, authTime, amr }
  const deps = { rights: rightsOf(roles), toRouteError: (error: AuthError) => error }
  const principal = new RequestPrincipal(identity, deps, request) as Principal
  return { user, session, secret, principal }
}
