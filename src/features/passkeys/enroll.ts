import type { Core } from '../core.ts'
import {
  type Complete,
  completeEnrolment,
  type FinishedSignIn,
  readEnrollingTicket,
} from '../second-factors/sign-in.ts'
import type { RegistrationJson } from './credential-json.ts'
import { addPasskey, beginPasskey } from './own-passkeys.ts'

/**
 * What a browser needs to make the first factor of a user who needs one to sign in.
 *
 * @throws AuthError `invalid_code`
 */
export async function beginEnrolment(ticket: string, core: Core): Promise<object> {
  const { account } = await readEnrollingTicket(ticket, core)
  return beginPasskey(account, core, ticket)
}

/**
 * Stores that passkey, and finishes the sign-in.
 *
 * @throws AuthError `invalid_code`, `invalid`, `no_active_account`
 */
export async function finishWithNewPasskey<Result>(
  { ticket, label }: { readonly ticket: string; readonly label: string },
  response: RegistrationJson,
  complete: Complete<Result>,
  core: Core,
): Promise<FinishedSignIn<Result>> {
  const holder = await readEnrollingTicket(ticket, core)
  const added = await addPasskey(holder.account, response, label, core, { ticket })
  const { recoveryCodes, methods } = added
  return completeEnrolment(ticket, holder, recoveryCodes, methods, complete, core)
}
