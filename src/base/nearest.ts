import { listIf } from './optional.ts'

/** The word that was probably meant: the one with the fewest mistakes, a third of its letters at most. */
export function nearest<Word extends string>(
  typed: string,
  words: readonly Word[],
): Word | undefined {
  const [best] = words
    .map((word) => ({ word, mistakes: distance(typed.slice(0, 64), word) }))
    .filter(({ word, mistakes }) => mistakes <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.mistakes - b.mistakes)
  return best?.word
}

/**
 * How many letters must be added, dropped, replaced or swapped with their neighbour to turn one word into the other
 * (optimal string alignment).
 */
export function distance(a: string, b: string): number {
  // Row i holds the distances from the first i letters of `a` to every beginning of `b`.
  let twoAbove: readonly number[] = []
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        at(above, j) + 1,
        at(row, j - 1) + 1,
        at(above, j - 1) + Number(!isSame),
        ...listIf(isSwapped, at(twoAbove, j - 2) + 1),
      )
    }
    twoAbove = above
    above = row
  }
  return at(above, b.length)
}

const at = (row: readonly number[], index: number): number =>
  row[index] ?? Number.POSITIVE_INFINITY
