import * as z from 'zod/mini'
import { withDefault } from '../../../schema/shapes.ts'

export interface ImplicitOptions {
  /**
   * The `client_id` of each old application that gets its access token in the address (`response_type=token`). OAuth 2.1 has no such grant:
   * the token stands in the history of the browser, and any script of the page reads it. Let the application send PKCE instead.
   *
   * @default []
   */
  readonly implicitGrant?: readonly string[]
}

export interface ImplicitSettings {
  readonly implicitGrant: readonly string[]
}

const clientId = () => z.string().check(z.minLength(1, 'must not be empty'))

export const implicitOptions = () =>
  ({
    implicitGrant: withDefault(z.array(clientId()), []),
  }) satisfies Record<keyof ImplicitOptions, z.ZodMiniType>
