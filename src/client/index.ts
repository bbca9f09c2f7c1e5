import { createClientIn } from './client.ts'
import type { Platform } from './platform.ts'
import type { Client, ClientOptions, TokenUser } from './types.ts'

export { sessionCookie, tokenCookies } from './cookies.ts'
export { dpop } from './dpop.ts'
export { AuthError, type AuthErrorCode } from './error.ts'
export { type Interceptor, interceptor } from './interceptor.ts'
export { type Passkeys, passkeys } from './passkeys.ts'
export { refreshAhead } from './refresh-ahead.ts'
export { browserStorage, storedIn, tabStorage } from './storages.ts'
export type {
  AuthEvent,
  AuthState,
  Client,
  ClientDuration,
  ClientOptions,
  Credentials,
  ProofOption,
  RefreshAheadOption,
  SignedOutReason,
  StorageOption,
  TokenStorage,
  TokenUser,
  TransportOption,
} from './types.ts'

/**
 * A client that signs in, keeps the session alive and adds credentials to requests.
 *
 * @param url of the API; default: the page's origin
 * @throws TypeError if an option has a value that it cannot have
 */
export const createClient = <U extends object = TokenUser>(
  url?: string,
  options?: ClientOptions<U>,
): Client<U> => createClientIn(globalThis as unknown as Platform, url, options)
