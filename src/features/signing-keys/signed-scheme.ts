import {
  type Authentication,
  type DescribeSecurity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from '../../authentication/scheme.ts'
import { configError } from '../../base/errors.ts'
import { publicTargetsOf } from '../../signatures/public-target.ts'
import type { User } from '../../users/user.ts'

/** What schemes of signed requests are passed: signatures cover the public address. */
export type SignedSchemeDeps = LibrarySchemeDeps & {
  readonly url: string
  readonly targetsOf: ReturnType<typeof publicTargetsOf>
}

/**
 * A scheme of requests that keys of `auth.signingKeys` have signed.
 *
 * @param name of the function that makes it, such as `httpSignature`
 */
export function signedScheme(
  name: string,
  create: (deps: SignedSchemeDeps) => Authentication,
  security: DescribeSecurity,
): Scheme<User> {
  const needsUrl = `A signature covers the public address of a request: for ${name}() set url (WATCHWORD_URL) to that of the instance, such as "https://app.example.com".`
  const scheme = libraryScheme<User>((deps) => {
    const { url } = deps
    if (url === undefined) throw configError(needsUrl)
    return create({ ...deps, url, targetsOf: publicTargetsOf(url) })
  }, security)
  return Object.assign(scheme, { needsUrl })
}
