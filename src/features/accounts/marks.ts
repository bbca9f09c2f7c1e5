import { seconds } from '../../base/clock.ts'
import { issueCode } from '../codes/issue.ts'
import { codeStore } from '../codes/sql.ts'
import type { Core } from '../core.ts'

/** Marks of sign-ups: rows of one-time codes that are never sent, so they cannot be redeemed. */
type Mark =
  /** The target is the id of a user who has signed up and not confirmed the address. */
  | 'unconfirmed'
  /** The target is a username, which counts as taken. */
  | 'hold_username'

export async function setMark(purpose: Mark, target: string, core: Core): Promise<void> {
  await issueCode({ purpose, form: 'digits', target, lifetime: LIFETIMES[purpose] }, core)
}

const LIFETIMES = {
  unconfirmed: seconds(3660 * 86_400),
  hold_username: seconds(30 * 86_400),
} as const

/** Whether a user has the name, or a sign-up with a taken address has reserved it. */
export async function isNameTaken(key: string, core: Core): Promise<boolean> {
  const [holder, isHeld] = await Promise.all([
    core.users.findByKey('username', key),
    isMarked('hold_username', key, core),
  ])
  return holder !== undefined || isHeld
}

export async function clearMark(
  purpose: Mark,
  target: string,
  core: Core,
): Promise<void> {
  await issueCode({ purpose, form: 'digits', target, lifetime: seconds(0) }, core)
}

export async function isMarked(
  purpose: Mark,
  target: string,
  { ports, clock }: Pick<Core, 'ports' | 'clock'>,
): Promise<boolean> {
  const { codes } = ports(codeStore)
  const found = await codes.find({ purpose, form: 'digits', target, digests: [] })
  return found !== undefined && clock() < found.expiresAt
}
