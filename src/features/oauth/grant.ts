import type { AuthRequest } from '../../http/request.ts'
import type { Core } from '../core.ts'
import type { TokenAnswer } from './access-token.ts'
import type { StoredClient } from './client.ts'
import type { Parameters } from './parameters.ts'

/** A request to the token endpoint, of an application that has authenticated and may use the grant. */
export interface TokenRequest {
  readonly parameters: Parameters
  readonly client: StoredClient
  readonly request: AuthRequest
  /** The thumbprint of the key that its tokens are bound to; `undefined`: to none. */
  readonly jkt: string | undefined
}

/** Issues tokens for a request. @throws AuthError of the OAuth codes */
export type Grant = (request: TokenRequest, core: Core) => Promise<TokenAnswer>
