import { seconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { hexId } from '../../base/random.ts'
import type { AuthRequest } from '../../http/request.ts'
import { isUsable } from '../../passwords/passwords.ts'
import { createUser } from '../../users/create.ts'
import { emailKey } from '../../users/email.ts'
import { attributeFaults } from '../../users/fields.ts'
import { usernameFault, usernameKey, usernameOf } from '../../users/names.ts'
import type { Account, StoredUser } from '../../users/user.ts'
import { isUnconfirmed, mailVerification } from '../accounts/confirm.ts'
import { isNameTaken, setMark } from '../accounts/marks.ts'
import { accountOptions } from '../accounts/options.ts'
import { hasMail } from '../accounts/settings.ts'
import { withVerified } from '../accounts/sign-in-code.ts'
import { issueCode } from '../codes/issue.ts'
import { limitCodeRequests } from '../codes/limits.ts'
import { codeStore } from '../codes/sql.ts'
import type { Core } from '../core.ts'
import type { Identity, IdentityId } from './identity.ts'
import { notifyOf } from './notice.ts'
import type { ProviderSettings, SocialProfile } from './provider.ts'
import { identitiesOf } from './sql.ts'

/** The account that a person signs in to. `core.completeSignIn` then completes the sign-in. */
export interface SocialAccount {
  readonly account: Account
  /** Whether this sign-in has created it. */
  readonly created: boolean
}

/** The value of `amr` of a sign-in with a provider. */
export const METHODS = ['social'] as const

/**
 * The account of a person: that of the identity; else, if the option says so, the one with the same verified address; else a new one.
 *
 * @throws AuthError `account_exists` if another account has the address; `no_active_account` if no accounts are created
 */
export async function accountOfProfile(
  settings: ProviderSettings,
  profile: SocialProfile,
  request: AuthRequest,
  core: Core,
): Promise<SocialAccount> {
  const account =
    (await knownAccount(settings, profile, core)) ??
    (await interruptedAccount(settings, profile, core)) ??
    (await accountOfAddress(settings, profile, request, core))
  if (account !== undefined) return { account, created: false }
  return newAccount(settings, profile, request, core)
}

/** The account that an earlier sign-in of the person has created and, since the store failed then, not linked. */
async function interruptedAccount(
  settings: ProviderSettings,
  profile: SocialProfile,
  core: Core,
): Promise<Account | undefined> {
  const { codes } = core.ports(codeStore)
  const mark = await codes.findIssued('social_sign_up', markOf(settings, profile))
  if (mark === undefined || core.clock() >= mark.expiresAt) return undefined
  const account = await core.users.read('id', String(mark.payload.userId))
  if (account === undefined || isUsable(account.hash)) return undefined
  // The owner of the email address has taken the account over.
  if (account.user.epoch !== mark.payload.epoch) return undefined
  if ((await identitiesOf(core).list(account.user.id)).length > 0) return undefined
  await link(account.user, settings, profile, core)
  return account
}

const markOf = (
  { name }: Pick<ProviderSettings, 'name'>,
  { subject }: Pick<SocialProfile, 'subject'>,
): string => `${name} ${subject}`

async function knownAccount(
  { name }: ProviderSettings,
  { subject }: SocialProfile,
  core: Core,
): Promise<Account | undefined> {
  const identities = identitiesOf(core)
  const identity = await identities.find(name, subject)
  if (identity === undefined) return undefined
  const account = await core.users.read('id', identity.userId)
  // The user is being deleted; the identities follow.
  if (account === undefined) throw new AuthError('no_active_account')
  if (account.user.active) await identities.touch(identity.id, core.clock())
  return account
}

/** Links a person to the account that has the address, and notifies its user by mail. @throws AuthError `account_exists` */
async function accountOfAddress(
  settings: ProviderSettings,
  profile: SocialProfile,
  request: AuthRequest,
  core: Core,
): Promise<Account | undefined> {
  const { email } = profile
  if (email === undefined) return undefined
  const holder = await core.users.findByKey('email', emailKey(email))
  if (holder === undefined) return undefined
  if (!(await mayTakeOver(holder, settings, profile, core)))
    throw new AuthError(
      'account_exists',
      `${settings.name}: another account has this email address`,
    )
  const current = await core.users.read('id', holder.id)
  if (current === undefined) throw new AuthError('no_active_account')
  // The password of an unconfirmed account may be an attacker's: it is removed with everything else that was added (UM-03).
  const account = await withVerified(current, 'email', holder.email ?? '', core)
  const identity = await link(account.user, settings, profile, core)
  await notifyOf('identityConnected', identity, account.user, request, core)
  return account
}

/** Whether both sides have verified the address, or the account here was never confirmed. */
async function mayTakeOver(
  holder: StoredUser,
  { linkByVerifiedEmail }: ProviderSettings,
  { emailVerified }: SocialProfile,
  core: Core,
): Promise<boolean> {
  if (!emailVerified) return false
  if (holder.emailVerifiedAt !== undefined) return linkByVerifiedEmail
  // Without the option `mail` no account can be confirmed, so `linkByVerifiedEmail` is required.
  if (!linkByVerifiedEmail && !hasMail(core)) return false
  return isUnconfirmed(holder, core)
}

/**
 * Links a person to a user.
 *
 * @throws AuthError `invalid` if the identity is another user's; `no_active_account` if the user has changed meanwhile
 */
export async function link(
  { id: userId, epoch }: Pick<StoredUser, 'id' | 'epoch'>,
  { name: provider }: Pick<ProviderSettings, 'name'>,
  { subject, email }: Pick<SocialProfile, 'subject' | 'email'>,
  core: Core,
): Promise<Identity> {
  const now = core.clock()
  const identity: Identity = {
    id: hexId(core.random) as IdentityId,
    userId,
    provider,
    subject,
    email,
    createdAt: now,
    lastUsedAt: undefined,
  }
  const identities = identitiesOf(core)
  if (await identities.link(identity, epoch)) {
    const detail = { provider, identity: identity.id }
    void core.audit.record({ kind: 'identity_linked', userId, detail })
    return identity
  }
  const holder = await identities.find(provider, subject)
  if (holder?.userId === userId) return holder
  if (holder !== undefined)
    throw new AuthError('invalid', 'linked to another user', TAKEN)
  throw new AuthError('no_active_account', 'the user has changed meanwhile')
}

const TAKEN = {
  body: { non_field_errors: ['This account is connected to another user.'] },
}

/** @throws AuthError `no_active_account` if the options create none; `account_exists` */
async function newAccount(
  settings: ProviderSettings,
  profile: SocialProfile,
  request: AuthRequest,
  core: Core,
): Promise<SocialAccount> {
  if (!signsUp(settings, core))
    throw new AuthError(
      'no_active_account',
      `${settings.name}: the person has no account, and signUp is off`,
    )
  const user = await createdUser(settings, profile, core)
  if (!(await isLinkedFirst(user, settings, profile, core))) {
    // A concurrent sign-in of the same person has created another account.
    await core.userAdmin.delete(user.id)
    const account = await knownAccount(settings, profile, core)
    if (account === undefined) throw new AuthError('no_active_account')
    return { account, created: false }
  }
  const detail = { by: 'social', provider: settings.name }
  void core.audit.record({ kind: 'user_created', userId: user.id, detail })
  if (profile.email !== undefined && !profile.emailVerified && hasMail(core))
    await mailConfirmation(user, profile.email, request, core)
  const account = await core.users.read('id', user.id)
  if (account === undefined) throw new AuthError('no_active_account')
  return { account, created: true }
}

/** Mails a confirmation of the address. If too many were sent, the sign-in goes on without: the user can ask for it later. */
async function mailConfirmation(
  user: StoredUser,
  email: string,
  request: AuthRequest,
  core: Core,
): Promise<void> {
  try {
    await limitCodeRequests({ purpose: 'verify_email', target: emailKey(email) }, core)
  } catch (error) {
    if (error instanceof AuthError && error.code === 'throttled') return
    throw error
  }
  await mailVerification(user, email, request, core)
}

const signsUp = ({ signUp }: ProviderSettings, { section }: Core): boolean =>
  signUp ?? (section(accountOptions)?.signUp ?? 'open') === 'open'

async function isLinkedFirst(
  user: StoredUser,
  settings: ProviderSettings,
  profile: SocialProfile,
  core: Core,
): Promise<boolean> {
  const identity = await link(user, settings, profile, core).catch((error: unknown) => {
    if (error instanceof AuthError && error.code === 'invalid') return undefined
    throw error
  })
  return identity?.userId === user.id
}

/** @throws AuthError `account_exists` if another user has got the address meanwhile */
async function createdUser(
  settings: ProviderSettings,
  profile: SocialProfile,
  core: Core,
): Promise<StoredUser> {
  const { email, emailVerified } = profile
  const attributes = { ...settings.attributes?.(profile) }
  const input = {
    username: await usernameFor(profile, core),
    attributes,
    ...(email !== undefined && { email, emailVerified }),
  }
  try {
    return await createUser(input, {
      ...core,
      attributeFaults: (given) => attributeFaults(given, core.userFields),
      beforeInsert: (user) => markSignUp(user, settings, profile, core),
    })
  } catch (error) {
    if (error instanceof AuthError && Object.hasOwn(error.body ?? {}, 'email'))
      throw new AuthError('account_exists', error.message)
    throw error
  }
}

async function markSignUp(
  { id: userId, epoch }: StoredUser,
  settings: ProviderSettings,
  profile: SocialProfile,
  core: Core,
): Promise<void> {
  // The owner of the address can take an unconfirmed account over.
  if (profile.email !== undefined && !profile.emailVerified)
    await setMark('unconfirmed', userId, core)
  await issueCode(
    {
      purpose: 'social_sign_up',
      form: 'link',
      target: markOf(settings, profile),
      payload: { userId, epoch },
    },
    core,
  )
}

/** Cancels an interrupted sign-up: otherwise an identity that is unlinked within the hour would be linked again. */
export async function cancelSignUp(
  { provider, subject }: Pick<Identity, 'provider' | 'subject'>,
  core: Core,
): Promise<void> {
  const target = markOf({ name: provider }, { subject })
  const mark = { purpose: 'social_sign_up', form: 'link', target } as const
  await issueCode({ ...mark, lifetime: seconds(0) }, core)
}

/** The name that the provider suggests, if it is free. */
async function usernameFor(
  { username = '' }: SocialProfile,
  core: Core,
): Promise<string> {
  const suggested = usernameOf(username)
  const isUsable =
    suggested !== undefined &&
    usernameFault(suggested) === undefined &&
    !(await isNameTaken(usernameKey(suggested), core))
  return isUsable ? suggested : hexId(core.random)
}
