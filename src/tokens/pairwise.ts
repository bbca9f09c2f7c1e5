import type { Claims } from '../jwt/index.ts'
import type { SessionId } from '../sessions/session.ts'
import type { TokenDeps } from './token-settings.ts'

/**
 * Whether a token names its user for the application alone that it was issued to (OpenID Connect Core 1.0 §8). Its `sub` is no user id, and
 * it has no user id claim: its session says who the user is.
 */
export const isPairwise = ({ client_id: id, subject_type: type }: Claims): boolean =>
  typeof id === 'string' && type === 'pairwise'

/** The user of a session, which never changes. */
export interface SessionOwner {
  readonly userId: string
  /** Of the user when the session began. */
  readonly epoch: number
}

/** The user of a pairwise token. @returns `undefined` if the store has no session of it */
export async function ownerBySession(
  { sid }: Claims,
  { sessions }: Pick<TokenDeps, 'sessions'>,
): Promise<SessionOwner | undefined> {
  if (typeof sid !== 'string') return undefined
  const session = (await sessions?.find(sid as SessionId))?.session
  if (session?.userId === undefined) return undefined
  return { userId: session.userId, epoch: session.epoch }
}
