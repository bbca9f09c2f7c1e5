import * as z from 'zod/mini'
import { switchedSection, withDefault } from '../../schema/shapes.ts'

/** The option `dpop`. */
export interface DpopOptions {
  /**
   * Whether every sign-in that issues tokens needs a proof. Otherwise the tokens of one without are not bound.
   *
   * @default false
   */
  readonly required?: boolean
  /**
   * Whether proofs need a nonce of the server, which it sends in the header `DPoP-Nonce`: a proof cannot be made in advance then. Also for
   * applications.
   *
   * @default false
   */
  readonly nonces?: boolean
}

/** The option `dpop`, parsed. */
export interface DpopSettings {
  readonly required: boolean
  readonly nonces: boolean
}

const members = () =>
  ({
    required: withDefault(z.boolean(), false),
    nonces: withDefault(z.boolean(), false),
  }) satisfies Record<keyof DpopOptions, z.ZodMiniType>

export const dpopOptions: z.ZodMiniType<
  DpopSettings | undefined,
  boolean | DpopOptions | undefined
> = switchedSection<DpopOptions>()(members, 'must be true, false or { required, nonces }')
