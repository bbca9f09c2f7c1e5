import { AuthError } from '../../base/errors.ts'
import { listIf } from '../../base/optional.ts'
import { type Answers, answer } from '../../http/description.ts'
import { closed, listOf, named, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { SignInAttempt, StopSignIn } from '../../sign-in/complete-sign-in.ts'
import type { Pair } from '../../tokens/pairs.ts'
import type { Account, StoredUser, UserId } from '../../users/user.ts'
import { issueCode } from '../codes/issue.ts'
import { checkCode, redeemCode } from '../codes/redeem.ts'
import type { Core, SectionReader } from '../core.ts'
import { endOtherSignIns } from './change.ts'
import { isRemembered } from './devices.ts'
import { addableFactors, confirmTotp, secondMethods, useSecondFactor } from './factors.ts'
import { secondFactorOptions } from './options.ts'

/** How many wrong second factors one ticket takes. */
const TICKET_ATTEMPTS = 5

/** After a first step, a user who has a second factor, or needs one, gets a ticket in place of a session. */
export async function requireSecondFactor(
  account: Account,
  { methods, request, starts }: SignInAttempt,
  core: Core,
): Promise<StopSignIn | undefined> {
  const settings = core.section(secondFactorOptions)
  if (settings === undefined || !isFirstStep(methods)) return undefined
  const { user } = account
  const all = await secondMethods(user.id, core)
  const has = all.length > 0
  if (!has && !isRequired(user, settings.required)) return undefined
  if (has && starts !== 'nothing' && (await isRemembered(user, request, core)))
    return undefined
  return async () => {
    const { secret: ticket } = await issueCode(
      {
        purpose: 'second_factor',
        form: 'link',
        user,
        payload: { methods, enrolls: !has },
        attempts: TICKET_ATTEMPTS,
      },
      core,
    )
    return new AuthError('mfa_required', undefined, {
      body: {
        detail: has ? NEEDED : MISSING,
        code: 'mfa_required',
        ticket,
        // A passkey is not two factors because it is used twice.
        methods: isPasskey(methods) ? all.filter((each) => each !== 'passkey') : all,
        ...(!has && { enrolls: addableFactors(core) }),
      },
    })
  }
}

/** What `requireSecondFactor` answers. */
export function secondFactorAnswers(section: SectionReader): Answers {
  if (section(secondFactorOptions) === undefined) return {}
  return { 403: answer('The password was right, and a second step is needed.', TICKET) }
}

const TICKET = named(
  'SecondFactorRequired',
  closed(
    {
      detail: text(),
      code: text(undefined, { enum: ['mfa_required'] }),
      ticket: text('For the endpoints of the second step.'),
      methods: listOf(
        text(undefined, { enum: ['totp', 'passkey', 'recovery'] }),
        'What the user has. Empty: a second factor must be added with the ticket.',
      ),
      enrolls: listOf(
        text(undefined, { enum: ['totp', 'passkey'] }),
        'What can be added with the ticket.',
      ),
    },
    ['enrolls'],
  ),
)

/** Not if a program vouches for the user, nor after two steps; `mfa` says that there were several (RFC 8176 §2). */
const isFirstStep = (methods: readonly string[]): boolean =>
  methods.length === 1 && methods[0] !== 'mfa'

export const isPasskey = (methods: readonly string[]): boolean =>
  methods.includes('hwk') || methods.includes('swk')

const NEEDED = 'A second factor is required.'
const MISSING = 'A second factor is required. Add one with this ticket.'

function isRequired(
  { roles, staff, superuser }: StoredUser,
  required: readonly string[],
): boolean {
  const held = [...roles, ...listIf(staff, 'staff'), ...listIf(superuser, 'superuser')]
  return held.some((role) => required.includes(role))
}

/** What a ticket stands for. */
export interface TicketHolder {
  readonly account: Account
  /** The methods of the first step. */
  readonly methods: readonly string[]
  /** Whether the user has no second factor yet, and may add one. */
  readonly enrolls: boolean
}

/** @throws AuthError `invalid_code` if the ticket is unknown, used up or out of date */
export async function readTicket(ticket: string, core: Core): Promise<TicketHolder> {
  const found = await checkCode({ purpose: 'second_factor', secret: ticket }, core)
  const account = await core.users.read('id', found.userId as UserId)
  if (account === undefined) throw new AuthError('invalid_code')
  const { methods, enrolls } = found.payload as Omit<TicketHolder, 'account'>
  return { account, methods, enrolls }
}

/** @throws AuthError `invalid_code` also if the user has a second factor already */
export async function readEnrollingTicket(
  ticket: string,
  core: Core,
): Promise<TicketHolder> {
  const holder = await readTicket(ticket, core)
  if (!holder.enrolls) throw new AuthError('invalid_code')
  return holder
}

/** What a sign-in with two steps has started. */
export interface FinishedSignIn<Result = Pair> {
  /** What the client gets. */
  readonly result: Result
  readonly user: StoredUser
  /** With the first factor of the user. */
  readonly recoveryCodes?: readonly string[]
}

/** Completes a sign-in: calls `core.completeSignIn`. @returns what the client gets */
export type Complete<Result> = (
  account: Account,
  methods: readonly string[],
) => Promise<Result>

/** Completes it with a refresh token and an access token. */
export const withTokens =
  (
    request: AuthRequest | undefined,
    core: Pick<Core, 'completeSignIn'>,
  ): Complete<Pair> =>
  (account, methods) =>
    core.completeSignIn(account, { methods, request })

/**
 * The second step of a sign-in: exchanges a ticket and a second factor for tokens.
 *
 * @throws AuthError `invalid_code`, `throttled`, `no_active_account`
 */
export async function finishSignIn<Result>(
  ticket: string,
  code: string,
  complete: Complete<Result>,
  core: Core,
): Promise<FinishedSignIn<Result>> {
  const holder = await readTicket(ticket, core)
  await useSecondFactor(holder.account.user.id, code, core)
  return completeWith(ticket, holder, ['otp'], complete, core)
}

/**
 * The same for a user who had to add a second factor: the password of the new authenticator finishes the sign-in.
 *
 * @throws AuthError `invalid_code`, `throttled`, `no_active_account`
 */
export async function finishWithNewTotp<Result>(
  {
    ticket,
    id,
    code,
  }: { readonly ticket: string; readonly id: string; readonly code: string },
  complete: Complete<Result>,
  core: Core,
): Promise<FinishedSignIn<Result>> {
  const holder = await readEnrollingTicket(ticket, core)
  const { user } = holder.account
  // Since the ticket was issued, the user may have added one: only that one finishes a sign-in now.
  const recoveryCodes = await confirmTotp(user.id, id, code, core, {
    onlyAsFirst: true,
  })
  return completeEnrolment(ticket, holder, recoveryCodes, ['otp'], complete, core)
}

/** The sign-in of a user whose first factor was just added. What was started without one ends. */
export async function completeEnrolment<Result>(
  ticket: string,
  holder: TicketHolder,
  recoveryCodes: readonly string[],
  methods: readonly string[],
  complete: Complete<Result>,
  core: Core,
): Promise<FinishedSignIn<Result>> {
  await endOtherSignIns({ user: holder.account.user }, core)
  const finished = await completeWith(ticket, holder, methods, complete, core)
  return { ...finished, recoveryCodes }
}

/** Redeems a ticket, and signs in with the methods of both steps. @throws AuthError `invalid_code`, `no_active_account` */
export async function completeWith<Result>(
  ticket: string,
  { account, methods }: Pick<TicketHolder, 'account' | 'methods'>,
  second: readonly string[],
  complete: Complete<Result>,
  core: Core,
): Promise<FinishedSignIn<Result>> {
  await redeemCode({ purpose: 'second_factor', secret: ticket }, core)
  const result = await complete(account, [...methods, ...second])
  return { result, user: account.user }
}
