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
import type { Clock, UnixSeconds } from '../../base/clock.ts'
import { AuthError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { decodeUtf8 } from '../../base/utf8.ts'
import { mayUse } from '../../tokens/token-settings.ts'
import type { User } from '../../users/user.ts'
import {
  type ApiTokens,
  apiTokenOf,
  digestOf,
  hasTokenForm,
  knoxDigestOf,
  type StoredApiToken,
} from './api-token.ts'
import { isDerivable } from './derived-token.ts'
import { apiTokenStore } from './sql.ts'

/**
 * `Authorization: Token <token>`: an API token. The token and its user are read at each request, so revoking the token or
 * deactivating the user takes effect at once. Django REST framework's `TokenAuthentication` on the wire.
 *
 * @param options.keyword in place of `Token`. Of two schemes with the same keyword only the first is used.
 * @throws AuthError `invalid_config` unless the keyword is a word
 */
export function apiToken(options: { readonly keyword?: string } = {}): Scheme<User> {
  refuseUnknownOptions(options, { keyword: true }, argumentOf('apiToken'))
  const { keyword = 'Token' } = options
  if (!isKeyword(keyword)) {
    throw new AuthError(
      'invalid_config',
      'apiToken({ keyword }) must be a word without blanks, such as "Token".',
    )
  }
  return Object.assign(tokenScheme(keyword), { madeBy: apiToken })
}

/** Whether a word can stand before a token (RFC 9110 §11.1). */
export const isKeyword = (word: string): boolean => /^[!#$%&'*+.^_`|~\w-]+$/.test(word)

/** Moves the expiry of a token that authenticates a request. @returns when this has been done, if the request must wait for it */
export type RenewToken = (
  token: StoredApiToken,
  deps: RenewDeps,
) => Promise<void> | undefined

export interface RenewDeps {
  readonly apiTokens: Pick<ApiTokens, 'extend'>
  readonly clock: Clock
}

export interface TokenSchemeOptions {
  readonly renew?: RenewToken | undefined
  /** Whether tokens that were imported with the digest of knox are looked up, too. */
  readonly imported?: boolean
}

/** The scheme of API tokens. @param keyword a word: see `isKeyword` */
export const tokenScheme = (
  keyword: string,
  options: TokenSchemeOptions = {},
): Scheme<User> => {
  const words = [keyword]
  return libraryScheme<User>(
    (deps) => ({
      name: 'apiToken',
      challenge: keyword,
      identify(request) {
        const sent = credentialsAfter(words, request.header('authorization'), FAULTS)
        if (sent === undefined) return undefined
        refuseNonUtf8(sent)
        return identityOf(sent, deps, options)
      },
    }),
    () => [
      {
        name: 'apiToken',
        scheme: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: `\`${keyword} \` and an API token.`,
        },
      },
    ],
  )
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

async function identityOf(
  key: string,
  deps: LibrarySchemeDeps,
  { renew, imported = false }: TokenSchemeOptions,
): Promise<Identity> {
  const { ports, users, settings, clock } = deps
  if (!hasTokenForm(key)) throw invalid('this is no API token')
  const { apiTokens } = ports(apiTokenStore)
  const record =
    (await apiTokens.find(digestOf(key), clock())) ??
    (imported ? await findImported(key, clock(), apiTokens) : undefined)
  if (record === undefined) throw invalid('no such token, or it has expired')
  if (!isDerivable(record, deps))
    throw invalid('the secret that this token was derived from has been replaced')
  const token = apiTokenOf(record)
  const account = await users.find('id', token.userId)
  // As in Django REST framework, where deleting a user deletes the token.
  if (account === undefined) throw invalid('the user of this token was deleted')
  const { user } = account
  if (record.epoch !== undefined && record.epoch !== user.epoch)
    throw invalid('the user has a new password since the sign-in')
  if (!mayUse(user, settings))
    throw inactive('the user is inactive, or refused by the rule (D11)')
  await renew?.(record, { apiTokens, clock })
  return { user, scheme: 'apiToken', credential: token, scopes: token.scopes }
}

/** The digest is replaced at the first use, so that later ones need one look-up. */
async function findImported(
  key: string,
  now: UnixSeconds,
  apiTokens: ApiTokens,
): Promise<StoredApiToken | undefined> {
  const former = knoxDigestOf(key)
  const record = await apiTokens.find(former, now)
  if (record !== undefined)
    // The token is valid whether or not this succeeds, and its next use tries it again.
    await apiTokens.upgradeDigest(record.id, former, digestOf(key)).catch(() => false)
  return record
}

const invalid = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'Invalid token.' })
const inactive = (note: string): AuthError =>
  new AuthError('authentication_failed', note, { detail: 'User inactive or deleted.' })
