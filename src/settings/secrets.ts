import { configError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { secretFault } from '../jwt/index.ts'

/** Least length: that of the keys which are derived from a secret. */
const SECRET_BYTES = 32

export function parseSecret(text: string): Secret {
  const fault = secretFault(Buffer.from(text), SECRET_BYTES)
  if (fault !== undefined)
    throw configError(`secret (WATCHWORD_SECRET) cannot be used: it ${fault}.`)
  return new Secret(text)
}

/** The current secret, and old ones that only decrypt. */
export function secretsIn({
  WATCHWORD_SECRET: secret,
  WATCHWORD_OLD_SECRETS: old = '',
}: Readonly<Record<string, string | undefined>>): readonly string[] {
  const past = old.split(/\s+/).filter((text) => text !== '')
  if (secret !== undefined) return [secret, ...past]
  if (past.length === 0) return []
  throw configError(
    'WATCHWORD_OLD_SECRETS only decrypts, and WATCHWORD_SECRET is not set: set it to the new secret.',
  )
}
