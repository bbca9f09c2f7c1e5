import * as z from 'zod/mini'
import {
  type JsonSchema,
  listOf,
  members,
  orNull,
  type Properties,
  text as string,
} from '../../http/json-schema.ts'
import type { ParsedBody } from '../../http/parsed-body.ts'
import { fieldError } from '../../users/field-errors.ts'

/** Longer than a credential's id can be: 1,023 bytes (WebAuthn Level 3 §4). */
const MAX_ID = 1400

/** Longer than an attestation object without an attestation. */
const MAX_BINARY = 16_384

const text = (max: number) => z.string().check(z.maxLength(max))
const base64url = (max: number) =>
  z.string().check(z.minLength(1), z.maxLength(max), z.regex(/^[\w-]*$/))

const common = { id: base64url(MAX_ID), rawId: text(MAX_ID), type: text(32) }

/** `RegistrationResponseJSON` (WebAuthn Level 3 §5.1): what `credential.toJSON()` returns after `create()`. */
const registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(MAX_BINARY),
    attestationObject: base64url(MAX_BINARY),
    transports: z.optional(z.array(text(32)).check(z.maxLength(16))),
  }),
})

/** `AuthenticationResponseJSON`: the same after `get()`. */
const assertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url(MAX_BINARY),
    authenticatorData: base64url(MAX_BINARY),
    signature: base64url(MAX_BINARY),
    userHandle: z.nullish(base64url(128)),
  }),
})

const BINARY = string(undefined, { pattern: '^[A-Za-z0-9_-]*$' })

const credentialWith = (
  response: Properties,
  required: readonly string[],
  more: Properties,
): JsonSchema =>
  members(
    {
      ...more,
      credential: members(
        {
          id: BINARY,
          rawId: BINARY,
          type: string(),
          response: members(response, required),
        },
        ['id', 'response'],
      ),
    },
    ['credential'],
  )

/** The body that `registrationIn` reads. @param more other members of it */
export const registrationBody = (more: Properties = {}): JsonSchema =>
  credentialWith(
    {
      clientDataJSON: BINARY,
      attestationObject: BINARY,
      transports: listOf(string()),
    },
    ['clientDataJSON', 'attestationObject'],
    more,
  )

/** The body that `assertionIn` reads. @param more other members of it */
export const assertionBody = (more: Properties = {}): JsonSchema =>
  credentialWith(
    {
      clientDataJSON: BINARY,
      authenticatorData: BINARY,
      signature: BINARY,
      userHandle: orNull(BINARY),
    },
    ['clientDataJSON', 'authenticatorData', 'signature'],
    more,
  )

export type RegistrationJson = z.output<typeof registration>
export type AssertionJson = z.output<typeof assertion>

/** @throws AuthError `invalid`, whose body names `credential` */
export const registrationIn = (body: ParsedBody | undefined): RegistrationJson =>
  parsed(registration, body)

/** @throws AuthError `invalid`, whose body names `credential` */
export const assertionIn = (body: ParsedBody | undefined): AssertionJson =>
  parsed(assertion, body)

/** The same in the field of a form, as a text of JSON. @throws AuthError `invalid` */
export const assertionInText = (text: string): AssertionJson =>
  parsed(assertion, credentialOf(text))

export const registrationInText = (text: string): RegistrationJson =>
  parsed(registration, credentialOf(text))

function credentialOf(text: string): ParsedBody {
  const values = new Map<string, unknown>()
  try {
    if (text !== '') values.set('credential', JSON.parse(text))
  } catch {
    values.set('credential', text)
  }
  return { values, repeated: new Set() }
}

function parsed<Output>(schema: z.ZodMiniType<Output>, body: ParsedBody | undefined) {
  const value = body?.values.get('credential')
  if (value === undefined) throw fieldError({ credential: ['This field is required.'] })
  const { data, success } = schema.safeParse(value)
  if (success && body?.repeated.has('credential') !== true) return data
  throw fieldError({ credential: ['Not a valid passkey response.'] })
}

const clientData = z.object({ challenge: text(MAX_ID) })

/** The challenge that the authenticator has signed. @returns an empty one, which is never right, if it cannot be read */
export function challengeOf(credential: RegistrationJson | AssertionJson): string {
  const { clientDataJSON } = credential.response
  try {
    const json = Buffer.from(clientDataJSON, 'base64url').toString()
    return clientData.parse(JSON.parse(json)).challenge
  } catch {
    return ''
  }
}
