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
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { decodeUtf8 } from '../../base/utf8.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { User } from '../../users/user.ts'
import { apiTokenOf, digestOf, hasTokenForm } from './api-token.ts'
import { isDerivable } from './derived-token.ts'
import { apiTokenStore } from './sql.ts'

/**
 * `Authorization: Token <token>`: an API token. The token and its user are read at each request, so revoking the token or
 * deactivating the user takes effect at once. Django REST framework's `TokenAuthentication` on the wire.
 *
 * @param keyword in place of `Token`. Of two schemes with the same keyword only the first is used.
 * @throws AuthError `invalid_config` unless the keyword is a word
 */
export function apiToken(options: { readonly keyword?: string } = {}): Scheme<User> {
  refuseUnknownOptions(options, { keyword: true }, argumentOf('apiToken'))
  const { keyword = 'Token' } = options
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
 * Node.js decodes header bytes as Latin-1. Tokens are ASCII; for bytes that are not UTF-8, Django REST framework has an error of
 * its own.
 *
 * @throws AuthError if the bytes are not UTF-8
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

async function identityOf(key: string, deps: LibrarySchemeDeps): Promise<Identity> {
  const { ports, users, settings, clock } = deps
  if (!hasTokenForm(key)) throw invalid('this is no API token')
  const { apiTokens } = ports(apiTokenStore)
  const record = await apiTokens.find(digestOf(key), clock())
  if (record === undefined) throw invalid('no such token, or it has expired')
  if (!isDerivable(record, deps))
    throw invalid('the secret that this token was derived from has been replaced')
  const token = apiTokenOf(record)
  const account = await users.find('id', token.userId)
  // As in Django REST framework, where deleting a user deletes the token.
  if (account === undefined) throw invalid('the user of this token was deleted')
  const { user } = account
  if (!mayUse(user, settings))
    throw inactive('the user is inactive, or refused by the rule (D11)')
  return { user, scheme: 'apiToken', credential: token, scopes: token.scopes }
}

const invalid = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'Invalid token.' })
const inactive = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'User inactive or deleted.' })
