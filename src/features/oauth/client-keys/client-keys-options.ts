import * as z from 'zod/mini'

/** Fetches the key set of an application: the address is the one that it has registered. */
export type FetchKeys = (address: string) => Promise<unknown>

export interface ClientKeysOptions {
  /**
   * Fetches the key sets of applications that have registered an address (`jwksUri`) in your way, such as through a proxy.
   *
   * @default "only https and public addresses"
   */
  readonly fetchClientKeys?: FetchKeys
}

export interface ClientKeysSettings {
  readonly fetchClientKeys?: FetchKeys | undefined
}

export const clientKeysOptions = () =>
  ({
    fetchClientKeys: z.optional(
      z.custom<FetchKeys>((value) => typeof value === 'function', {
        error: 'must be a function that fetches a key set',
      }),
    ),
  }) satisfies Record<keyof ClientKeysOptions, z.ZodMiniType>
