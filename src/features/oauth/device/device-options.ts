import * as z from 'zod/mini'
import { withDefault } from '../../../schema/shapes.ts'

export interface DeviceOptions {
  /**
   * Whether devices without a browser may get tokens (RFC 8628): their users enter a code on another device.
   *
   * @default false
   */
  readonly device?: boolean
}

export interface DeviceSettings {
  readonly device: boolean
}

export const deviceOptions = () =>
  ({ device: withDefault(z.boolean(), false) }) satisfies Record<
    keyof DeviceOptions,
    z.ZodMiniType
  >

/** The path beside that of the consent page: `/oauth/device`. */
export const devicePath = (authorizePath: string): string =>
  authorizePath.replace(/[^/]*\/?$/, 'device')
