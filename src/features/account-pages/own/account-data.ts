import { ownMember } from '../../../base/optional.ts'
import { deviceOf } from '../../../pages/device.ts'
import { isUsable } from '../../../passwords/passwords.ts'
import type { Account, StoredUser } from '../../../users/user.ts'
import { ownAccount } from '../../accounts/own-account.ts'
import { ownApiTokens } from '../../accounts/own-api-tokens.ts'
import { pendingChange } from '../../accounts/pending-change.ts'
import {
  accountSettings,
  hasMail,
  mailsPasswords,
  settableFields,
} from '../../accounts/settings.ts'
import type { ApiToken } from '../../api-tokens/api-token.ts'
import type { Core } from '../../core.ts'
import { smsOptions } from '../../mail/options.ts'
import type { UserVisit } from '../../pages/visit.ts'
import { listPasskeys } from '../../passkeys/own-passkeys.ts'
import type { PasskeyCredential } from '../../passkeys/webauthn.ts'
import { isDeviceOf, listDevices } from '../../second-factors/devices.ts'
import { listFactors } from '../../second-factors/factors.ts'
import { remembersDevices } from '../../second-factors/options.ts'
import { countRecoveryCodes } from '../../second-factors/own-factors.ts'
import { inputValueOf, userFieldsOf } from '../user-fields.ts'
import type {
  AccountData,
  ContactData,
  FactorData,
  PasskeyItem,
  PasswordData,
  ProfileData,
  SectionName,
  TokenItem,
  TokensData,
} from './data.ts'
import { ownDataOf } from './own-visit.ts'
import { addedSections } from './sections.ts'
import { sessionsOf } from './sessions-data.ts'

/** Rows of a list on the page of the account: a page of its own has them all. */
const SHOWN = 10

/** What the page of the account shows. @param failed the form whose faults are shown */
export async function accountDataOf(
  visit: UserVisit,
  failed?: AccountData['failed'],
): Promise<AccountData> {
  const { core, visitor } = visit
  const account = await ownAccount(visitor.user.id, core)
  const own = await ownDataOf(visit)
  const when = async <T>(name: SectionName, load: () => T | Promise<T>) => {
    if (own.viewer.sections.some((each) => each.name === name)) return load()
    return undefined
  }
  const [profile, password, passkeys, factors, sessions, tokens] = await Promise.all([
    when('profile', () => profileOf(account.user, visit, failed === 'profile')),
    when('password', () => passwordOf(account, core)),
    when('passkeys', () => passkeysOf(account.user, core)),
    when('secondFactor', () => factorsOf(account.user, visit)),
    when('sessions', () => sessionsOf(visit, SHOWN)),
    when('tokens', () => tokensOf(account.user, core, SHOWN)),
  ])
  const added = await addedContent(visit)
  return { ...own, failed, profile, password, passkeys, factors, sessions, tokens, added }
}

async function addedContent(visit: UserVisit): Promise<AccountData['added']> {
  const contents = addedSections(visit).map(
    async ({ name, content }) => [name, await content()] as const,
  )
  return new Map(await Promise.all(contents))
}

/** @param isTyped whether the values are those that were typed */
async function profileOf(
  user: StoredUser,
  { core, form, texts }: UserVisit,
  isTyped: boolean,
): Promise<ProfileData> {
  const stored = { ...user.attributes, username: user.username }
  const storedValue = (name: string) => inputValueOf(ownMember(stored, name))
  const valueIn = isTyped ? form.text : storedValue
  const [email, phone] = await Promise.all([emailOf(user, core), phoneOf(user, core)])
  return {
    username: valueIn('username'),
    fields: userFieldsOf(core.userFields, settableFields(core), texts.fields, valueIn),
    email,
    phone,
  }
}

async function emailOf(user: StoredUser, core: Core): Promise<ContactData> {
  const canChange = hasMail(core)
  return {
    value: user.email,
    isVerified: user.emailVerifiedAt !== undefined,
    ...(canChange && { pending: await pendingOf('email', user, core) }),
    isTyped: accountSettings(core).form === 'digits',
    canChange,
  }
}

async function phoneOf(user: StoredUser, core: Core): Promise<ContactData | undefined> {
  const canChange = core.section(smsOptions) !== undefined
  if (!canChange && user.phone === undefined) return undefined
  return {
    value: user.phone,
    isVerified: user.phoneVerifiedAt !== undefined,
    ...(canChange && { pending: await pendingOf('phone', user, core) }),
    isTyped: true,
    canChange,
  }
}

/** The address or number that waits to be confirmed. */
export async function pendingOf(
  field: 'email' | 'phone',
  user: StoredUser,
  core: Core,
): Promise<ContactData['pending']> {
  const found = await pendingChange(field, user, core)
  return found && { value: found.address, until: found.expiresAt }
}

const passwordOf = ({ user, hash }: Account, core: Core): PasswordData => ({
  isSet: isUsable(hash),
  revokes: accountSettings(core).passwordChangeRevokes,
  canReset: mailsPasswords(core.section) && user.email !== undefined,
  username: user.username,
})

const passkeysOf = async (
  { id }: StoredUser,
  core: Core,
): Promise<readonly PasskeyItem[]> => (await listPasskeys(id, core)).map(passkeyItemOf)

export const passkeyItemOf = ({
  id,
  label,
  createdAt,
  lastUsedAt,
  passkey,
}: PasskeyCredential): PasskeyItem => ({
  id,
  label,
  createdAt,
  lastUsedAt,
  isSynced: passkey.isSyncable,
})

async function factorsOf(user: StoredUser, visit: UserVisit): Promise<FactorData> {
  const { core } = visit
  const [factors, recoveryCodesLeft, devices] = await Promise.all([
    listFactors(user.id, core),
    countRecoveryCodes(user.id, core),
    devicesOf(user, visit),
  ])
  const totps = factors.filter(({ kind }) => kind === 'totp')
  return { totps, hasFactor: factors.length > 0, recoveryCodesLeft, devices }
}

async function devicesOf(
  user: StoredUser,
  { core, request }: UserVisit,
): Promise<FactorData['devices']> {
  if (!remembersDevices(core.section)) return undefined
  const devices = await listDevices(user, core)
  return devices.map((each) => ({
    id: each.id,
    isCurrent: isDeviceOf(each, request),
    program: deviceOf(each.userAgent).program,
    system: deviceOf(each.userAgent).system,
    address: each.address,
    createdAt: each.createdAt,
    lastUsedAt: each.lastUsedAt,
    expiresAt: each.expiresAt,
  }))
}

/** The API tokens of a user, the newest first. @param limit how many of them */
export async function tokensOf(
  { id }: StoredUser,
  core: Core,
  limit?: number,
): Promise<TokensData> {
  const tokens = await ownApiTokens(core, id)
  return { items: tokens.slice(0, limit).map(tokenItemOf), total: tokens.length }
}

export const tokenItemOf = ({
  id,
  name,
  hint,
  scopes,
  createdAt,
  expiresAt,
}: ApiToken): TokenItem => ({ id, name, hint, scopes, createdAt, expiresAt })
