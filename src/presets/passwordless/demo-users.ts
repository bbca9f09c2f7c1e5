import { createHash, timingSafeEqual } from 'node:crypto'
import { AuthError, configError } from '../../base/errors.ts'
import { type AccountName, targetOf } from '../../features/accounts/account-name.ts'
import type { RedeemedSignIn } from '../../features/accounts/sign-in-code.ts'
import { limitWrongDigits } from '../../features/codes/limits.ts'
import type { Core, EndpointSettings } from '../../features/core.ts'
import { isLocal } from '../../http/plain-http.ts'
import type { AuthRequest } from '../../http/request.ts'
import { readByLogin } from '../../users/find-by-login.ts'
import type { PasswordlessSettings } from './options.ts'

/** A code that never changes is a password of six digits. @throws AuthError `invalid_config` */
export function refuseInProduction(
  { demoUsers, demoUsersInProduction }: DemoSettings,
  { isProduction }: Pick<EndpointSettings, 'isProduction'>,
): void {
  if (Object.keys(demoUsers).length === 0) return
  if (demoUsersInProduction || !isProduction) return
  throw configError(
    'passwordless({ demoUsers }) accepts codes that never change, and this is production (the option "proxies", or NODE_ENV=production): leave demoUsers out, or add demoUsersInProduction: true.',
  )
}

type DemoSettings = Pick<PasswordlessSettings, 'demoUsers' | 'demoUsersInProduction'>

/**
 * Signs in a user of a demonstration. Wrong codes are limited as those of other users are.
 *
 * @returns `undefined` if this is none, or the request comes from another machine and this is no production
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function redeemDemoCode(
  { name, code }: { readonly name: AccountName; readonly code: string },
  request: AuthRequest,
  { demoUsers, demoUsersInProduction }: DemoSettings,
  core: Core,
): Promise<RedeemedSignIn | undefined> {
  if (!demoUsersInProduction && !isLocal(request)) return undefined
  const target = targetOf(name)
  const [, expected] =
    Object.entries(demoUsers).find(
      ([address]) => targetOf({ ...name, value: address }) === target,
    ) ?? []
  if (expected === undefined) return undefined
  const { kind } = await limitWrongDigits(
    { purpose: 'sign_in', target },
    core,
    async () => (isEqual(code, expected) ? { kind: 'right' } : { kind: 'wrong' }),
  )
  const account = await readByLogin(core.users, name.field, name.value)
  if (kind === 'wrong' || account?.user.active !== true)
    throw new AuthError('invalid_code', 'the code of a demonstration is wrong')
  return { account, methods: [name.field === 'phone' ? 'sms' : 'link'] }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const isEqual = (one: string, other: string): boolean =>
  timingSafeEqual(digest(one), digest(other))
