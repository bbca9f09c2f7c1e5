import type { Identity } from '../authentication/scheme.ts'
import type { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import { denialError } from './denial-error.ts'
import type { Permission, Principal } from './permission.ts'
import type { Rights } from './rights.ts'

/** What a principal is judged in: the rights of its instance, the refusals of its route. */
export interface PrincipalDeps {
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
  readonly apiToken: Identity['apiToken']
  readonly scopes: readonly string[]
  readonly #bounds: PrincipalDeps
  readonly #request: AuthRequest

  constructor(identity: Identity<U>, bounds: PrincipalDeps, request: AuthRequest) {
    const { user, scheme, token, sessionId, apiToken, scopes = NONE } = identity
    this.user = user
    this.scheme = scheme
    this.token = token
    this.sessionId = sessionId
    this.apiToken = apiToken
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
