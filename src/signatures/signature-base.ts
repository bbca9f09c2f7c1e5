import { type Parameters, serializeParameters } from 'structured-headers'
import {
  type Component,
  componentValue,
  type FieldTypes,
  identifierOf,
} from './components.ts'
import { SignatureError, type SignedMessage } from './message.ts'

/** The members of `Signature-Input` that are signed (RFC 9421 §2.3). */
export interface SignatureInput {
  readonly components: readonly Component[]
  readonly params: Parameters
  /** Both as they were received, if that is also how they are serialized. */
  readonly serialized?: string | undefined
}

/** As it stands in `Signature-Input`. */
export const serializeInput = ({ components, params }: SignatureInput): string =>
  inputWith(components.map(identifierOf), params)

const inputWith = (identifiers: readonly string[], params: Parameters): string =>
  `(${identifiers.join(' ')})${serializeParameters(params)}`

/** The text that is signed (RFC 9421 §2.5). @throws SignatureError */
export function signatureBase(
  input: SignatureInput,
  message: SignedMessage,
  types?: FieldTypes,
): string {
  const identifiers = input.components.map(identifierOf)
  if (new Set(identifiers).size < identifiers.length)
    throw new SignatureError('A component is covered twice.')
  const lines = input.components.map(
    (component, i) => `${identifiers[i]}: ${componentValue(component, message, types)}`,
  )
  const { serialized = inputWith(identifiers, input.params) } = input
  return [...lines, `"@signature-params": ${serialized}`].join('\n')
}
