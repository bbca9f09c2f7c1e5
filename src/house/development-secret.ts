import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Random } from '../base/random.ts'
import { Refusal } from '../base/refusal.ts'
import { Secret } from '../base/secret.ts'

/**
 * The secret of a development database: made at the first start and kept in `<database>.secret`, readable by its owner
 * alone.
 *
 * @throws Refusal `config_refused` where others can read the file (K10), or nothing can be written beside the database
 */
export function developmentSecret(database: string, random: Random): Secret {
  const fresh = Buffer.from(random(32)).toString('base64url')
  if (database === ':memory:') return new Secret(fresh)
  const file = `${database}.secret`
  try {
    writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' })
    return new Secret(fresh)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new Refusal(
        'config_refused',
        `Nothing can be written beside ${database}: choose another place with WATCHWORD_DATABASE or --database.`,
        { cause: error },
      )
    }
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Refusal('config_refused', `${file} can be read by others: type "chmod 600 ${file}".`)
  }
  return new Secret(readFileSync(file, 'utf8').trim())
}
