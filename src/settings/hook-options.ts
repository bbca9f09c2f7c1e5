import * as z from 'zod/mini'
import type { Awaitable } from '../base/awaitable.ts'
import type { AuthRequest } from '../http/request.ts'
import { functionOf, section } from '../schema/shapes.ts'
import type { User } from '../users/user.ts'

/** The option `on`: functions that are called when something happened. An error in one is logged and changes no answer. */
export interface Hooks {
  /**
   * A user signed in, at an endpoint or by `auth.signIn`; credentials that each request brings, as those of `basic()`, are no sign-in.
   *
   * @django ON_LOGIN_SUCCESS
   */
  readonly signedIn?: (event: SignInEvent) => Awaitable<void>
  /**
   * A sign-in with a password failed; the password is masked.
   *
   * @django ON_LOGIN_FAILED
   */
  readonly signInFailed?: (event: SignInFailedEvent) => Awaitable<void>
  /** A session was revoked by its user, who is not named if another has the id since. */
  readonly signedOut?: (event: SessionEvent) => Awaitable<void>
  /** A spent refresh token came back. */
  readonly reuseDetected?: (event: SessionEvent) => Awaitable<void>
}

export interface SignInEvent {
  readonly user: User
  /** `undefined` if a program signed the user in. */
  readonly request: AuthRequest | undefined
  /** How the user proved who they are: values of `amr` (RFC 8176 §2), such as `pwd`. */
  readonly methods: readonly string[]
  /** The id of the user who signed in as this one. */
  readonly actor: string | undefined
}

export interface SignInFailedEvent {
  readonly credentials: object
  readonly request: AuthRequest | undefined
}

export interface SessionEvent {
  readonly sessionId: string
  readonly userId: string | undefined
}

export const hookOptions = section<Hooks>()({
  signedIn: z.exactOptional(functionOf<NonNullable<Hooks['signedIn']>>()),
  signInFailed: z.exactOptional(functionOf<NonNullable<Hooks['signInFailed']>>()),
  signedOut: z.exactOptional(functionOf<NonNullable<Hooks['signedOut']>>()),
  reuseDetected: z.exactOptional(functionOf<NonNullable<Hooks['reuseDetected']>>()),
} satisfies Record<keyof Hooks, z.ZodMiniType>)
