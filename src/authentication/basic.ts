import { AuthError } from '../base/errors.ts'
import { decodeUtf8 } from '../base/utf8.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Account, User } from '../users/user.ts'
import { credentialsAfter, headerErrors, invalidHeaderError } from './header.ts'
import type { Authentication, Identity, Scheme, SchemeDeps } from './scheme.ts'

/**
 * `Authorization: Basic …` (RFC 7617): name and password with every request, and the hash of the password is worked out for
 * every request. Django REST framework's `BasicAuthentication` on the wire (specification 6.2).
 *
 * @param realm what browsers show when they ask
 * @throws AuthError `invalid_config` where the realm cannot be written between quotation marks
 */
export function basic({ realm = 'api' }: { readonly realm?: string } = {}): Scheme<User> {
  if (!/^[ !#-[\]-~]+$/.test(realm)) {
    throw new AuthError(
      'invalid_config',
      'basic({ realm }) must be text of ASCII without quotation marks.',
    )
  }
  return (deps): Authentication => ({
    challenge: `Basic realm="${realm}"`,
    identify(request) {
      const sent = credentialsAfter(WORDS, request.header('authorization'), FAULTS)
      return sent === undefined ? undefined : identityOf(sent, request, deps)
    },
  })
}

const WORDS = ['Basic']
const FAULTS = headerErrors('basic', 'Credentials')

async function identityOf(
  sent: string,
  request: AuthRequest,
  deps: SchemeDeps,
): Promise<Identity> {
  const { login, password } = credentialsIn(sent)
  const { user } = await accountOf(login, password, request, deps)
  // A rule of the user's may let somebody in who is not active.
  if (!user.active && deps.terms.checkActive) {
    throw new AuthError('authentication_failed', 'the user is inactive', {
      detail: 'User inactive or deleted.',
    })
  }
  return { user, scheme: 'basic' }
}

async function accountOf(
  login: string,
  password: string,
  request: AuthRequest,
  { checkPassword }: SchemeDeps,
): Promise<Account> {
  // RFC 7617 §2; nothing is looked up for them (rule H7).
  if (CONTROL.test(login + password)) throw wrong('control characters')
  try {
    return await checkPassword(login, password, request)
  } catch (error) {
    // `invalid`: longer than any password may be.
    if (
      !(error instanceof AuthError) ||
      (error.code !== 'no_active_account' && error.code !== 'invalid')
    )
      throw error
    throw wrong(error.message)
  }
}

const CONTROL = /[\0-\x1f\x7f]/

const wrong = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'Invalid username/password.' })

/**
 * UTF-8, else Latin-1; a name has no colon, a password may have.
 *
 * Unlike upstream, characters outside the alphabet are not skipped: one text, one credential (rule H7).
 */
function credentialsIn(sent: string): {
  readonly login: string
  readonly password: string
} {
  const bytes = Buffer.from(sent, 'base64')
  if (bytes.toString('base64') !== sent) throw undecodable()
  const text = textOf(bytes)
  const colon = text.indexOf(':')
  if (colon === -1) throw undecodable()
  return { login: text.slice(0, colon), password: text.slice(colon + 1) }
}

const undecodable = (): AuthError =>
  invalidHeaderError('basic', 'Credentials not correctly base64 encoded.')

const textOf = (bytes: Buffer): string => decodeUtf8(bytes) ?? bytes.toString('latin1')
