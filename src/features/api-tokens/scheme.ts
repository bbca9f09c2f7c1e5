import {
  credentialsAfter,
  headerErrors,
  invalidHeaderError,
} from '../../authentication/header.ts'
import {
  type Identity,
  type LibrarySchemeDeps,
  libraryScheme,
  type Scheme,
} from '../../authentication/scheme.ts'
import { AuthError } from '../../base/errors.ts'
import { decodeUtf8 } from '../../base/utf8.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { User } from '../../users/user.ts'
import { digestOf, hintOf } from './api-token.ts'
import { isStillDerived } from './derived-token.ts'
import { apiTokenStore } from './sql.ts'

/**
 * `Authorization: Token <text>`: an API token. The token and its user are read at each request, so revoking the token or
 * deactivating the user takes effect at once. Django REST framework's `TokenAuthentication` on the wire (specification 6.4).
 *
 * @param keyword in place of `Token`. Of two schemes with one keyword only the first is asked.
 * @throws AuthError `invalid_config` unless the keyword is a word
 */
export function apiToken({
  keyword = 'Token',
}: {
  readonly keyword?: string
} = {}): Scheme<User> {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(keyword)) {
    throw new AuthError(
      'invalid_config',
      'apiToken({ keyword }) must be a word without blanks, such as "Token".',
    )
  }
  const words = [keyword]
  const scheme = libraryScheme<User>((deps) => ({
    challenge: keyword,
    identify(request) {
      const sent = credentialsAfter(words, request.header('authorization'), FAULTS)
      if (sent === undefined) return undefined
      refuseNonUtf8(sent)
      return identityOf(sent, deps)
    },
  }))
  return Object.assign(scheme, { madeBy: apiToken })
}

const FAULTS = headerErrors('token', 'Token')

/**
 * Headers are octets, given as Latin-1. No token of ours has other characters than ASCII's, so what has is no token; what it
 * is answered is upstream's.
 *
 * @throws AuthError where they are no UTF-8
 */
function refuseNonUtf8(sent: string): void {
  if (/^[\x21-\x7e]+$/.test(sent)) return
  if (decodeUtf8(Buffer.from(sent, 'latin1')) === undefined) {
    throw invalidHeaderError(
      'token',
      'Token string should not contain invalid characters.',
    )
  }
}

async function identityOf(text: string, deps: LibrarySchemeDeps): Promise<Identity> {
  const { ports, users, settings, clock } = deps
  const { apiTokens } = ports(apiTokenStore)
  const record = await apiTokens.find(digestOf(text), clock())
  if (record === undefined) throw invalid('no such token, or it has expired')
  if (!isStillDerived(record, deps))
    throw invalid('the secret that this token was derived from has been replaced')
  const token = hintOf(record)
  const account = await users.find('id', token.userId)
  // As upstream, where a token goes with its user.
  if (account === undefined) throw invalid('the user of this token is gone')
  const { user } = account
  if (!mayUse(user, settings))
    throw inactive('the user is inactive, or refused by the rule (D11)')
  return { user, scheme: 'apiToken', credential: token, scopes: token.scopes }
}

const invalid = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'Invalid token.' })
const inactive = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'User inactive or deleted.' })
