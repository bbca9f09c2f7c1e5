import type { Answer } from '../../../http/answer.ts'
import type { StoredUser } from '../../../users/user.ts'
import type { Visit } from '../../pages/visit.ts'
import { deviceCookie, rememberDevice } from '../../second-factors/devices.ts'
import { secondFactorOptions } from '../../second-factors/options.ts'
import type { Complete } from '../../second-factors/sign-in.ts'
import type { RememberData } from './data.ts'
import { forget, signInVisitor } from './flow.ts'

/** The checkbox. */
export const REMEMBER_FIELD = 'remember_device'

/** What a second step offers; `undefined` without the option `secondFactors.rememberDevice`. */
export function rememberDataOf({ core, form }: Visit): RememberData | undefined {
  const seconds = core.section(secondFactorOptions)?.rememberDevice
  if (seconds === undefined) return undefined
  return { seconds, isChosen: form.has(REMEMBER_FIELD) }
}

/** Completes a sign-in with its second step. If the user has asked for it, the next one on this device needs none. */
export const completeSecondStep =
  (visit: Visit): Complete<Answer> =>
  (account, methods) =>
    signInVisitor(visit, account, methods, [forget(visit, 'ticket')], () =>
      deviceCookies(account.user, visit),
    )

/** Remembers the device if the user has asked for it. */
export async function deviceCookies(
  user: StoredUser,
  { core, form, request, sessionSettings }: Visit,
): Promise<readonly string[]> {
  if (!form.has(REMEMBER_FIELD)) return []
  const token = await rememberDevice(user, request, core)
  if (token === undefined) return []
  return [deviceCookie(token, request, sessionSettings, core)]
}
