import { AuthError } from '../../base/errors.ts'
import type { CodePurpose } from '../../features/codes/purposes.ts'
import { type CodeOutcome, tryCode } from '../../features/codes/redeem.ts'
import type { Core } from '../../features/core.ts'
import { fieldError } from '../../users/field-errors.ts'
import { TEXT } from './form.ts'
import { MESSAGES } from './options.ts'

/** What Djoser's links carry. */
export const LINK = { uid: TEXT, token: { ...TEXT, trim: false } } as const

export interface Link {
  /** The user's id in base64url. */
  readonly uid: string
  readonly token: string
}

/**
 * Checks the link of a mail, and redeems nothing.
 *
 * @returns why it is not valid, or the code, which is that of the user in the link
 * @throws AuthError `invalid` if no user can have the uid
 */
export async function outcomeOf(
  { uid, token }: Link,
  purpose: CodePurpose,
  core: Core,
): Promise<CodeOutcome> {
  const id = idOf(uid)
  const outcome = await tryCode({ purpose, secret: token }, 'check', core)
  if (outcome.kind !== 'right' || outcome.code.userId === id) return outcome
  return { kind: 'unknown' }
}

/** @throws AuthError `invalid` unless the link is valid, and of the user that it names */
export async function requireLink(
  link: Link,
  purpose: CodePurpose,
  core: Core,
): Promise<void> {
  const { kind } = await outcomeOf(link, purpose, core)
  if (kind !== 'right') throw wrongToken(kind)
}

/** Also if there is no such user: the answer must not show that. */
export const wrongToken = (kind: string): AuthError => {
  const { body = {} } = fieldError({ token: [MESSAGES.invalidToken] })
  return new AuthError('invalid', `the link is refused: ${kind}`, { body })
}

/** A link that was redeemed, or became void, between the check and the redemption. */
export function asWrongToken(error: AuthError): AuthError {
  if (error.code === 'invalid_code') return wrongToken(error.message)
  return error
}

/** Whether Buffer reads all of it, and would write it again. */
function idOf(uid: string): string {
  const bytes = Buffer.from(uid, 'base64url')
  const isCanonical = bytes.toString('base64url') === uid.replace(/=+$/, '')
  const id = bytes.toString('utf8')
  if (isCanonical && id !== '' && Buffer.from(id).equals(bytes)) return id
  throw fieldError({ uid: [MESSAGES.invalidUid] })
}
