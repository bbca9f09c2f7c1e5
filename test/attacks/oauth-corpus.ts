import type { Members } from '../members.ts'
import type { Text } from './corpus.ts'

/** What a proof says other than a right one. */
export interface ProofChange {
  /** `jwk` may be one of the names of `JWKS` in `dpop.ts`. A member that is `null` is left out. */
  readonly header?: { readonly [name: string]: unknown }
  /** `{"$now": -61}`: a minute ago. A member that is `null` is left out. */
  readonly claims?: { readonly [name: string]: unknown }
  readonly signedBy?: 'another key' | 'nothing' | 'the public key as a secret'
  /** In place of the proof; `{proof}` stands for it. */
  readonly text?: Text
}

/** Requests with a DPoP proof (RFC 9449). */
export interface DpopAttack {
  /** Default: a route of an API. */
  readonly at?: 'token' | 'refresh' | 'par' | 'userinfo'
  /** A header each. Default: one that is right. */
  readonly proofs?: readonly ProofChange[]
  /** Default: bound to the key of the proof. */
  readonly token?: 'bound to no key' | 'bound to another key'
  /** Default `DPoP`. */
  readonly scheme?: string
  /** How often the same request is sent; the last answer counts. Default 1. */
  readonly times?: number
  /** Whether proofs need a nonce of the server. */
  readonly nonces?: boolean
  readonly http: Statuses
}

/** Authorization requests that are pushed (RFC 9126) and then opened in the browser of a user. */
export interface PushedAttack {
  readonly by?:
    | 'a public application'
    | 'a machine'
    | 'a disabled application'
    | 'nobody registered'
    | 'a wrong secret'
    | 'the name alone'
  /** A list: the parameter is sent more than once; `null`: it is left out. */
  readonly pushed?: Fields
  /** Parameters of the consent page besides `client_id` and `request_uri`, or in place of them. */
  readonly beside?: Fields
  /** Seconds after which the page is opened. */
  readonly age?: number
  /** How often the page is opened. */
  readonly times?: number
  /** Another application opens the page first, with the same reference. */
  readonly openedByAnother?: boolean
  readonly http: Statuses
}

/** What applications say of themselves (RFC 7591), and do with their registrations (RFC 7592). */
export interface RegistrationAttack {
  /** Default `POST`; the others are for one that has registered. */
  readonly method?: 'GET' | 'PUT' | 'DELETE'
  /** Changes of a right document. A member that is `null` is left out. */
  readonly metadata?: { readonly [name: string]: unknown }
  /** In place of the whole document. */
  readonly body?: Text
  readonly token?:
    | 'none'
    | 'used'
    | 'of another application'
    | 'an access token'
    | 'in the address'
    | 'of the initial access'
  readonly http: Statuses
  /** What is registered then. */
  readonly registered?: { readonly [name: string]: unknown }
}

/** Addresses that are notified of sign-outs. */
export interface LogoutAttack {
  readonly uri: string
  /** The addresses of its name. */
  readonly resolves?: readonly string[]
  readonly answer?: { readonly status: number; readonly location?: string }
}

/** Applications that publish their keys at an address, and tokens that they sign with them (RFC 7523). */
export interface ClientKeysAttack {
  /** Default: one that is right. */
  readonly uri?: string
  /** The addresses of its name. Default: one that is public. */
  readonly resolves?: readonly string[]
  readonly answer?: {
    /** Default 200. */
    readonly status?: number
    readonly location?: string
    /** Default: a set of `keys`. `{key}` stands for the key of the application. */
    readonly body?: Text
  }
  /**
   * What is published: names of `KEYS` in `client-keys.ts`, or a key with other members: `{"of": "the key", "use": "enc"}`. Default: the key
   * of the application.
   */
  readonly keys?: readonly unknown[]
  readonly assertion?: AssertionChange
  /** The `client_id` beside the assertion. Default: none. */
  readonly beside?: 'the application' | 'another application'
  /** How often the assertion is sent; the last answer counts. Default 1. */
  readonly times?: number
  /** How often the server of the application was reached. */
  readonly connections?: number
}

