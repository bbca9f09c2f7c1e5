import type { UnixSeconds } from '../../base/clock.ts'
import type { StoredUser } from '../../users/user.ts'
import type { StoredCode } from '../codes/code.ts'
import { codeStore } from '../codes/sql.ts'
import type { Core } from '../core.ts'

/** An address or number that a user has asked for and not confirmed yet. */
export interface PendingChange {
  readonly address: string
  readonly requestedAt: UnixSeconds
  readonly expiresAt: UnixSeconds
}

const PURPOSES = { email: 'change_email', phone: 'verify_phone' } as const

/** The change of an address or number that a user has asked for; `undefined` if there is none, or its code is out of date. */
export async function pendingChange(
  field: keyof typeof PURPOSES,
  user: StoredUser,
  { ports, clock }: Pick<Core, 'ports' | 'clock'>,
): Promise<PendingChange | undefined> {
  const { codes } = ports(codeStore)
  const code = await codes.findIssued(PURPOSES[field], user.id)
  if (code === undefined || !isOpen(code, user, clock())) return undefined
  const address = code.payload[field]
  if (typeof address !== 'string') return undefined
  return { address, requestedAt: code.createdAt, expiresAt: code.expiresAt }
}

/** Whether it can still be redeemed: another password voids it. */
const isOpen = (
  { redeemedAt, expiresAt, attempts, maxAttempts, user }: StoredCode,
  { epoch }: StoredUser,
  now: UnixSeconds,
): boolean =>
  redeemedAt === undefined &&
  now < expiresAt &&
  (maxAttempts === undefined || attempts < maxAttempts) &&
  user?.epoch === epoch
