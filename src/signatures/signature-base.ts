import { type Parameters, serializeParameters } from 'structured-headers'
import {
  type Component,
  checkCovered,
  componentValue,
  type FieldTypes,
} from './components.ts'
import type { SignedMessage } from './message.ts'

/** What a signature covers (RFC 9421 §2.3). */
export interface SignatureInput {
  readonly components: readonly Component[]
  /** With the parameters, as it stands in `Signature-Input`. */
  readonly serialized: string
}

/** A signature that a message has. */
export interface ReadSignature extends SignatureInput {
  /** Chosen by the signer; it carries no meaning (RFC 9421 §4.1). */
  readonly label: string
  /** Seconds since 1970. */
  readonly created: number | undefined
  readonly expires: number | undefined
  readonly nonce: string | undefined
  readonly alg: string | undefined
  readonly keyid: string | undefined
  /** What the signature is for, by agreement of the parties. */
  readonly tag: string | undefined
  readonly bytes: Uint8Array
}

/** The input of a signature to be made. @throws SignatureError as `checkCovered` */
export function signatureInput(
  components: readonly Component[],
  params: Parameters,
): SignatureInput {
  checkCovered(components)
  const identifiers = components.map(({ identifier }) => identifier)
  const serialized = `(${identifiers.join(' ')})${serializeParameters(params)}`
  return { components, serialized }
}

/** The text that is signed (RFC 9421 §2.5). @throws SignatureError */
export function signatureBase(
  { components, serialized }: SignatureInput,
  message: SignedMessage,
  types?: FieldTypes,
): string {
  let base = ''
  for (const component of components)
    base += `${component.identifier}: ${componentValue(component, message, types)}\n`
  return `${base}"@signature-params": ${serialized}`
}
