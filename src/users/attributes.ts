import { strictJson, tagOf } from '../base/json-value.ts'
import { isStorable } from '../base/storable.ts'

type Attributes = Readonly<Record<string, unknown>>

export const UNSTORABLE = 'Null characters and lone surrogates are not allowed.'

/** Attributes as they will be read again. @returns a message instead if JSON or a database cannot hold them */
export function parseAttributes(attributes: unknown): Attributes | string {
  if (tagOf(attributes) !== 'Object') return 'Expected an object.'
  try {
    const json = strictJson(attributes as object, { refuse })
    const parsed: Attributes = JSON.parse(json, storableOnly)
    return parsed
  } catch (error) {
    if (error instanceof Unstorable) return error.message
    return 'Expected values that JSON can hold: this contains itself, has too many levels, or cannot be read.'
  }
}

class Unstorable extends Error {}

const refuse = (name: string, found: string): Error =>
  new Unstorable(
    `"${name}" has ${found}, which JSON cannot hold. Expected a string, a finite number, a boolean, null, a list or a plain object.`,
  )

function storableOnly(name: string, value: unknown): unknown {
  if (isStorable(name) && isStorable(value)) return value
  throw new Unstorable(UNSTORABLE)
}
