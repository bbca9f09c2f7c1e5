import { AuthError, configError, type ErrorCode } from '../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../base/known-options.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import { crossSiteGuard } from '../http/cross-site.ts'
import { trustedOrigins } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Account, User } from '../users/user.ts'
import { credentialsAfter, headerErrors, invalidHeaderError } from './header.ts'
import {
  type DescribeSecurity,
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from './scheme.ts'

export interface BasicOptions {
  /** Shown in a browser's sign-in dialog. Default `api`. */
  readonly realm?: string
  /** Pages of other hosts that may send what changes something, such as `https://*.example.com`. Default: none. */
  readonly origins?: readonly string[]
}

/**
 * `Authorization: Basic …` (RFC 7617), compatible with Django REST framework's `BasicAuthentication`. The password is
 * hashed for every request.
 *
 * A browser that has the password adds it to the requests of any site, so a request of another site that may change something is
 * a 403, as with `session()`.
 *
 * @throws AuthError `invalid_config` if the realm is not printable ASCII without quotation marks, or an
 *   entry of `origins` is not an origin
 */
export function basic(options: BasicOptions = {}): Scheme<User> {
  refuseUnknownOptions(options, { realm: true, origins: true }, argumentOf('basic'))
  const { realm = 'api', origins = [] } = options
  if (!/^[ !#-[\]-~]+$/.test(realm)) {
    throw configError(
      'basic({ realm }) must be printable ASCII without quotation marks or backslashes, such as "api".',
    )
  }
  const trusts = trustedOrigins(origins, 'basic({ origins })')
  return libraryScheme((deps) => {
    const refuseOtherSites = crossSiteGuard(trusts, {
      behindProxy: deps.behindProxy,
      trustsPlainPages: true,
    })
    return {
      name: 'basic',
      challenge: `Basic realm="${realm}"`,
      identify(request) {
        const header = request.header('authorization')
        const credentials = credentialsAfter(SCHEMES, header, ERRORS)
        if (credentials === undefined) return undefined
        refuseOtherSites(request)
        return identityOf(credentials, request, deps)
      },
    }
  }, basicSecurity)
}

const basicSecurity: DescribeSecurity = () => [
  { name: 'basic', scheme: { type: 'http', scheme: 'basic' } },
]

const SCHEMES = ['Basic']
const ERRORS = headerErrors('basic', 'Credentials')

async function identityOf(
  credentials: string,
  request: AuthRequest,
  deps: LibrarySchemeDeps,
): Promise<Identity> {
  const { login, password } = decodeCredentials(credentials)
  const { user } = await accountOf(login, password, request, deps)
  // The option `users.rule` may admit inactive users.
  if (!user.active && deps.settings.checkActive) {
    throw new AuthError('authentication_failed', 'the user is inactive', {
      detail: 'User inactive or deleted.',
    })
  }
  return { user, scheme: 'basic', authTime: deps.clock(), amr: ['pwd'] }
}

async function accountOf(
  login: string,
  password: string,
  request: AuthRequest,
  { checkPassword }: LibrarySchemeDeps,
): Promise<Account> {
  // RFC 7617 §2 forbids control characters.
  if (CONTROL.test(login + password)) throw invalidCredentials('control characters')
  try {
    return await checkPassword(login, password, request)
  } catch (error) {
    if (error instanceof AuthError && WRONG.has(error.code))
      throw invalidCredentials(error.message)
    throw error
  }
}

/** `invalid`: the password is longer than any may be. */
const WRONG: ReadonlySet<ErrorCode> = new Set(['no_active_account', 'invalid'])

const CONTROL = /[\0-\x1f\x7f]/

const invalidCredentials = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'Invalid username/password.' })

/**
 * Decodes UTF-8, else Latin-1. The first colon ends the login.
 *
 * Django REST framework skips characters outside the base64 alphabet; here they are errors, so that one credential has one
 * encoding.
 */
function decodeCredentials(encoded: string): {
  readonly login: string
  readonly password: string
} {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) throw undecodable()
  const text = textOf(bytes)
  const colon = text.indexOf(':')
  if (colon === -1) throw undecodable()
  return { login: text.slice(0, colon), password: text.slice(colon + 1) }
}

const undecodable = (): AuthError =>
  invalidHeaderError('basic', 'Credentials not correctly base64 encoded.')

const textOf = (bytes: Buffer): string => decodeUtf8(bytes) ?? bytes.toString('latin1')
