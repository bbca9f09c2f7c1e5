import * as z from 'zod/mini'
import { withDefault } from '../../../schema/shapes.ts'

export interface ParOptions {
  /**
   * Whether every application must push its authorization requests to `/oauth/par` first (RFC 9126), so that nothing of them stands in the
   * address of the consent page.
   *
   * @default false
   */
  readonly requirePushedAuthorizationRequests?: boolean
}

export interface ParSettings {
  readonly requirePushedAuthorizationRequests: boolean
}

export const parOptions = () =>
  ({
    requirePushedAuthorizationRequests: withDefault(z.boolean(), false),
  }) satisfies Record<keyof ParOptions, z.ZodMiniType>
