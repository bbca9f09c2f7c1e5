import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { AuthError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { requirePrivate } from '../base/private-file.ts'
import type { Random } from '../base/random.ts'
import { Secret } from '../base/secret.ts'
import { secretFault } from '../jwt/index.ts'

/**
 * The secret of a development database: generated at the first start and kept in `<database>.secret`, readable only by its
 * owner.
 *
 * @param hasKeys whether the database holds encrypted keys: a new secret could not decrypt them
 * @throws AuthError `invalid_config` if the file was lost, is readable by others (K10), holds no valid secret (K2) or cannot be
 *   written
 */
export function developmentSecret(
  database: string,
  random: Random,
  hasKeys: boolean,
  log: Log,
): Secret {
  const fresh = Buffer.from(random(32)).toString('base64url')
  if (database === ':memory:') return new Secret(fresh)
  const file = `${database}.secret`
  if (!existsSync(file)) {
    if (hasKeys) throw lost(file, database)
    keep(fresh, file, database)
    log({
      level: 'info',
      event:
        'a secret was made beside the database: add both files to .gitignore, and in production set WATCHWORD_SECRET',
      database,
      secret: file,
    })
  }
  return new Secret(parseSecretFile(readPrivately(file), file))
}

function readPrivately(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    requirePrivate(descriptor, file, 'the secret of the signing keys')
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** Writes the file atomically; if several processes start together, one of them creates it. */
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
      `The development secret cannot be written beside ${database}: choose another folder with WATCHWORD_DATABASE or --database.`,
      { cause },
    )
  } finally {
    rmSync(draft, { force: true })
  }
}

const lost = (file: string, database: string): AuthError =>
  new AuthError(
    'invalid_config',
    `${file} is missing, and the keys in ${database} are encrypted with the secret that it held: put the file back, or set WATCHWORD_SECRET to that secret.`,
  )

function parseSecretFile(text: string, file: string): string {
  const secret = text.trim()
  const fault = secretFault(Buffer.from(secret), 32)
  if (fault === undefined) return secret
  throw new AuthError(
    'invalid_config',
    `${file} cannot be used: the secret in it ${fault}. Put back the secret that the keys in ${file.replace(/\.secret$/, '')} are encrypted with, or set WATCHWORD_SECRET to it.`,
  )
}
