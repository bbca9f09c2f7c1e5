import { systemRandom } from '../base/random.ts'
import type { RequestContext } from '../base/request-context.ts'
import { truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import { REQUEST_ID, requestIdOf } from '../http/request-id.ts'
import type { Settings } from '../settings/settings.ts'

/** That a request is answered. What nobody writes down is not found out. */
export class IncomingRequestContext implements RequestContext {
  readonly #request: AuthRequest
  readonly #settings: Pick<Settings, 'addressOf' | 'behindProxy'>
  readonly actor: string | undefined
  #id: string | undefined

  /** @param around the occasion on which it came, which may have a name for it */
  constructor(
    request: AuthRequest,
    settings: Pick<Settings, 'addressOf' | 'behindProxy'>,
    around: RequestContext | undefined,
  ) {
    this.#request = request
    this.#settings = settings
    this.#id = around?.requestId
    this.actor = around?.actor
  }

  get requestId(): string {
    const sent = this.#settings.behindProxy ? this.#request.header(REQUEST_ID) : undefined
    this.#id ??= requestIdOf(sent, systemRandom)
    return this.#id
  }

  get address(): string {
    return truncateAddress(this.#settings.addressOf(this.#request))
  }
}
