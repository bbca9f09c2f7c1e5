import { isUsable } from '../../passwords/passwords.ts'
import type { SignInRows } from '../../stores/sign-in-rows.ts'
import type { Account } from '../../users/user.ts'
import type { Core } from '../core.ts'
import { sendsSignInCodes, signInNames } from './settings.ts'

/** The rows of which a user's last one stays; `undefined` if the user can sign in without them. */
export function waysToKeep(
  account: Account,
  core: Core,
): readonly SignInRows[] | undefined {
  if (hasAnotherWay(account, core)) return undefined
  return core.signInRows()
}

/** A password, or an address or number that codes to sign in with are sent to. */
function hasAnotherWay({ user, hash }: Account, { section }: Core): boolean {
  if (isUsable(hash)) return true
  if (!sendsSignInCodes(section)) return false
  const names = signInNames(section)
  return (
    (names.includes('email') && user.email !== undefined) ||
    (names.includes('phone') && user.phone !== undefined)
  )
}
