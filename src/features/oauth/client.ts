import type { UnixSeconds } from '../../base/clock.ts'
import type { Jwk } from '../../jwt/jwk.ts'
import type { NewSession, SessionId } from '../../sessions/session.ts'
import type { PresentedCode } from '../codes/code.ts'
import type { NewLogin } from './backchannel/login.ts'
import type { SubjectType } from './pairwise/pairwise-options.ts'

/** The `client_id` inside the package; programs have strings. */
export type ClientId = string & { readonly __is: 'ClientId' }

/** The SHA-256 of a secret in hexadecimal digits: a secret has 256 random bits, so it needs no slow hash. */
export type SecretDigest = string & { readonly __is: 'SecretDigest' }

/**
 * How an application proves who it is: `none`: it cannot keep a secret, such as a page or an app; `secret`: in the header or the body
 * (`client_secret_basic`, `client_secret_post`); `private_key_jwt`: by a token that it signs (RFC 7523).
 */
export const CLIENT_PROOFS = ['none', 'secret', 'private_key_jwt'] as const
export type ClientProof = (typeof CLIENT_PROOFS)[number]

/** Of devices without a browser (RFC 8628 §3.4). */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Of applications that exchange a token for another one (RFC 8693 §2.1). */
export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'

export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_GRANT,
  EXCHANGE_GRANT,
] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** An application that is registered (RFC 6749 §2). Its secret is not stored. */
export interface OAuthClient {
  /** Its `client_id`. */
  readonly id: string
  /** Shown to users who are asked for their consent. */
  readonly name: string
  readonly proof: ClientProof
  readonly grants: readonly GrantType[]
  /** The scopes that it may ask for. */
  readonly scopes: readonly string[]
  /** The services besides the instance that its tokens may be for (RFC 8707). */
  readonly resources: readonly string[]
  /** The services that it is: it may introspect tokens that are for them. */
  readonly audiences: readonly string[]
  /** Where users are sent back to, compared character by character. */
  readonly redirectUris: readonly string[]
  /** The same after a sign-out. */
  readonly postLogoutRedirectUris: readonly string[]
  /** Where it is notified that a user has signed out (OpenID Connect Back-Channel Logout 1.0). */
  readonly backchannelLogoutUri: string | undefined
  /** Whether it needs the session of the user to be named, which is always done. */
  readonly backchannelLogoutSessionRequired: boolean
  /** Its public keys, for `private_key_jwt`. */
  readonly keys: readonly Jwk[]
  /** Where they are published instead. */
  readonly jwksUri: string | undefined
  /** Whether users are not asked for their consent: for applications of your own. */
  readonly skipConsent: boolean
  /** Whether it gets only tokens that are bound to a key (RFC 9449 §5.2). */
  readonly dpopBoundAccessTokens: boolean
  /** Whether it must push its authorization requests (RFC 9126 §6). */
  readonly requirePushedAuthorizationRequests: boolean
  readonly subjectType: SubjectType
  /** The https address whose host is the sector of a pairwise application. */
  readonly sectorIdentifierUri: string | undefined
  /** Seconds since 1970. */
  readonly createdAt: number
  /** Until when the secret before the current one is accepted. */
  readonly previousSecretUntil: number | undefined
  readonly disabledAt: number | undefined
}

/** An application, and its secret, which only the call that makes it returns. */
export interface ShownClient {
  readonly client: OAuthClient
  /** `undefined` if it proves in another way who it is. */
  readonly secret: string | undefined
}

/** The row. */
export interface StoredClient extends OAuthClient {
  readonly id: ClientId
  readonly createdAt: UnixSeconds
  readonly previousSecretUntil: UnixSeconds | undefined
  readonly disabledAt: UnixSeconds | undefined
  readonly secret: SecretDigest | undefined
  readonly previousSecret: SecretDigest | undefined
  /** The session of the tokens that it has for itself. */
  readonly sessionId: SessionId
  /** Of the token with which an application that has registered itself manages its registration. */
  readonly registrationToken: SecretDigest | undefined
  /** Until when the document that its id is the address of need not be fetched again. */
  readonly documentUntil: UnixSeconds | undefined
}

/** The row without its digests. */
export const publicClient = ({
  secret: _,
  previousSecret: __,
  sessionId: ___,
  registrationToken: ____,
  documentUntil: _____,
  ...client
}: StoredClient): OAuthClient => client

/** Applications whose users are not asked for their consent are the operator's own. */
export const isOwnApplication = ({
  skipConsent,
}: Pick<OAuthClient, 'skipConsent'>): boolean => skipConsent

/** The port to what users have agreed to. */
export interface Grants {
  /**
   * Redeems an authorization code and opens its session: both or neither, in one transaction. Of concurrent calls one succeeds.
   *
   * @param login stored with it, if the application is notified of sign-outs
   * @returns `false` if the code was redeemed before or has expired, or its user has changed
   */
  redeem(
    code: PresentedCode,
    session: NewSession,
    now: UnixSeconds,
    login?: NewLogin,
  ): Promise<boolean>
}

export interface NewSecret {
  readonly secret: SecretDigest
  /** Until when the current one is accepted. */
  readonly previousUntil: UnixSeconds
  readonly sessionId: SessionId
}

/** The port to applications. Every verb is one statement. */
export interface Clients {
  /** @returns `false` if there is one with this id */
  insert(client: StoredClient): Promise<boolean>
  find(id: string): Promise<StoredClient | undefined>
  /** The newest first. */
  list(): Promise<readonly StoredClient[]>
  /**
   * Replaces the secret, if it still is the one of `client`, and the application is not disabled.
   *
   * @returns whether this call replaced it
   */
  replaceSecret(client: StoredClient, next: NewSecret): Promise<boolean>
  /** Begins another session of the tokens that it has for itself, if it still is the one of `client`. @returns whether this call did */
  replaceSession(client: StoredClient, sessionId: SessionId): Promise<boolean>
  /** Replaces what an application has registered, if its token is still the one of `client`. @returns whether this call did */
  changeRegistered(client: StoredClient): Promise<boolean>
  /** Stores the application of a document, in place of what its document said before. @returns what is stored now */
  storeDocument(client: StoredClient): Promise<StoredClient>
  /**
   * Replaces what is registered of an application, if it still is as `before`.
   *
   * @returns whether this call replaced it
   */
  replace(before: StoredClient, after: StoredClient): Promise<boolean>
  /** @returns `false` if it does not exist or is disabled */
  disable(id: ClientId, now: UnixSeconds): Promise<boolean>
  /** @returns `false` if it does not exist or is not disabled */
  enable(id: ClientId): Promise<boolean>
  /** @returns `false` if it does not exist */
  delete(id: ClientId): Promise<boolean>
  /**
   * Applications that have registered themselves and have no user. A disabled one is not among them: it could register again.
   *
   * @param before those that have registered earlier
   */
  unused(before: UnixSeconds, limit: number): Promise<readonly ClientId[]>
}
