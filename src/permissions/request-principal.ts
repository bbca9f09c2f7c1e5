import type { Identity } from '../authentication/scheme.ts'
import type { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import { causedBy, denialError } from './denial-error.ts'
import type { Permission, Principal } from './permission.ts'
import type { Rights } from './rights.ts'

export interface PrincipalDeps {
  readonly rights: Rights
  /** Adds the challenges of the route's schemes to an error, and logs it if the option `explain` is on. */
  readonly toRouteError: (
    error: AuthError,
    request: AuthRequest,
    identity: Identity<unknown> | undefined,
  ) => AuthError
}

export class RequestPrincipal<U> implements Principal<U, string> {
  readonly user: U
  readonly scheme: string
  readonly token: Identity['token']
  readonly sessionId: Identity['sessionId']
  readonly actor: Identity['actor']
  readonly credential: Identity['credential']
  readonly client: Identity['client']
  readonly scopes: readonly string[]
  readonly signature: Identity['signature']
  readonly #deps: PrincipalDeps
  readonly #request: AuthRequest

  constructor(identity: Identity<U>, deps: PrincipalDeps, request: AuthRequest) {
    const { user, scheme, token, sessionId, credential, scopes = NO_SCOPES } = identity
    this.user = user
    this.scheme = scheme
    this.token = token
    this.sessionId = sessionId
    this.actor = identity.actor ?? actorIn(token)
    this.credential = credential
    this.client = identity.client
    this.scopes = scopes
    this.signature = identity.signature
    this.#deps = deps
    this.#request = request
  }

  can(right: string): boolean {
    return this.#deps.rights(this.user, right, this.scopes)
  }

  async authorize<Resource>(
    permission: Permission<Resource, U, string>,
    resource: Resource,
  ): Promise<void> {
    const request = this.#request
    const identity = isAnonymous(this) ? undefined : this
    const decision = await permission({ identity, request, resource })
    if (decision.granted === true) return
    const denial = { permission, decision }
    const error = causedBy(denial, denialError(decision, identity, request))
    throw this.#deps.toRouteError(error, request, identity)
  }
}

/** An application that comes for itself has no user. */
const isAnonymous = ({ user, client }: RequestPrincipal<unknown>): boolean =>
  user === undefined && client === undefined

/** Who acts, by the claim `act` (RFC 8693 §4.1). One that another issuer wrote may name him otherwise. */
function actorIn(token: Identity['token']): string | undefined {
  const act = token?.act
  if (typeof act !== 'object' || act === null) return undefined
  const { sub } = act as { readonly sub?: unknown }
  if (typeof sub === 'string') return sub
  return 'unknown'
}

const NO_SCOPES: readonly string[] = []
