import type { StoredSession } from '../../sessions/session.ts'
import type { Visitor } from '../browser-sessions/visitor.ts'
import type { Core } from '../core.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { scopesOfAsked } from './claims-parameter.ts'

/**
 * Whether the user must be asked. An application that cannot prove who it is, is always asked for: another one may use its name
 * (RFC 9700 §4.1).
 */
export async function needsConsent(
  request: AuthorizationRequest,
  { user }: Visitor,
  core: Core,
): Promise<boolean> {
  const { client, prompt } = request
  if (prompt.includes('consent')) return true
  if (client.skipConsent) return false
  if (client.proof === 'none') return true
  const sessions = (await core.sessions?.list(user.id)) ?? []
  return !sessions.some((session) => covers(session, request, core))
}

/** A consent is a session of the application. */
const covers = (
  session: StoredSession,
  { client, scopes, audiences, asked }: AuthorizationRequest,
  core: Core,
): boolean =>
  session.clientId === client.id &&
  session.revokedAt === undefined &&
  core.clock() < session.expiresAt &&
  [...scopes, ...scopesOfAsked(asked)].every((each) => session.scopes.includes(each)) &&
  audiences.every((each) => session.resource.includes(each))
