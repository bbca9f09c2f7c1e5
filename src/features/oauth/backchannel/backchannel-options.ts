import * as z from 'zod/mini'
import { withDefault } from '../../../schema/shapes.ts'

export interface BackchannelOptions {
  /**
   * Whether applications may be notified of a sign-out at private addresses, and by http: for those of your own network.
   *
   * @default false
   */
  readonly logoutToPrivateAddresses?: boolean
}

export interface BackchannelSettings {
  readonly logoutToPrivateAddresses: boolean
}

export const backchannelOptions = () =>
  ({
    logoutToPrivateAddresses: withDefault(z.boolean(), false),
  }) satisfies Record<keyof BackchannelOptions, z.ZodMiniType>
