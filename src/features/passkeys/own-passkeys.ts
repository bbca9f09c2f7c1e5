import type { UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type { Account, UserId } from '../../users/user.ts'
import { requireConfirmed } from '../accounts/confirm.ts'
import { type FreshInput, requireFresh } from '../accounts/fresh.ts'
import { waysToKeep } from '../accounts/other-ways.ts'
import { ownAccount } from '../accounts/own-account.ts'
import { issueCode } from '../codes/issue.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { wakeSender } from '../mail/send.ts'
import { endOtherSignIns } from '../second-factors/change.ts'
import type { CredentialId } from '../second-factors/credential.ts'
import {
  factorRemoved,
  listFactors,
  newRecoveryCodes,
} from '../second-factors/factors.ts'
import { secondFactorOptions } from '../second-factors/options.ts'
import { noticeTo } from '../second-factors/own-factors.ts'
import { credentialsOf } from '../second-factors/sql.ts'
import { challengeOf, type RegistrationJson } from './credential-json.ts'
import { relyingParty } from './settings.ts'
import {
  creationOptions,
  isPasskeyCredential,
  methodsOf,
  type PasskeyCredential,
  verifyRegistration,
} from './webauthn.ts'

/** A user has no more passkeys than this. */
const MAX_PASSKEYS = 20

/** The passkeys of a user, the oldest first. */
export async function listPasskeys(
  userId: UserId,
  core: Core,
): Promise<readonly PasskeyCredential[]> {
  return (await credentialsOf(core).list(userId)).filter(isPasskeyCredential)
}

/**
 * What a browser needs to make a passkey of a user who is signed in.
 *
 * @throws AuthError `insufficient_user_authentication`; `invalid` as `beginPasskey`, or if the password is wrong; `throttled`
 */
export const beginOwnPasskey = async (
  principal: Principal,
  input: FreshInput,
  core: Core,
): Promise<object> => beginPasskey(await requireFresh(principal, input, core), core)

/**
 * What a browser needs to make a passkey.
 *
 * @param ticket must be presented with the passkey. Default: the user is signed in
 * @throws AuthError `invalid` if the user has twenty already, or has signed up and not confirmed the address
 */
export async function beginPasskey(
  { user }: Account,
  core: Core,
  ticket?: string,
): Promise<object> {
  await requireConfirmed(user, core)
  const existing = await listPasskeys(user.id, core)
  requireBelowLimit(existing)
  const { secret: challenge } = await issueCode(
    {
      purpose: 'passkey_registration',
      form: 'link',
      target: user.id,
      user,
      binding: ticket,
    },
    core,
  )
  const input = {
    challenge,
    userId: user.id,
    userName: user.email ?? user.username,
    existing: existing.map(({ passkey }) => passkey),
  }
  return creationOptions(input, relyingParty(core))
}

function requireBelowLimit(existing: readonly PasskeyCredential[]): void {
  if (existing.length >= MAX_PASSKEYS)
    throw fieldError({
      non_field_errors: ['You have too many passkeys: remove one.'],
    })
}

export interface AddedPasskey {
  readonly passkey: PasskeyCredential
  /** With the option `secondFactors` and the first factor of the user; else none. Only this call returns them. */
  readonly recoveryCodes: readonly string[]
  /** Values of `amr`. */
  readonly methods: readonly string[]
}

/**
 * Stores a passkey that a browser has made.
 *
 * @param options.ticket as in `beginPasskey`. The passkey must be the user's first factor then
 * @param options.notice written with the passkey
 * @throws AuthError `invalid_code` if the challenge is used up or out of date, or the answer is not right; `invalid` if the passkey is
 *   registered already, or there are too many
 */
export async function addPasskey(
  { user }: Account,
  response: RegistrationJson,
  label: string,
  core: Core,
  { ticket, notice }: AddOptions = {},
): Promise<AddedPasskey> {
  const challenge = challengeOf(response)
  const attempt = { purpose: 'passkey_registration', secret: challenge } as const
  await redeemCode({ ...attempt, target: user.id, binding: ticket }, core)
  const verified = await verifyRegistration(response, challenge, relyingParty(core))
  if (typeof verified === 'string')
    throw new AuthError('invalid_code', `the new passkey is refused: ${verified}`)
  requireBelowLimit(await listPasskeys(user.id, core))
  const isFirst = (await listFactors(user.id, core)).length === 0
  const now = core.clock()
  const passkey: PasskeyCredential = {
    id: hexId(core.random) as CredentialId,
    kind: 'passkey',
    userId: user.id,
    label,
    secret: '',
    counter: verified.counter,
    createdAt: now,
    confirmedAt: ticket === undefined ? now : undefined,
    lastUsedAt: undefined,
    passkey: verified.passkey,
  }
  if (!(await credentialsOf(core).insert(passkey, user.epoch, notice)))
    throw fieldError({ credential: ['This passkey cannot be added.'] })
  if (ticket !== undefined) await confirmAsFirst(passkey, now, core)
  const { id: factor } = passkey
  void core.audit.record({ kind: 'factor_added', userId: user.id, detail: { factor } })
  const asks = core.section(secondFactorOptions) !== undefined
  return {
    passkey,
    recoveryCodes: isFirst && asks ? await newRecoveryCodes(user.id, core) : [],
    methods: methodsOf(verified.passkey, verified),
  }
}

interface AddOptions {
  readonly ticket?: string
  readonly notice?: JointWrite | undefined
}

/** `addPasskey` for a user who is signed in. Other sign-ins end, and the user is notified by mail. */
export async function addOwnPasskey(
  principal: Principal,
  { response, label }: { readonly response: RegistrationJson; readonly label: string },
  request: AuthRequest,
  core: Core,
): Promise<AddedPasskey> {
  const account = await ownAccount(principal.user.id, core)
  const notice = noticeTo(account.user, request, core)
  const added = await addPasskey(account, response, label, core, { notice })
  wakeSender(core)
  await endOtherSignIns(principal, core)
  return added
}

/** Of two first factors that are added at once, one is. @throws AuthError `invalid_code` */
async function confirmAsFirst(
  { id, userId, counter }: PasskeyCredential,
  now: UnixSeconds,
  core: Core,
): Promise<void> {
  const credentials = credentialsOf(core)
  if (await credentials.confirm(id, { counter, now }, true)) return
  await credentials.deletePasskey(id, userId, undefined)
  throw new AuthError('invalid_code', 'the user has a second factor already')
}

/** @throws AuthError `not_found` */
export async function renamePasskey(
  userId: UserId,
  id: string,
  label: string,
  core: Core,
): Promise<void> {
  const isRenamed = await credentialsOf(core).renamePasskey(
    id as CredentialId,
    userId,
    label,
  )
  if (!isRenamed) throw new AuthError('not_found')
}

/**
 * Removes a passkey.
 *
 * @param notice written with the change
 * @throws AuthError `not_found`; `invalid` if the user could not sign in without it
 */
export async function removePasskey(
  account: Account,
  id: string,
  core: Core,
  notice?: JointWrite,
): Promise<void> {
  const userId = account.user.id
  const outcome = await credentialsOf(core).deletePasskey(
    id as CredentialId,
    userId,
    waysToKeep(account, core),
    notice,
  )
  if (outcome === 'unknown') throw new AuthError('not_found')
  if (outcome === 'last')
    throw fieldError({
      non_field_errors: [
        'This is the last way to sign in: add another passkey or set a password first.',
      ],
    })
  await factorRemoved(userId, id, core)
}

/**
 * `removePasskey` for a user who is signed in. Other sign-ins end, and the user is notified by mail.
 *
 * @throws AuthError `insufficient_user_authentication`; `invalid`, also if the password is wrong; `not_found`; `throttled`
 */
export async function removeOwnPasskey(
  principal: Principal,
  { id, ...input }: FreshInput & { readonly id: string },
  request: AuthRequest,
  core: Core,
): Promise<void> {
  const account = await requireFresh(principal, input, core)
  await removePasskey(account, id, core, noticeTo(account.user, request, core))
  wakeSender(core)
  await endOtherSignIns(principal, core)
}
