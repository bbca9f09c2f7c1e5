import { minutes } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { Limit } from '../../throttling/rate.ts'
import { keyOf, throttled } from '../../throttling/throttle.ts'
import type { Account, StoredUser, UserId } from '../../users/user.ts'
import { issueCode } from '../codes/issue.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import type { CredentialId } from '../second-factors/credential.ts'
import {
  type Complete,
  completeWith,
  type FinishedSignIn,
  isPasskey,
  readTicket,
} from '../second-factors/sign-in.ts'
import { credentialsOf } from '../second-factors/sql.ts'
import { type AssertionJson, challengeOf } from './credential-json.ts'
import { listPasskeys } from './own-passkeys.ts'
import { relyingParty } from './settings.ts'
import {
  isPasskeyCredential,
  methodsOf,
  type PasskeyCredential,
  requestOptions,
  userHandle,
  verifyAssertion,
} from './webauthn.ts'

/** Each request stores a challenge. Pages that offer passkeys in their forms ask at each visit. */
const LIMIT: Limit = { limit: 300, per: minutes(10) }

/**
 * What a browser needs to sign in with a passkey. It names no user, and no passkeys: the user chooses one on the device.
 *
 * @throws AuthError `throttled` after 300 requests of a client's network in ten minutes
 */
export async function beginSignIn(core: Core): Promise<object> {
  const network = networkOf(currentContext()?.address ?? '')
  const key = keyOf('passkey_options', network)
  const counted = await core.hits.hit(key, LIMIT, core.clock())
  if (counted.kind === 'full')
    throw throttled('throttled by options for passkeys', counted.wait)
  const { secret } = await issueCode({ purpose: 'passkey_sign_in', form: 'link' }, core)
  return requestOptions(secret, [], relyingParty(core))
}

/**
 * Signs in with a passkey.
 *
 * @throws AuthError `no_active_account` for each invalid passkey; `mfa_required` if it is one factor only and the user has others
 */
export async function signInWithPasskey<Result>(
  response: AssertionJson,
  complete: Complete<Result>,
  core: Core,
): Promise<Result> {
  const { account, methods } = await usePasskey(response, undefined, core).catch(
    (error) => {
      if (!(error instanceof AuthError) || error.code !== 'invalid_code') throw error
      const network = networkOf(currentContext()?.address ?? '')
      core.audit.recordLimited(network, {
        kind: 'sign_in_failed',
        detail: { method: 'passkey' },
      })
      throw new AuthError('no_active_account', error.message)
    },
  )
  return complete(account, methods)
}

/** What a browser needs for the second step of a sign-in. @throws AuthError `invalid_code` */
export async function beginSecondStep(ticket: string, core: Core): Promise<object> {
  const { account, methods } = await readTicket(ticket, core)
  const passkeys = await listPasskeys(account.user.id, core)
  if (isPasskey(methods) || passkeys.length === 0) throw new AuthError('invalid_code')
  const { secret } = await issueCode(
    {
      purpose: 'passkey_sign_in',
      form: 'link',
      user: account.user,
      payload: { methods },
      binding: ticket,
    },
    core,
  )
  return requestOptions(
    secret,
    passkeys.map(({ passkey }) => passkey),
    relyingParty(core),
  )
}

/** The second step. @throws AuthError `invalid_code`, `no_active_account` */
export async function finishSecondStep<Result>(
  ticket: string,
  response: AssertionJson,
  complete: Complete<Result>,
  core: Core,
): Promise<FinishedSignIn<Result>> {
  const { account, methods, first, id } = await usePasskey(response, ticket, core)
  // After the first step the client is known to have the new password, or the user's mail.
  await credentialsOf(core).restorePasskey(id)
  return completeWith(ticket, { account, methods: first }, methods, complete, core)
}

/**
 * What a browser needs to check a user who is signed in once more.
 *
 * @param binding what must be presented with the answer, such as the id of the session
 * @throws AuthError `not_found` if the user has no passkey
 */
