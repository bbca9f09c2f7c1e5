import { OF_REQUESTS } from './deviations-of-requests.ts'
import { OF_SCHEMES } from './deviations-of-schemes.ts'
import { OF_TOKENS } from './deviations-of-tokens.ts'
import type { Answer, Case } from './recording.ts'

/**
 * An intended difference between the recorded servers and watchword, as the specification has it. Used for unreviewed recordings
 * only. For reviewed ones each difference is in `differences.jsonl`, with watchword's full response.
 */
export interface Deviation {
  /** Its number in the appendix of the specification, or the section that defines it. */
  readonly name: string
  /**
   * The response expected instead of the recorded one; `undefined` if the deviation does not apply.
   *
   * @param ours watchword's response, to be used only for what differs each time
   */
  readonly instead: (recorded: Case, expected: Answer, ours: Answer) => Answer | undefined
}

const DEVIATIONS = [...OF_REQUESTS, ...OF_TOKENS, ...OF_SCHEMES]

/**
 * Applies all deviations that reduce the difference between the recorded response and watchword's.
 *
 * @returns the expected response, and the names of these deviations
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

/** The number of values in which two responses differ. */
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
