import { hash } from 'node:crypto'
import type { SessionId } from './session.ts'

/**
 * The session of a refresh or sliding token that another issuer signed with our key, such as Simple JWT: it names no
 * session, so its `jti` stands for one. Every process computes the same row.
 */
export const foreignSessionId = (jti: string): SessionId =>
  hash('sha256', `legacy${jti}`, 'hex').slice(0, 32) as SessionId