export async function beginOwnCheck(
  user: StoredUser,
  binding: string,
  core: Core,
): Promise<object> {
  const passkeys = await listPasskeys(user.id, core)
  if (passkeys.length === 0) throw new AuthError('not_found')
  const { secret } = await issueCode(
    // One for each binding: repeated requests add no rows.
    { purpose: 'passkey_sign_in', form: 'link', target: binding, user, binding },
    core,
  )
  return requestOptions(
    secret,
    passkeys.map(({ passkey }) => passkey),
    relyingParty(core),
  )
}

/** @returns values of `amr` @throws AuthError `invalid_code` for each invalid answer */
export async function checkOwnPasskey(
  { id }: StoredUser,
  binding: string,
  response: AssertionJson,
  core: Core,
): Promise<readonly string[]> {
  const { account, methods } = await usePasskey(response, binding, core)
  if (account.user.id !== id) throw refused('it is of another user')
  return methods
}

interface UsedPasskey {
  readonly id: CredentialId
  readonly account: Account
  /** Values of `amr`. */
  readonly methods: readonly string[]
  /** Those of the first step, if this was the second. */
  readonly first: readonly string[]
}

/** @throws AuthError `invalid_code` if the challenge is used up or out of date, or the answer is invalid */
async function usePasskey(
  response: AssertionJson,
  binding: string | undefined,
  core: Core,
): Promise<UsedPasskey> {
  const challenge = challengeOf(response)
  const issued = await redeemCode(
    { purpose: 'passkey_sign_in', secret: challenge, binding },
    core,
  )
  const credential = await credentialsOf(core).findPasskey(response.id)
  if (credential === undefined || !isPasskeyCredential(credential))
    throw refused('it is not known')
  requireOwner(response, credential, issued.userId)
  if (binding === undefined && credential.suspendedAt !== undefined)
    throw refused('it was added shortly before a reset, and must be a second step first')
  const verified = await verifyAssertion(
    response,
    challenge,
    credential,
    relyingParty(core),
  )
  if (typeof verified === 'string') throw refused(verified)
  const account = await core.users.read('id', credential.userId)
  if (account === undefined) throw refused('its user is gone')
  await count(credential, verified.counter, core)
  return {
    id: credential.id,
    account,
    methods: methodsOf(credential.passkey, verified),
    first: (issued.payload.methods as readonly string[] | undefined) ?? [],
  }
}

const refused = (why: string): AuthError =>
  new AuthError('invalid_code', `the passkey is refused: ${why}`)

/** @param expected whose passkey it must be: of a second step @throws AuthError `invalid_code` */
function requireOwner(
  { response }: AssertionJson,
  { userId }: PasskeyCredential,
  expected: UserId | undefined,
): void {
  if (expected !== undefined && expected !== userId)
    throw refused('it is of another user')
  const handle = response.userHandle ?? undefined
  // A passkey that the user has chosen on the device comes with the handle (WebAuthn Level 3 §7.2, step 6).
  if (handle === undefined && expected === undefined) throw refused('it names no user')
  if (
    handle !== undefined &&
    handle !== Buffer.from(userHandle(userId)).toString('base64url')
  )
    throw refused('its user handle is of another user')
}

/**
 * A counter that does not advance is the sign of a copied key (WebAuthn Level 3 §6.1.1). 0: the authenticator does not count, as synced
 * passkeys do not.
 *
 * @throws AuthError `invalid_code`
 */
async function count(
  { id, userId, counter: former }: PasskeyCredential,
  counter: number,
  core: Core,
): Promise<void> {
  const credentials = credentialsOf(core)
  const now = core.clock()
  const isNew =
    counter === 0
      ? await credentials.touch(id, now)
      : await credentials.advance(id, counter, now)
  if (isNew) return
  void core.audit.record({
    kind: 'passkey_counter_regressed',
    userId,
    detail: { factor: id, former, counter },
  })
  throw refused('its counter has not advanced')
}
