import { isInnerList } from 'structured-headers'
import type { Component } from './components.ts'
import { type Field, fieldValue, SignatureError } from './message.ts'
import type { plainSignature } from './plain-signature.ts'
import type { SignatureInput } from './signature-base.ts'
import { dictionaryOf } from './structured-fields.ts'

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

/** More are refused before any of them costs something. */
const MOST_SIGNATURES = 4
const MOST_COMPONENTS = 64
const LONGEST = 16_384

/**
 * The signatures of a message (RFC 9421 §4).
 *
 * @param readPlain `plainSignature`, where time counts more than the size of the code
 * @returns none if it has neither field
 * @throws SignatureError if a field is malformed, or a label stands in one of the two
 */
export function readSignatures(
  fields: readonly Field[],
  readPlain?: typeof plainSignature,
): readonly ReadSignature[] {
  const input = fieldValue(fields, 'signature-input')
  const signature = fieldValue(fields, 'signature')
  if (input === undefined && signature === undefined) return []
  if (input === undefined || signature === undefined)
    throw new SignatureError('One of Signature and Signature-Input is missing.')
  if (input.length + signature.length > LONGEST)
    throw new SignatureError('Signature and Signature-Input are too long.')
  const plain = readPlain?.(input, signature)
  if (plain !== undefined)
    return [readSignature(plain.label, plain.list, plain.bytes, plain.serialized)]
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

function readSignature(
  label: string,
  member: unknown,
  value: unknown,
  serialized?: string,
): ReadSignature {
  const list = member as Parameters<typeof isInnerList>[0]
  if (!isInnerList(list)) throw new SignatureError('Signature-Input must be inner lists.')
  if (!(value instanceof ArrayBuffer))
    throw new SignatureError('Signature must be byte sequences.')
  const [items, params] = list
  if (items.length > MOST_COMPONENTS)
    throw new SignatureError(
      `A signature covers more than ${MOST_COMPONENTS} components.`,
    )
  return {
    label,
    components: items.map(readComponent),
    params,
    serialized,
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
  return { name, params }
}

function integer(value: unknown): number | undefined {
  if (value === undefined || Number.isInteger(value)) return value as number | undefined
  throw new SignatureError('created and expires must be integers.')
}

function text(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new SignatureError('nonce, alg, keyid and tag must be strings.')
}
