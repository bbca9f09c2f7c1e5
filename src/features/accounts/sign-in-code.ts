import { AuthError } from '../../base/errors.ts'
import { json } from '../../http/answer.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isUsable, unusableHash } from '../../passwords/passwords.ts'
import type { Account } from '../../users/user.ts'
import type { AddressField } from '../../users/users.ts'
import { issueCode } from '../codes/issue.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { DIGITS_LIFETIME } from '../codes/purposes.ts'
import { redeemCode } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { sendSms } from '../mail/send.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import {
  type AccountName,
  accountOf,
  findRecipient,
  nameFields,
  nameIn,
  requireValidName,
  targetOf,
} from './account-name.ts'
import { attemptOf, type CodeProof, proofFields, proofIn } from './code-proof.ts'
import { languageOfRequest, mailCodeTo } from './mail-code.ts'
import {
  accountSettings,
  requiresActivation,
  sendsSignInCodes,
  signInNames,
} from './settings.ts'

export interface SignInCodeOptions {
  /** What must be presented with the code, such as a random value that the page keeps: only this browser can redeem it (rule O5). */
  readonly binding?: string | undefined
  readonly request?: AuthRequest | undefined
}

/**
 * Sends a link or a code that signs a user in: to the phone if the user is named by it, else by mail. Nothing that this returns or
 * throws, and no work that it does, shows whether there is such an account.
 *
 * @throws AuthError `invalid` if nobody can have this address; `throttled`; `store_unavailable`
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

const mailSignInCode = async (
  core: Core,
  name: AccountName,
  { binding, request }: SignInCodeOptions,
): Promise<void> =>
  mailCodeTo(
    name,
    await findRecipient(name, 'email', core),
    {
      purpose: 'sign_in',
      template: 'signIn',
      link: 'login',
      binding,
      lifetime: accountSettings(core).lifetimes.login,
      language: languageOfRequest(request),
    },
    core,
  )

/** Always digits: nobody likes to type a link. */
async function textSignInCode(
  core: Core,
  name: AccountName,
  { binding, request }: SignInCodeOptions,
): Promise<void> {
  const user = await findRecipient(name, 'phone', core)
  const { secret: code } = await issueCode(
    {
      purpose: 'sign_in',
      form: 'digits',
      target: targetOf(name),
      user,
      payload: { phone: name.value },
      binding,
    },
    core,
  )
  const language = languageOfRequest(request)
  const letter = {
    template: 'signInSms',
    to: user?.phone,
    data: { code },
    language,
  } as const
  await sendSms(core, { ...letter, lifetime: DIGITS_LIFETIME })
}

/** Whose code it was, and how the user has proved who they are: what `core.completeSignIn` takes. */
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
  const account = await accountOf(userId, core)
  if (account === undefined) throw noAccount()
  return {
    account: await withVerified(account, field, String(payload[field]), core),
    methods: [field === 'phone' ? 'sms' : 'link'],
  }
}

const noAccount = (): AuthError => new AuthError('invalid_code', 'no account of the code')

/** @returns the account with the address verified @throws AuthError `invalid_code` if the address is another one now */
async function withVerified(
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
 * Where sign-ups must be confirmed, whoever signed up with another person's address has chosen the password, and waits for that person
 * to confirm: the password and what it has opened end with the first sign-in of the mailbox's owner.
 */
async function voidUnconfirmed({ user, hash }: Account, core: Core): Promise<void> {
  if (!requiresActivation(core) || !isUsable(hash)) return
  const { id, epoch } = user
  if (!(await core.users.setPassword(id, unusableHash(core.random), { epoch })))
    throw noAccount()
  await core.sessions?.revokeAll(id, 'password', core.clock())
}

const BINDING = { trim: false, maxBytes: 512, optional: true } as const

/** `POST /auth/code/` */
export const signInCodeEndpoint = defineEndpoint({
  path: { at: '/auth/code/' },
  mount: sendsSignInCodes,
  create: ({ section }, open) =>
    post('Sign-in Code', {
      fields: (body) => ({ ...nameFields(signInNames(section), body), binding: BINDING }),
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
