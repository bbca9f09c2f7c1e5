/** Repeats a value, so that lists of all lengths make three statements: databases keep each that they have prepared. */
export function filledUp<T>(values: readonly T[]): readonly T[] {
  const length = [10, 100, 1000].find((each) => each >= values.length) ?? values.length
  return [...values, ...new Array<T>(length - values.length).fill(values[0] as T)]
}
