/** The form of a noun that a number asks for: `row` or `rows`. */
export function nounFor(count: number, one: string, many = `${one}s`): string {
  if (count === 1) return one
  return many
}

/** A number and its noun: `1 row`, `2 rows`. */
export const plural = (count: number, one: string, many?: string): string =>
  `${count} ${nounFor(count, one, many)}`
