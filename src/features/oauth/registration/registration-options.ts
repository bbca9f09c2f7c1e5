import * as z from 'zod/mini'
import { withDefault } from '../../../schema/shapes.ts'
import { isScope } from '../scope.ts'

/** Fetches the document of an application: the address is its `client_id`. */
export type FetchDocument = (address: string) => Promise<unknown>

export interface RegistrationOptions {
  /**
   * Whether applications may register themselves (RFC 7591): `"token"`, with an initial access token of `watchword client
   * registration-token`; `"open"`, everybody may.
   *
   * @default false
   */
  readonly registration?: 'token' | 'open' | false
  /**
   * Whether applications may use the address of a document about themselves as `client_id` (Client ID Metadata Documents), as MCP clients do.
   * A function fetches the document in your way, such as through a proxy; by default only public addresses are fetched.
   *
   * @default false
   */
  readonly clientDocuments?: boolean | FetchDocument
  /**
   * The scopes that such applications may ask for, besides those of OpenID Connect.
   *
   * @default []
   */
  readonly registrationScopes?: readonly string[]
}

export interface RegistrationSettings {
  readonly registration: 'token' | 'open' | false
  readonly clientDocuments: boolean | FetchDocument
  readonly registrationScopes: readonly string[]
}

const scope = () =>
  z.string().check(z.refine(isScope, 'must be a scope such as "notes:read"'))

export const registrationOptions = () =>
  ({
    registration: withDefault(
      z.union([z.literal('token'), z.literal('open'), z.literal(false)], {
        error: 'must be "token", "open" or false',
      }),
      false,
    ),
    clientDocuments: withDefault(
      z.union(
        [z.boolean(), z.custom<FetchDocument>((value) => typeof value === 'function')],
        { error: 'must be true, false or a function that fetches a document' },
      ),
      false,
    ),
    registrationScopes: withDefault(z.array(scope()), []),
  }) satisfies Record<keyof RegistrationOptions, z.ZodMiniType>
