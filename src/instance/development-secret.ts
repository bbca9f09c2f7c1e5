import {
  existsSync,
  linkSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { AuthError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { secretFault } from '../jwt/index.ts'

/**
 * The secret of a development database: made at the first start and kept in `<database>.secret`, readable by its owner
 * alone.
 *
 * @param hasKeys whether the database holds keys that a secret has sealed: a new one would not open them
 * @throws AuthError `invalid_config` if it was lost, others can read the file (K10), no secret is in it (K2), or nothing can be written beside
 *   the database
 */
export function developmentSecret(
  database: string,
  random: Random,
  hasKeys: boolean,
): Secret {
  const fresh = Buffer.from(random(32)).toString('base64url')
  if (database === ':memory:') return new Secret(fresh)
  const file = `${database}.secret`
  if (!existsSync(file)) {
    if (hasKeys) throw lost(file, database)
    keep(fresh, file, database)
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new AuthError(
      'invalid_config',
      `${file} can be read by others: type "chmod 600 ${file}".`,
    )
  }
  return new Secret(parseSecretFile(readFileSync(file, 'utf8'), file))
}

/** Appears whole or not at all, and of several processes that start together one makes it. */
function keep(secret: string, file: string, database: string): void {
  const draft = `${file}.${process.pid}`
  rmSync(draft, { force: true })
  try {
    writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(draft, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(file)) return
    throw new AuthError(
      'invalid_config',
      `Nothing can be written beside ${database}: choose another place with WATCHWORD_DATABASE or --database.`,
      { cause },
    )
  } finally {
    rmSync(draft, { force: true })
  }
}

const lost = (file: string, database: string): AuthError =>
  new AuthError(
    'invalid_config',
    `${file} is not there, and the keys in ${database} were sealed with what was in it: put it back, or give it as WATCHWORD_SECRET.`,
  )

function parseSecretFile(text: string, file: string): string {
  const secret = text.trim()
  const fault = secretFault(Buffer.from(secret), 32)
  if (fault === undefined) return secret
  throw new AuthError(
    'invalid_config',
    `${file} cannot be used: what is in it ${fault}. Put back the secret that the keys in ${file.replace(/\.secret$/, '')} were sealed with, or give it as WATCHWORD_SECRET.`,
  )
}
