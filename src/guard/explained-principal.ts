import type { RequestPrincipal } from '../permissions/request-principal.ts'
import { type ExplainedPrincipal, shortened } from './explanation.ts'

/** Who sent a request, as explanations and pages show it. */
export function principalOf(principal: RequestPrincipal<unknown>): ExplainedPrincipal {
  const { scheme, user, client, sessionId, scopes, token, credential } = principal
  const expiresAt = credential?.expiresAt ?? token?.exp
  return {
    scheme,
    // An application that comes for itself has no user.
    user: userOf(user ?? client),
    ...(typeof sessionId === 'string' && { session: `${sessionId.slice(0, 8)}…` }),
    scopes: scopes.map(shortened),
    ...(typeof expiresAt === 'number' && { expiresAt }),
  }
}

/** A name that may be an e-mail address is not shown. */
function userOf(user: unknown): ExplainedPrincipal['user'] {
  const { id, username } = user as { readonly id?: unknown; readonly username?: unknown }
  const known = shortened(String(id ?? ''))
  if (typeof username !== 'string' || username.includes('@'))
    return { id: known, label: known }
  return { id: known, label: shortened(username) }
}
