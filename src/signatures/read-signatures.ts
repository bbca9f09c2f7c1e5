import { isInnerList, serializeInnerList } from 'structured-headers'
import { type Component, checkCovered, componentOf } from './components.ts'
import { type Field, fieldValue, SignatureError } from './message.ts'
import { plainSignature } from './plain-signature.ts'
import type { ReadSignature } from './signature-base.ts'
import { dictionaryOf } from './structured-fields.ts'

/** More are refused before any of them costs something. */
const MOST_SIGNATURES = 4
const LONGEST = 16_384

/** The signatures of a message. @throws SignatureError as `signaturesIn` */
export const readSignatures = (fields: readonly Field[]): readonly ReadSignature[] =>
  signaturesIn(fieldValue(fields, 'signature-input'), fieldValue(fields, 'signature'))

/**
 * The signatures of a message (RFC 9421 §4), by the values of its fields `Signature-Input` and `Signature`.
 *
 * @returns none if it has neither field
 * @throws SignatureError if a field is malformed, or a label stands in one of the two
 */
export function signaturesIn(
  input: string | undefined,
  signature: string | undefined,
): readonly ReadSignature[] {
  if (input === undefined && signature === undefined) return []
  if (input === undefined || signature === undefined)
    throw new SignatureError('One of Signature and Signature-Input is missing.')
  if (input.length + signature.length > LONGEST)
    throw new SignatureError('Signature and Signature-Input are too long.')
  const plain = plainSignature(input, signature)
  return plain === undefined ? parseSignatures(input, signature) : [plain]
}

/** The same by the parser of structured fields, in whatever form. @throws SignatureError */
export function parseSignatures(
  input: string,
  signature: string,
): readonly ReadSignature[] {
  const inputs = dictionaryOf(input)
  const signatures = dictionaryOf(signature)
  if (inputs.size > MOST_SIGNATURES)
    throw new SignatureError(`There are more than ${MOST_SIGNATURES} signatures.`)
  const unmatched = [...inputs.keys(), ...signatures.keys()].some(
    (label) => !inputs.has(label) || !signatures.has(label),
  )
  if (unmatched)
    throw new SignatureError(
      'A label stands in one of Signature and Signature-Input only.',
    )
  return [...inputs].map(([label, member]) =>
    readSignature(label, member, signatures.get(label)?.[0]),
  )
}

function readSignature(label: string, member: unknown, value: unknown): ReadSignature {
  const list = member as Parameters<typeof isInnerList>[0]
  if (!isInnerList(list)) throw new SignatureError('Signature-Input must be inner lists.')
  if (!(value instanceof ArrayBuffer))
    throw new SignatureError('Signature must be byte sequences.')
  const [items, params] = list
  const components = items.map(readComponent)
  checkCovered(components)
  return {
    label,
    components,
    serialized: serializeInnerList(list),
    created: integer(params.get('created')),
    expires: integer(params.get('expires')),
    nonce: text(params.get('nonce')),
    alg: text(params.get('alg')),
    keyid: text(params.get('keyid')),
    tag: text(params.get('tag')),
    bytes: new Uint8Array(value),
  }
}

function readComponent([name, params]: readonly [
  unknown,
  Component['params'],
]): Component {
  if (typeof name !== 'string') throw new SignatureError('Components must be strings.')
  return componentOf(name, params)
}

function integer(value: unknown): number | undefined {
  if (value === undefined || Number.isInteger(value)) return value as number | undefined
  throw new SignatureError('created and expires must be integers.')
}

function text(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new SignatureError('nonce, alg, keyid and tag must be strings.')
}
