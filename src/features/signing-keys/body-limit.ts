import { configError } from '../../base/errors.ts'

const MEGABYTE = 1_048_576

/**
 * The option `bodyLimit` of schemes of signed requests: the most bytes of a body that is read and hashed.
 *
 * @param name of the option, for the error
 * @throws AuthError `invalid_config`
 */
export function bodyLimitOf(bodyLimit: number | undefined, name: string): number {
  const limit = bodyLimit ?? MEGABYTE
  if (Number.isInteger(limit) && limit >= 0) return limit
  throw configError(`${name} must be a number of bytes, such as 1048576.`)
}
