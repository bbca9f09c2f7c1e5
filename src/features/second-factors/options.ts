import * as z from 'zod/mini'
import { name, section, withDefault } from '../../schema/shapes.ts'

/** The option `secondFactors`. */
export interface SecondFactorOptions {
  /**
   * The name that authenticator apps show.
   *
   * @default "watchword"
   */
  readonly issuer?: string
  /**
   * Roles whose users need a second factor; `"staff"` and `"superuser"` are the flags. A user without one adds it while signing in.
   *
   * @default []
   */
  readonly required?: readonly string[]
}

/** The option `secondFactors`, parsed; `undefined` if it is off. */
export interface SecondFactorSettings {
  readonly issuer: string
  readonly required: readonly string[]
}

const members = section<SecondFactorOptions>()({
  issuer: withDefault(name, 'watchword'),
  required: withDefault(z.array(name), []),
})

const MESSAGE = 'must be true, false or { issuer, required }'

export const secondFactorOptions: z.ZodMiniType<
  SecondFactorSettings | undefined,
  boolean | SecondFactorOptions | undefined
> = z.pipe(
  z.union([z.optional(z.boolean()), members], MESSAGE),
  z.transform((option) => {
    if (option === true) return { issuer: 'watchword', required: [] }
    return option === false ? undefined : option
  }),
)
