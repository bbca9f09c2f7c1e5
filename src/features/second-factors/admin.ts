import { requireString } from '../../users/field-errors.ts'
import type { UserId } from '../../users/user.ts'
import type { OpenCore } from '../core.ts'
import { type Factor, listFactors, resetFactors } from './factors.ts'

/** `auth.secondFactors`. */
export interface SecondFactorAdmin {
  /** Lists the second factors of a user, the oldest first. */
  list(userId: string): Promise<readonly Factor[]>
  /**
   * Removes all second factors and recovery codes of a user who has lost them. It is recorded in the audit log.
   *
   * @returns how many factors it removed
   */
  reset(userId: string): Promise<number>
}

export const secondFactorAdmin = (open: OpenCore): SecondFactorAdmin => ({
  list: async (userId) => listFactors(idOf(userId), await open()),
  reset: async (userId) => resetFactors(idOf(userId), await open()),
})

const idOf = (userId: unknown): UserId => requireString('user', userId) as UserId
