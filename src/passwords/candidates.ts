import { trimmed } from '../base/whitespace.ts'
import { passwordBytes } from './password-bytes.ts'

/** Which forms of a password as sent are tried: as it is, without white space at its ends, or the one and then the other. */
export type Trim = boolean | 'both'

/**
 * The forms in which a password is tried, none twice: they depend on what was sent alone, so their number tells nothing of
 * an account.
 *
 * Django hashes the octets it is sent. New hashes here are of the NFC form (NIST SP 800-63B-4 §3.1.1.2), so that every
 * keyboard spells the same password. Hence both forms are tried: a hash of Django's is found by what was sent, one of
 * ours by its NFC form. Almost everything that is sent is NFC already, and then there is one form.
 *
 * @throws AuthError `invalid` above 4,096 octets, before anything is done with it
 */
export function passwordCandidates(password: string, trim: Trim): readonly string[] {
  passwordBytes(password)
  const forms =
    trim === 'both'
      ? [password, trimmed(password)]
      : [trim ? trimmed(password) : password]
  return [...new Set(forms.flatMap((form) => [form, form.normalize('NFC')]))]
}
