import { AuthError } from '../../base/errors.ts'
import { createUser } from '../../users/create.ts'
import { fieldError } from '../../users/field-errors.ts'
import type { Attributes } from '../../users/user.ts'
import { issueCode } from '../codes/issue.ts'
import { checkCode, redeemWith } from '../codes/redeem.ts'
import type { Core } from '../core.ts'
import { consoleStore } from './store.ts'

const PURPOSE = 'first_administrator'

export const FIRST_PATH = '/console/first/'

/**
 * The path of a page that creates the first administrator, once, within an hour. It supersedes the one before.
 *
 * @returns `undefined` if there is a member of staff
 */
export async function firstAdministratorPath(core: Core): Promise<string | undefined> {
  if (await hasStaff(core)) return undefined
  const { secret } = await issueCode(
    { purpose: PURPOSE, form: 'link', target: 'console' },
    core,
  )
  return `${FIRST_PATH}?${new URLSearchParams({ token: secret })}`
}

async function hasStaff(core: Core): Promise<boolean> {
  const reads = core.ports(consoleStore).console
  const { rows } = await reads.findUsers({ search: '', staff: true })
  return rows.length > 0
}

/** @throws AuthError `invalid_code` if the link is not valid, or there is a member of staff */
export async function checkFirstLink(token: string, core: Core): Promise<void> {
  await checkCode({ purpose: PURPOSE, secret: token }, core)
  await refuseIfStaff(core)
}

/** @throws AuthError `invalid_code` */
async function refuseIfStaff(core: Core): Promise<void> {
  if (await hasStaff(core))
    throw new AuthError('invalid_code', 'a member of staff exists already')
}

export interface FirstAdministrator {
  readonly username: string
  /** If users sign in with it. */
  readonly email?: string
  readonly password: string
  readonly attributes: Attributes
}

/**
 * Creates a superuser and redeems the link, in one transaction.
 *
 * @throws AuthError `invalid_code`; `invalid` if the name or the password is
 */
export async function createFirstAdministrator(
  given: FirstAdministrator,
  token: string,
  core: Core,
): Promise<void> {
  await checkFirstLink(token, core)
  if (given.password === '') throw required('password')
  if (given.email === '') throw required('email')
  const input = { ...given, staff: true, superuser: true }
  const user = await redeemWith({ purpose: PURPOSE, secret: token }, core, (joint) =>
    // Hashing takes a while, in which a member of staff may have been created.
    createUser(input, { ...core, joint, beforeInsert: () => refuseIfStaff(core) }),
  )
  const detail = { by: 'first link' }
  await core.audit.record({ kind: 'user_created', userId: user.id, detail })
}

const required = (name: string): AuthError =>
  fieldError({ [name]: ['This field is required.'] })
