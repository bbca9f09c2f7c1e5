import { AuthError } from '../../base/errors.ts'
import type { Claims } from '../../jwt/index.ts'
import { headerClaims } from '../../jwt/jws.ts'
import type { SessionId, StoredSession } from '../../sessions/session.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import { isOfClient } from '../../tokens/user-of-token.ts'
import type { Account, User } from '../../users/user.ts'
import type { Core } from '../core.ts'

/** A token of an application that this instance has issued, and its session. */
export interface IssuedToken {
  readonly kind: 'access' | 'refresh'
  readonly claims: Claims
  readonly session: StoredSession
}

/** @returns `undefined` if the token is not valid, or of no application. Its session may have ended */
export async function findIssued(
  token: string,
  core: Core,
): Promise<IssuedToken | undefined> {
  const issued = await findAnyIssued(token, core)
  return issued?.claims.client_id === undefined ? undefined : issued
}

/** The same for any access or refresh token of the instance. */
export async function findAnyIssued(
  token: string,
  core: Core,
): Promise<IssuedToken | undefined> {
  const claims = await verified(token, core)
  const kind = claims?.[core.tokens.settings.typeClaim]
  if (claims === undefined || (kind !== 'access' && kind !== 'refresh')) return undefined
  if (kind === 'access' && !isTyped(token, claims)) return undefined
  const session = await sessionOf(claims, core)
  return session && { kind, claims, session }
}

/** Access tokens of applications say so in their header (RFC 9068 §2.1). */
const isTyped = (token: string, claims: Claims): boolean =>
  claims.client_id === undefined || headerClaims(token).typ === 'at+jwt'

/** @returns `undefined` if it is not valid */
async function verified(token: string, { tokens }: Core): Promise<Claims | undefined> {
  try {
    return await tokens.verifyOnce(token)
  } catch (error) {
    if (error instanceof AuthError && error.status === 401) return undefined
    throw error
  }
}

async function sessionOf(
  { sid, client_id: clientId, client_sid: clientSid = sid }: Claims,
  { sessions }: Core,
): Promise<StoredSession | undefined> {
  const find = async (id: unknown): Promise<StoredSession | undefined> => {
    if (typeof id !== 'string') return undefined
    return (await sessions?.find(id as SessionId))?.session
  }
  const own = await find(clientSid)
  if (own?.clientId !== clientId) return undefined
  if (clientSid === sid) return own
  // The application that has exchanged a token may have been disabled since.
  return own?.revokedAt === undefined ? find(sid) : undefined
}

/** Whether a token was exchanged for another one: its session is that of the other one. */
export const isExchanged = ({ claims }: Pick<IssuedToken, 'claims'>): boolean =>
  claims.client_sid !== undefined

/**
 * The user of a token that is in use.
 *
 * @returns `undefined` if it is the application's own; `'none'` if the session has ended, or the user may not use it any more
 */
export async function liveUserOf(
  token: IssuedToken,
  core: Core,
): Promise<User | undefined | 'none'> {
  const account = await liveAccountOf(token, core)
  return typeof account === 'object' ? account.user : account
}

/** The same with the account of the user. */
export async function liveAccountOf(
  { claims, session }: IssuedToken,
  core: Core,
): Promise<Account | undefined | 'none'> {
  const now = core.clock()
  if (session.revokedAt !== undefined || now >= session.expiresAt) return 'none'
  if (isOfClient(claims)) return undefined
  const account = await core.users.find('id', session.userId ?? '')
  if (account === undefined || account.user.epoch !== session.epoch) return 'none'
  return mayUse(account.user, core.tokens.settings) ? account : 'none'
}
