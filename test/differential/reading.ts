/**
 * A token as a lenient parser reads it, to classify disagreements. It shares no code with the engine, so that a fault of the
 * engine cannot explain itself.
 */
export interface Reading {
  readonly token: string
  readonly segments: readonly string[]
  readonly header: Part
  readonly payload: Part
}

export interface Part {
  readonly bytes: Buffer
  readonly text: string
  /** `undefined` if it is not a JSON object. */
  readonly members: { readonly [name: string]: unknown } | undefined
}

export function read(token: string): Reading {
  const segments = token.split('.')
  return {
    token,
    segments,
    header: part(segments[0] ?? ''),
    payload: part(segments[1] ?? ''),
  }
}

function part(segment: string): Part {
  const bytes = Buffer.from(segment, 'base64url')
  const text = bytes.toString().replace(/^\ufeff/, '')
  return { bytes, text, members: membersOf(text) }
}

function membersOf(text: string): Part['members'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined
  } catch {
    return undefined
  }
}

export const isUtf8 = ({ bytes }: Part): boolean =>
  Buffer.from(bytes.toString()).equals(bytes)

export const hasByteOrderMark = ({ bytes }: Part): boolean =>
  bytes.toString('hex', 0, 3) === 'efbbbf'

/** Whether the text has more names than the object has members. */
export const repeatsAName = ({ text, members }: Part): boolean =>
  members !== undefined &&
  [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, name]) => name).length >
    count(members)

const count = (value: unknown): number =>
  children(value).reduce<number>(
    (sum, [, child]) => sum + count(child),
    Array.isArray(value) ? 0 : children(value).length,
  )

const children = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

export const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...children(value).map(([, child]) => depthOf(child)))
    : 0

/** Whether a predicate is true for a member at any depth. */
export const anywhere = (
  value: unknown,
  holds: (name: string, value: unknown) => boolean,
): boolean =>
  children(value).some(([name, child]) => holds(name, child) || anywhere(child, holds))
