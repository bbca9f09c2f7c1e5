import { AuthError } from '../../base/errors.ts'
import { isNotImpersonated } from '../../permissions/basic-permissions.ts'
import { denied, granted } from '../../permissions/decision.ts'
import { describing, rule } from '../../permissions/description.ts'
import { type Permission, signedIn } from '../../permissions/permission.ts'
import type { Account } from '../../users/user.ts'
import type { ApiToken } from '../api-tokens/api-token.ts'
import type { Core } from '../core.ts'

/** The account of a user who is signed in, as committed. @throws AuthError `user_not_found` */
export async function ownAccount(
  userId: string,
  { users }: Pick<Core, 'users'>,
): Promise<Account> {
  const account = await users.read('id', userId)
  if (account === undefined) throw new AuthError('user_not_found')
  return account
}

type AnyPermission = Permission<unknown, unknown>

/** Grants users whose credentials are not limited to scopes: those are for other things than the account itself. */
export const hasAllScopes = rule(
  'credentials without scopes',
  'the credentials are limited to scopes',
  signedIn<AnyPermission>(({ identity }) => {
    if (identity === undefined) return denied('not signed in')
    if (identity.scopes.length === 0) return granted
    return denied('the credentials are limited to scopes')
  }),
)

/** Denies API tokens that were made for programs. */
const isNoProgram = rule(
  'not an API token',
  'an API token may not do this',
  signedIn<AnyPermission>(({ identity }) => {
    if (identity === undefined) return denied('not signed in')
    if (!isProgram(identity.credential)) return granted
    return denied('an API token may not do this', { detail: PROGRAM })
  }),
)

/**
 * Grants users with the credentials of their own sign-in. Denies impersonated users, credentials that are limited to scopes, and API
 * tokens that were made for programs: none of them may create other credentials.
 */
export const isOwner = describing(
  { kind: 'all', of: [isNoProgram, hasAllScopes, isNotImpersonated] as never },
  signedIn<AnyPermission>(async (context) => {
    for (const part of [isNoProgram, hasAllScopes]) {
      const decision = await part(context)
      // Its text is shown, unlike that of a part of `allOf`.
      if (!decision.granted) return decision
    }
    return isNotImpersonated(context)
  }),
)

const PROGRAM = 'An API token cannot do this.'

/** A token that a sign-in has issued, as Django REST framework's and knox's, is derived or has a kind. */
function isProgram(credential: Partial<ApiToken> | undefined): boolean {
  if (credential === undefined) return false
  return credential.derived !== true && credential.kind === undefined
}
