/** Applies a function to a value, unless it is undefined. */
export function ifDefined<Value, Result>(
  value: Value | undefined,
  change: (value: Value) => Result,
): Result | undefined {
  if (value === undefined) return undefined
  return change(value)
}

/** A list of one value, or an empty list. */
export function listOf<Value>(value: Value | undefined): readonly Value[] {
  if (value === undefined) return []
  return [value]
}

/** The items, if a condition holds; else an empty list. */
export function listIf<Item>(
  condition: boolean,
  ...items: readonly Item[]
): readonly Item[] {
  if (!condition) return []
  return items
}

type Defined<Members extends object> = {
  readonly [Name in keyof Members]?: Exclude<Members[Name], undefined>
}

/** A copy without undefined members, which `exactOptionalPropertyTypes` does not allow for optional ones. */
export function withoutUndefined<Members extends object>(
  members: Members,
): Defined<Members> {
  const defined = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(defined) as Defined<Members>
}

/** An own member by an untrusted name. @returns `undefined` for inherited names such as `constructor` */
export function ownMember<Value>(
  members: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  if (!Object.hasOwn(members, name)) return undefined
  return members[name]
}
