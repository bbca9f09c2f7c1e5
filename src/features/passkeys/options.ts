import * as z from 'zod/mini'
import { name, nonEmptyList, switchedSection, withDefault } from '../../schema/shapes.ts'

/** Whether an authenticator must verify its user, by a fingerprint, a face or a PIN (WebAuthn Level 3 §5.8.6). */
export type UserVerification = 'required' | 'preferred' | 'discouraged'

/** The option `passkeys`. */
export interface PasskeyOptions {
  /**
   * The name of the application that some browsers show.
   *
   * @default the value of `rpId`
   */
  readonly rpName?: string
  /**
   * The domain that passkeys belong to: that of the pages, or one above it. Another one later makes all passkeys void.
   *
   * @default the host of `url`
   */
  readonly rpId?: string
  /**
   * The origins of the pages that use passkeys, such as `"https://app.example.com"`.
   *
   * @default the origin of `url`
   */
  readonly origins?: readonly string[]
  /**
   * Whether the authenticator must check its user by a fingerprint, a face or a PIN. With any value but `"required"`, a passkey that
   * did not is one factor and not two.
   *
   * @default "required"
   */
  readonly userVerification?: UserVerification
}

/** The option `passkeys`, parsed; `undefined` if it is off. What is left out comes from `url`. */
export interface PasskeySettings {
  readonly rpName?: string | undefined
  readonly rpId?: string | undefined
  readonly origins?: readonly string[] | undefined
  readonly userVerification: UserVerification
}

/** A web origin, or that of an Android app, which has no address. */
const passkeyOrigin = () =>
  z
    .string()
    .check(
      z.refine(
        (text) =>
          /^android:apk-key-hash:[\w-]+$/.test(text) || URL.parse(text)?.origin === text,
        'must be an origin such as "https://app.example.com"',
      ),
    )

const passkeyMembers = () => ({
  rpName: z.exactOptional(name),
  rpId: z.exactOptional(
    z.string().check(z.regex(/^[a-z\d.-]+$/, 'must be a domain such as "example.com"')),
  ),
  origins: z.exactOptional(nonEmptyList(passkeyOrigin())),
  userVerification: withDefault(
    z.enum(['required', 'preferred', 'discouraged']),
    'required',
  ),
})

export const passkeyOptions = switchedSection<PasskeyOptions>()(
  passkeyMembers,
  'must be true, false or { rpName, rpId, origins, userVerification }',
)
