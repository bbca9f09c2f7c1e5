import { OF_REQUESTS } from './deviations-of-requests.ts'
import { OF_SCHEMES } from './deviations-of-schemes.ts'
import { OF_TOKENS } from './deviations-of-tokens.ts'
import type { Answer, Case } from './recording.ts'

/**
 * What the specification says of ours where the recorded servers answered otherwise: for recordings that nobody has gone
 * through yet. Of those that somebody has, each difference is in `differences.jsonl` with our full answer, and nothing here
 * is asked.
 */
export interface Deviation {
  /** Its number in the appendix of the specification, or the section that says so. */
  readonly name: string
  /**
   * What is expected of ours in place of the recorded answer; `undefined` where this is not about it.
   *
   * @param ours what we answered: to be used for what differs each time, and for nothing that the specification fixes
   */
  readonly instead: (recorded: Case, expected: Answer, ours: Answer) => Answer | undefined
}

const DEVIATIONS = [...OF_REQUESTS, ...OF_TOKENS, ...OF_SCHEMES]

/**
 * What is expected of ours in place of a recorded answer, by all deviations that bring the two nearer to each other.
 *
 * @returns it, and the names of those deviations
 */
export function expectedOfOurs(
  recorded: Case,
  answer: Answer,
  ours: Answer,
): { expected: Answer; names: string[] } {
  let expected = answer
  const names: string[] = []
  for (const { name, instead } of DEVIATIONS) {
    const other = instead(recorded, expected, ours)
    if (other === undefined || distance(other, ours) >= distance(expected, ours)) continue
    expected = other
    names.push(name)
  }
  return { expected, names }
}

/** In how many values two answers differ. */
function distance(one: Answer, other: Answer): number {
  const [here, there] = [leavesOf(one), leavesOf(other)]
  const paths = new Set([...here.keys(), ...there.keys()])
  return [...paths].filter((path) => here.get(path) !== there.get(path)).length
}

function leavesOf(
  value: unknown,
  path = '',
  found: Map<string, unknown> = new Map(),
): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return found.set(path, value)
  for (const [name, item] of Object.entries(value))
    leavesOf(item, `${path}/${name}`, found)
  return found
}
