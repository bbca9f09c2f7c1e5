import type { SessionId } from '../../sessions/session.ts'
import type { Visitor } from '../browser-sessions/visitor.ts'
import { issueCode } from '../codes/issue.ts'
import type { Core } from '../core.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import type { AskedClaims } from './claims-parameter.ts'
import { oauthSettings } from './issuer.ts'

/** The data stored with an authorization code. It contains no secret. */
export type CodeGrant = {
  readonly client: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
  readonly challenge: string
  readonly nonce: string | undefined
  /** The thumbprint of the key that the tokens must be bound to (RFC 9449 §10). */
  readonly jkt: string | undefined
  /** Claims that were asked for by name. */
  readonly asked: AskedClaims
  /** Whether ID tokens must say when the user signed in. */
  readonly authTime: boolean
  /** The browser session in which the user agreed; the code is void once it has ended. */
  readonly browser: SessionId
}

/** Issues an authorization code for what the user has agreed to. @returns its value, which is not stored */
export async function issueAuthorizationCode(
  request: AuthorizationRequest,
  { user, session }: Visitor,
  core: Core,
): Promise<string> {
  const payload: CodeGrant = {
    client: request.client.id,
    redirectUri: request.redirectUri,
    scopes: request.scopes,
    audiences: request.audiences,
    challenge: request.challenge,
    nonce: request.nonce,
    jkt: request.jkt,
    asked: request.asked,
    authTime: request.authTime,
    browser: session.id,
  }
  const { secret } = await issueCode(
    {
      purpose: 'oauth_code',
      form: 'link',
      user,
      payload,
      lifetime: oauthSettings(core).codeLife,
    },
    core,
  )
  return secret
}
