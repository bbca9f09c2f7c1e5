import { systemRandom } from '../base/random.ts'
import type { RequestContext } from '../base/request-context.ts'
import { truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import { REQUEST_ID, requestIdOf } from '../http/request-id.ts'

export interface ProxySettings {
  readonly addressOf: (request: AuthRequest) => string
  /** Whether a proxy in front of the server may name the request's id. */
  readonly behindProxy: boolean
}

/** The context of a request that the instance answers. Its fields are computed on first use. */
export class IncomingRequestContext implements RequestContext {
  readonly #request: AuthRequest
  readonly #settings: ProxySettings
  readonly actor: string | undefined
  #id: string | undefined

  /** @param around the context of the server or program that received it */
  constructor(
    request: AuthRequest,
    settings: ProxySettings,
    around: RequestContext | undefined,
  ) {
    this.#request = request
    this.#settings = settings
    this.#id = around?.requestId
    this.actor = around?.actor
  }

  get requestId(): string {
    this.#id ??= requestIdOf(this.#sentId(), systemRandom)
    return this.#id
  }

  /** The id that the proxy has sent. Without a proxy, a client could choose it. */
  #sentId(): string | undefined {
    if (!this.#settings.behindProxy) return undefined
    return this.#request.header(REQUEST_ID)
  }

  get address(): string {
    return truncateAddress(this.#settings.addressOf(this.#request))
  }
}
