export interface JsonOptions {
  /** Applied to each value before it is judged. */
  readonly encode?: ((value: unknown) => unknown) | undefined
  /** Makes the error for a value that JSON cannot hold. @param name of the outermost member that has it */
  readonly refuse: (name: string, described: string) => Error
}

/**
 * The JSON text of a value. JSON leaves out or changes silently what it cannot hold: `NaN` becomes `null`, a `Map` an empty object.
 * Here that is an error; only a member that is `undefined` is left out.
 *
 * @throws what `refuse` returns; `TypeError` or `RangeError` if the value contains itself or has too many levels
 */
export function strictJson(
  value: object,
  { encode = (value) => value, refuse }: JsonOptions,
): string {
  let root: unknown
  let name = ''
  function replacer(this: unknown, key: string, value: unknown): unknown {
    const encoded = encode(value)
    if (root === undefined) {
      root = encoded
      return encoded
    }
    if (this === root) name = key
    if (!isEncodable(encoded, Array.isArray(this)) || isInvalidDate(this, key))
      throw refuse(name, described(encoded))
    return encoded
  }
  return JSON.stringify(value, replacer)
}

function isEncodable(value: unknown, isInList: boolean): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'undefined':
      // A member that is undefined is left out, and an element of a list would become null.
      return !isInList
    case 'object':
      return value === null || ['Object', 'Array'].includes(tagOf(value))
    default:
      return false
  }
}

/** A date is a string when the replacer sees it, and an invalid one null. */
function isInvalidDate(holder: unknown, key: string): boolean {
  const value: unknown = (holder as Readonly<Record<string, unknown>>)[key]
  return value instanceof Date && Number.isNaN(value.getTime())
}

/** `Object`, `Map`, `Promise` and so on. */
export const tagOf = (value: unknown): string =>
  Object.prototype.toString.call(value).slice(8, -1)

/** A value in a message: its type alone, since it may be a secret. */
export function described(value: unknown): string {
  if (typeof value === 'number' || value === undefined || value === null)
    return String(value)
  return `a value of type ${tagOf(value)}`
}
