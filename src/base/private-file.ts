import { fstatSync } from 'node:fs'
import { configError } from './errors.ts'

/** Windows has no such modes and owners. */
const hasOwners = process.getuid !== undefined

/**
 * Checks that an open file is the process's own and that no other user can read it (rule K10).
 *
 * @param holds what is secret in it, for the message
 * @throws AuthError `invalid_config`
 */
export function requirePrivate(descriptor: number, file: string, holds: string): void {
  if (!hasOwners) return
  const { uid, mode } = fstatSync(descriptor)
  const own = process.getuid?.()
  const name = JSON.stringify(file)
  if (uid !== own)
    throw configError(
      `The file ${name} belongs to the user ${uid}, and this process runs as the user ${own}. It holds ${holds}, so that it must be this process's own: run the process as its owner, or type "chown ${own} ${file}".`,
    )
  if ((mode & 0o077) !== 0)
    throw configError(
      `The file ${name} is open to other users (mode ${(mode & 0o777).toString(8)}). It holds ${holds}, so that it must be readable by its owner alone: type "chmod 600 ${file}".`,
    )
}
