import type { Identity } from '../authentication/scheme.ts'
import type { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import type { User } from '../users/user.ts'
import { denialError } from './denial-error.ts'
import type { Permission } from './permission.ts'
import type { Rights } from './rights.ts'

/**
 * Who sends a request, and what they may do. Behind a guard that lets anybody through, `user` may be `undefined`.
 *
 * `Right` is what `can` may be asked: the permission strings of the instance's roles, and `role:` before their names. `in` and
 * `out` are written here and at `Ask` because the two name each other: left to itself the compiler takes one or the other on
 * trust, whichever it comes to first, and lets a misspelled permission string through.
 */
export interface Principal<out U = User, in Right extends string = string>
  extends Identity<U> {
  readonly scopes: readonly string[]
  /** Whether the user has a permission string (`posts.change`) or a role (`role:editor`). Superusers have every permission. */
  readonly can: (right: Right) => boolean
  /**
   * Asks a permission about a thing: `await request.auth.authorize(mayEdit, note)`.
   *
   * @throws AuthError `permission_denied` and what else the permission answers with; guards turn it into the answer
   */
  authorize<Resource>(
    permission: Permission<Resource, U, Right>,
    resource: Resource,
  ): Promise<void>
}

/** What a principal is judged in: the rights of its instance, the refusals of its route. */
export interface PrincipalContext {
  readonly rights: Rights
  /** A refusal as the route says it, with its challenges; the operator is told where that is wanted. */
  readonly toRouteError: (
    error: AuthError,
    request: AuthRequest,
    who: Identity<unknown> | undefined,
  ) => AuthError
}

export class RequestPrincipal<U> implements Principal<U, string> {
  readonly user: U
  readonly scheme: string
  readonly token: Identity['token']
  readonly sessionId: Identity['sessionId']
  readonly credential: Identity['credential']
  readonly scopes: readonly string[]
  readonly #bounds: PrincipalContext
  readonly #request: AuthRequest

  constructor(identity: Identity<U>, bounds: PrincipalContext, request: AuthRequest) {
    const { user, scheme, token, sessionId, credential, scopes = NONE } = identity
    this.user = user
    this.scheme = scheme
    this.token = token
    this.sessionId = sessionId
    this.credential = credential
    this.scopes = scopes
    this.#bounds = bounds
    this.#request = request
  }

  can(right: string): boolean {
    return this.#bounds.rights(this.user, right)
  }

  async authorize<Resource>(
    permission: Permission<Resource, U, string>,
    resource: Resource,
  ): Promise<void> {
    const identity = this.user === undefined ? undefined : this
    const decision = await permission({ identity, request: this.#request, resource })
    if (decision.granted === true) return
    throw this.#bounds.toRouteError(
      denialError(decision, identity, this.#request),
      this.#request,
      identity,
    )
  }
}
const NONE: readonly string[] = []