/** What an assertion says other than a right one. `{client}` and `{other}` stand for applications, `{issuer}` for the server. */
export interface AssertionChange {
  /** A member that is `null` is left out. */
  readonly header?: { readonly [name: string]: unknown }
  /** `{"$now": -61}`: a minute ago. A member that is `null` is left out. */
  readonly claims?: { readonly [name: string]: unknown }
  /** A name of `KEYS`, `nothing`, or `the public key as a secret`. Default: the key of the application. */
  readonly signedBy?: string
  /** In place of the assertion; `{header}`, `{claims}` and `{signature}` stand for its parts. */
  readonly text?: Text
}

/** Exchanges of tokens (RFC 8693). Without changes, a service exchanges the token of a user for one of another service. */
export interface ExchangeAttack {
  readonly by?:
    | 'the application of the token'
    | 'another service'
    | 'a service without the grant'
    | 'a service with a wrong secret'
    | 'a service by its name alone'
    | 'a service that is disabled'
    | 'an own service that is the instance'
    | 'a service that is the instance'
  /** The subject token. */
  readonly subject?: SubjectName
  readonly actor?: 'itself' | 'another service' | SubjectName
  /** In place of the subject token; `{header}`, `{claims}` and `{signature}` stand for its parts. */
  readonly text?: Text
  /** Other parameters. A list: sent more than once; `null`: left out. */
  readonly fields?: Fields
  /** What happens between the issue of the tokens and the exchange. */
  readonly after?:
    | 'the session ends'
    | 'the user is deactivated'
    | 'the user is deleted'
    | 'the first application is disabled'
    | 'the rule of the instance refuses the user'
    | 'four minutes'
    | 'five minutes'
    | 'the scope is taken from the service'
    | 'the audience is taken from the service'
  /** Services that exchange the token before, one after the other, each with itself as actor. */
  readonly before?: number
  /** The claim `may_act` of the subject token; `{service}` stands for the one that asks. */
  readonly mayAct?: unknown
  /** The option `tokens.leeway`, in seconds. */
  readonly leeway?: number
  /** The proof of a key (DPoP), if the subject token is bound to one. */
  readonly proof?: 'of its key' | 'of another key' | 'none'
  readonly http: Statuses
  /** Claims of the new token; `{service}` stands for the one that asks. */
  readonly claims?: { readonly [name: string]: unknown }
}

export type SubjectName =
  | 'for another service'
  | 'for the instance'
  | 'of a sign-in'
  | 'a refresh token'
  | 'an ID token'
  | "of the service's own"
  | "of another service's own"
  | 'an API token'
  | 'of another instance'

interface Statuses {
  readonly status: readonly number[]
}

interface Fields {
  readonly [name: string]: string | readonly string[] | null
}

export interface OAuthKinds {
  readonly dpop: DpopAttack
  readonly pushed_request: PushedAttack
  readonly registration: RegistrationAttack
  readonly logout_address: LogoutAttack
  readonly client_keys: ClientKeysAttack
  readonly token_exchange: ExchangeAttack
}

export const OAUTH_MEMBERS: { readonly [K in keyof OAuthKinds]: Members<OAuthKinds[K]> } =
  {
    dpop: {
      at: true,
      proofs: true,
      token: true,
      scheme: true,
      times: true,
      nonces: true,
      http: true,
    },
    pushed_request: {
      by: true,
      pushed: true,
      beside: true,
      age: true,
      times: true,
      openedByAnother: true,
      http: true,
    },
    registration: {
      method: true,
      metadata: true,
      body: true,
      token: true,
      http: true,
      registered: true,
    },
    logout_address: { uri: true, resolves: true, answer: true },
    client_keys: {
      uri: true,
      resolves: true,
      answer: true,
      keys: true,
      assertion: true,
      beside: true,
      times: true,
      connections: true,
    },
    token_exchange: {
      by: true,
      subject: true,
      actor: true,
      text: true,
      fields: true,
      after: true,
      before: true,
      mayAct: true,
      leeway: true,
      proof: true,
      http: true,
      claims: true,
    },
  }

/** The file with cases of these kinds. */
export const OAUTH_CORPUS = new URL('../data/vectors/attacks-oauth.json', import.meta.url)
