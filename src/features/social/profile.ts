import { AuthError } from '../../base/errors.ts'
import { isStorable } from '../../base/storable.ts'
import { emailFault, emailOf } from '../../users/email.ts'
import type { ProviderClaims, ProviderSettings, SocialProfile } from './provider.ts'

/** As OpenID Connect Core 1.0 §2 limits it. */
const LONGEST_SUBJECT = 255

/**
 * The profile in the claims of a provider.
 *
 * @throws AuthError `provider_refused` without a subject: all such people would share one account
 */
export function profileOf(
  claims: ProviderClaims,
  { name, profile }: Pick<ProviderSettings, 'name' | 'profile'>,
): SocialProfile {
  const mapped = profile(claims)
  const subject = subjectOf(mapped.subject)
  if (subject === undefined)
    throw new AuthError('provider_refused', `${name} sent a profile without a subject`)
  const email = textOf(mapped.email)
  const isAddress = email !== undefined && emailFault(email) === undefined
  return {
    subject,
    email: isAddress ? emailOf(email) : undefined,
    emailVerified: isAddress && mapped.emailVerified === true,
    username: textOf(mapped.username),
    claims,
  }
}

/** Providers send numbers or strings: `900` and `"900"` are the same subject. */
export function subjectOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : textOf(value)
  if (text === undefined || text.length > LONGEST_SUBJECT) return undefined
  return isStorable(text) ? text : undefined
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined
