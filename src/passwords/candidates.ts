import { trimmed } from '../base/whitespace.ts'
import { passwordBytes } from './password-bytes.ts'

/** Whether white space is trimmed from a password before it is checked; `'both'` tries it untrimmed first. */
export type Trim = boolean | 'both'

/**
 * The forms of a password to check, each once. They depend on the input alone, so their number reveals nothing about
 * an account.
 *
 * Django hashes a password as it was typed; new hashes here use its NFC form (NIST SP 800-63B-4 §3.1.1.2), because
 * keyboards differ. So both forms are checked. Almost all passwords are NFC already, and then there is one form.
 *
 * @throws AuthError `invalid` above 4,096 bytes
 */
export function passwordCandidates(password: string, trim: Trim): readonly string[] {
  passwordBytes(password)
  const forms = trimmedForms(password, trim)
  return [...new Set(forms.flatMap((form) => [form, form.normalize('NFC')]))]
}

function trimmedForms(password: string, trim: Trim): readonly string[] {
  if (trim === 'both') return [password, trimmed(password)]
  if (trim) return [trimmed(password)]
  return [password]
}
