import { Refusal } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Account, User } from '../users/user.ts'
import { headerFaults, invalidHeader, tokenAfter } from './header.ts'
import type { Authentication, AuthenticationWorld, Identity, Scheme } from './scheme.ts'

/**
 * `Authorization: Basic …` (RFC 7617): name and password with every request, and the hash of the password is worked out for
 * every request. Django REST framework's `BasicAuthentication` on the wire (specification 6.2).
 *
 * @param realm what browsers show when they ask
 * @throws Refusal `config_refused` where the realm cannot be written between quotation marks
 */
export function basic({ realm = 'api' }: { readonly realm?: string } = {}): Scheme<User> {
  if (!/^[ !#-[\]-~]+$/.test(realm)) {
    throw new Refusal('config_refused', 'basic({ realm }) must be text of ASCII without quotation marks.')
  }
  return (world): Authentication => ({
    challenge: `Basic realm="${realm}"`,
    identify(request) {
      const sent = tokenAfter(WORDS, request.header('authorization'), FAULTS)
      return sent === undefined ? undefined : identityOf(sent, request, world)
    },
  })
}

const WORDS = ['Basic']
const FAULTS = headerFaults('basic', 'Credentials')

async function identityOf(sent: string, request: AuthRequest, world: AuthenticationWorld): Promise<Identity> {
  const { login, password } = credentialsIn(sent)
  const { user } = await accountOf(login, password, request, world)
  // A rule of the user's may let somebody in who is not active.
  if (!user.active && world.terms.checkActive) {
    throw new Refusal('authentication_failed', 'the user is inactive', { detail: 'User inactive or deleted.' })
  }
  return { user, scheme: 'basic' }
}

async function accountOf(
  login: string,
  password: string,
  request: AuthRequest,
  { checkPassword }: AuthenticationWorld,
): Promise<Account> {
  // RFC 7617 §2; nothing is looked up for them (rule H7).
  if (CONTROL.test(login + password)) throw wrong('control characters')
  try {
    return await checkPassword(login, password, request)
  } catch (error) {
    // `invalid`: longer than any password may be.
    if (!(error instanceof Refusal) || (error.code !== 'no_active_account' && error.code !== 'invalid')) throw error
    throw wrong(error.message)
  }
}

const CONTROL = /[\0-\x1f\x7f]/

const wrong = (note: string): Refusal =>
  new Refusal('authentication_failed', note, { detail: 'Invalid username/password.' })

/**
 * UTF-8, else Latin-1; a name has no colon, a password may have.
 *
 * Unlike upstream, characters outside the alphabet are not skipped: one text, one credential (rule H7).
 */
function credentialsIn(sent: string): { readonly login: string; readonly password: string } {
  const octets = Buffer.from(sent, 'base64')
  if (octets.toString('base64') !== sent) throw undecodable()
  const text = textOf(octets)
  const colon = text.indexOf(':')
  if (colon === -1) throw undecodable()
  return { login: text.slice(0, colon), password: text.slice(colon + 1) }
}

const undecodable = (): Refusal => invalidHeader('basic', 'Credentials not correctly base64 encoded.')

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(octets: Buffer): string {
  try {
    return UTF_8.decode(octets)
  } catch {
    return octets.toString('latin1')
  }
}
