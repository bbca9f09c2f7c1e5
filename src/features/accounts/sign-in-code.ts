import type { Seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import { json } from '../../http/answer.ts'
import { ACCEPTED } from '../../http/description.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isUsable, unusableHash } from '../../passwords/passwords.ts'
import { createUser } from '../../users/create.ts'
import { readByLogin } from '../../users/find-by-login.ts'
import type { Account, StoredUser } from '../../users/user.ts'
import type { AddressField } from '../../users/users.ts'
import { issueCode } from '../codes/issue.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { DIGITS_LIFETIME } from '../codes/purposes.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { sendSms } from '../mail/send.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import { crossSiteErrors, signInAnswer } from '../tokens/token-answers.ts'
import {
  type AccountName,
  accountOf,
  nameBody,
  nameFields,
  nameIn,
  recipientOf,
  requireValidName,
  targetOf,
} from './account-name.ts'
import {
  attemptOf,
  type CodeProof,
  proofBody,
  proofFields,
  proofIn,
} from './code-proof.ts'
import { isUnconfirmed } from './confirm.ts'
import { languageOfRequest, mailCodeTo } from './mail-code.ts'
import { revokeUnconfirmedAccess } from './own-api-tokens.ts'
import {
  accountSettings,
  hasAccounts,
  requiresActivation,
  sendsSignInCodes,
  signInNames,
} from './settings.ts'

export interface SignInCodeOptions {
  /** What must be presented with the code, such as a random value that the page keeps: only this browser can redeem it (rule O5). */
  readonly binding?: string | undefined
  readonly request?: AuthRequest | undefined
  /** Sends digits that work for so long, also if the option `accounts.form` says links. Default of a text message: 10 minutes. */
  readonly digitsLifetime?: Seconds | undefined
  /** An address or number that has no account gets a code, too. Redeeming it creates the account. */
  readonly signsUp?: boolean | undefined
}

/**
 * Sends a link or a code that signs a user in: to the phone if the user is named by it, else by mail. Nothing that this returns or
 * throws, and no work that it does, shows whether there is such an account.
 *
 * @throws AuthError `invalid` if this address is not valid; `throttled`; `store_unavailable`
 */
export async function requestSignInCode(
  core: Core,
  name: AccountName,
  options: SignInCodeOptions = {},
): Promise<void> {
  requireValidName(name)
  await limitCodeRequests({ purpose: 'sign_in', target: targetOf(name) }, core)
  if (name.field === 'phone') await textSignInCode(core, name, options)
  else await mailSignInCode(core, name, options)
}

async function mailSignInCode(
  core: Core,
  name: AccountName,
  { binding, request, digitsLifetime, ...options }: SignInCodeOptions,
): Promise<void> {
  const { user, signsUp } = await addresseeOf(name, 'email', options, core)
  await mailCodeTo(
    name,
    user,
    {
      purpose: 'sign_in',
      template: 'signIn',
      link: 'login',
      binding,
      signsUp,
      ...(digitsLifetime !== undefined && { form: 'digits', digitsLifetime }),
      lifetime: accountSettings(core).lifetimes.login,
      language: languageOfRequest(request),
    },
    core,
  )
}

/** Always digits, which are easier to type than a link. */
async function textSignInCode(
  core: Core,
  name: AccountName,
  {
    binding,
    request,
    digitsLifetime: lifetime = DIGITS_LIFETIME,
    ...options
  }: SignInCodeOptions,
): Promise<void> {
  const { user, signsUp } = await addresseeOf(name, 'phone', options, core)
  const { secret: code } = await issueCode(
    {
      purpose: 'sign_in',
      form: 'digits',
      target: targetOf(name),
      user,
      payload: { phone: name.value, ...(signsUp && { signsUp }) },
      binding,
      lifetime,
    },
    core,
  )
  const language = languageOfRequest(request)
  const to = signsUp ? name.value : user?.phone
  await sendSms(core, { template: 'signInSms', to, data: { code }, language, lifetime })
}

interface Addressee {
  /** `undefined`: no account can get the code. */
  readonly user: StoredUser | undefined
  /** There is no account, inactive ones included, and the code creates it. */
  readonly signsUp: boolean
}

async function addresseeOf(
  name: AccountName,
  channel: AddressField,
  { signsUp = false }: Pick<SignInCodeOptions, 'signsUp'>,
  { users }: Pick<Core, 'users'>,
): Promise<Addressee> {
  const account = await readByLogin(users, name.field, name.value)
  return {
    user: recipientOf(account, channel),
    signsUp: signsUp && account === undefined && name.field === channel,
  }
}

/** The user of the code, and the authentication methods, as `core.completeSignIn` takes them. */
export interface RedeemedSignIn {
  readonly account: Account
  /** `link`: a message to the mailbox, a link or digits; `sms`. The codes of second factors are `otp`. */
  readonly methods: readonly ['link' | 'sms']
}

/**
 * Redeems a code or a link for a sign-in, which `core.completeSignIn` then completes. The address that it was sent to is verified now.
 *
 * @throws AuthError `invalid_code`, `throttled`
 */
export async function redeemSignInCode(
  core: Core,
  proof: CodeProof,
  { binding }: Pick<SignInCodeOptions, 'binding'> = {},
): Promise<RedeemedSignIn> {
  const { userId, payload } = await redeemCode(attemptOf('sign_in', proof, binding), core)
  const field = 'phone' in payload ? 'phone' : 'email'
  const address = String(payload[field])
  const account =
    payload.signsUp === true
      ? await signedUp(field, address, core)
      : await accountOf(userId, core)
  if (account === undefined) throw noAccount()
  return {
    account: await withVerified(account, field, address, core),
    methods: [field === 'phone' ? 'sms' : 'link'],
  }
}

/**
 * Creates the account of an address or number that has received a code: with a random username, and without a password.
 *
 * @returns `undefined` if another user has the address by now
 */
async function signedUp(
  field: AddressField,
  address: string,
  core: Core,
): Promise<Account | undefined> {
  const username = hexId(core.random)
  const input = { username, [field]: address, [`${field}Verified`]: true }
  const user = await createUser(input, core).catch((error: unknown) => {
    if (isOfField(error, field)) return undefined
    throw error
  })
  if (user === undefined) return undefined
  const detail = { by: 'sign-up' }
  void core.audit.record({ kind: 'user_created', userId: user.id, detail })
  return accountOf(user.id, core)
}

const isOfField = (error: unknown, field: string): boolean =>
  error instanceof AuthError && Object.hasOwn(error.body ?? {}, field)

const noAccount = (): AuthError => new AuthError('invalid_code', 'no account of the code')

/** @returns the account with the address verified @throws AuthError `invalid_code` if the address is another one now */
export async function withVerified(
  account: Account,
  field: AddressField,
  address: string,
  core: Core,
): Promise<Account> {
  const { user } = account
  if (user[`${field}VerifiedAt`] !== undefined && user[field] === address) return account
  if (field === 'email') await voidUnconfirmed(account, core)
  const isVerified = await core.users.verify(user.id, field, address, core.clock())
  const current = isVerified ? await accountOf(user.id, core) : undefined
  if (current === undefined) throw noAccount()
  return current
}

/**
 * A person who signed up with another one's address chose the password: the first sign-in by mail of the mailbox's owner removes it and
 * the access that it gave.
 */
async function voidUnconfirmed({ user, hash }: Account, core: Core): Promise<void> {
  const { id, epoch } = user
  const isSignUp = await isUnconfirmed(user, core)
  // Without the option `accounts` users do not sign up: their addresses count as checked by the program that created them.
  const isConfirmed = hasAccounts(core.section) && requiresActivation(core)
  // Without a password, too: a social sign-in may have created the account.
  if (isSignUp || (isUsable(hash) && isConfirmed)) {
    if (!(await core.users.setPassword(id, unusableHash(core.random), { epoch })))
      throw noAccount()
    await core.sessions?.revokeAll(id, 'password', core.clock())
  }
  if (isSignUp) await revokeUnconfirmedAccess(user, core)
}

const BINDING = { trim: false, maxBytes: 512, optional: true } as const

/** `POST /auth/code/` */
export const signInCodeEndpoint = defineEndpoint({
  path: { at: '/auth/code/' },
  mount: sendsSignInCodes,
  create: ({ section }, open) =>
    post('Sign-in Code', {
      fields: (body) => ({ ...nameFields(signInNames(section), body), binding: BINDING }),
      describe: () => ({
        operationId: 'requestSignInCode',
        summary: 'Send a link or a code to sign in with',
        body: nameBody(signInNames(section), { binding: BINDING }),
        answers: ACCEPTED,
      }),
      async handle({ binding, ...fields }, request) {
        await requestSignInCode(await open(), nameIn(fields), { binding, request })
        return json({}, { status: 202 })
      },
    }),
})

/** `POST /auth/code/redeem/` */
export const redeemCodeEndpoint = defineEndpoint({
  path: { at: '/auth/code/redeem/' },
  mount: sendsSignInCodes,
  span: 'watchword.sign_in',
  issues: { type: 'refresh', field: 'refresh' },
  needs: {
    signing:
      'endpoints.redeemCode issues tokens: set tokens.signingKey, or leave endpoints.redeemCode out.',
  },
  create: ({ section }, open) =>
    post('Redeem Sign-in Code', {
      fields: (body) => ({
        ...proofFields(signInNames(section), body),
        binding: BINDING,
      }),
      describe: () => ({
        operationId: 'redeemSignInCode',
        summary: 'Sign in with a link or a code',
        body: proofBody(signInNames(section), { binding: BINDING }),
        answers: signInAnswer(section),
        errors: ['invalid_code', 'no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle({ binding, ...fields }, request) {
        const core = await open()
        return deliverSignIn(request, core, async () => {
          const { account, methods } = await redeemSignInCode(core, proofIn(fields), {
            binding,
          })
          return core.completeSignIn(account, { methods, request })
        })
      },
    }),
})
