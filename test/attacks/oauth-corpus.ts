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
  }

/** The file with cases of these kinds. */
export const OAUTH_CORPUS = new URL('../data/vectors/attacks-oauth.json', import.meta.url)
