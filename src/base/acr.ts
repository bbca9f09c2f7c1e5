/** Authenticator assurance levels of NIST SP 800-63B: one factor, or two different ones. */
export type AssuranceLevel = 'aal1' | 'aal2'

export const isAssuranceLevel = (value: unknown): value is AssuranceLevel =>
  value === 'aal1' || value === 'aal2'

/** The kind of factor of each method in `amr` (RFC 8176 §2). */
const PROVES: Readonly<Record<string, string>> = {
  pwd: 'knowledge',
  pin: 'knowledge',
  kba: 'knowledge',
  link: 'mailbox',
  // A sign-in with another provider.
  social: 'provider',
  sms: 'phone',
  tel: 'phone',
  otp: 'authenticator',
  hwk: 'authenticator',
  swk: 'authenticator',
  sc: 'authenticator',
  // An authenticator that has checked its user by a fingerprint, a face or a PIN.
  user: 'user',
  fpt: 'user',
  face: 'user',
}

/** The class of a sign-in (`acr`, OpenID Connect Core §2). @returns `undefined` if its methods are not known */
export function acrOf(amr: readonly string[] | undefined): AssuranceLevel | undefined {
  if (amr === undefined || amr.length === 0) return undefined
  const proved = amr.map((method) => PROVES[method]).filter((each) => each !== undefined)
  if (amr.includes('mfa') || new Set(proved).size > 1) return 'aal2'
  return 'aal1'
}

export const hasLevel = (
  amr: readonly string[] | undefined,
  required: AssuranceLevel,
): boolean => {
  const acr = acrOf(amr)
  return acr === 'aal2' || acr === required
}
