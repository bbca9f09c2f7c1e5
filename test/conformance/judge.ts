import { CONTRACT } from './answer.ts'
import { faults } from './compare.ts'
import { expectedOfOurs } from './deviations.ts'
import { asSessionChanges } from './effects.ts'
import { comparable, headersOf, isOfOAuth, oauthAnswer } from './oauth-terms.ts'
import type { Answer, Case, Difference } from './recording.ts'

/** The result of a case. `answer` is watchword's response. */
export interface Verdict {
  readonly id: string
  readonly config: string
  readonly faults: readonly string[]
  readonly answer?: Answer
  /** The reason of an intended difference. */
  readonly reason?: string | undefined
  /** The deviations that were applied to an unreviewed recording. */
  readonly deviations?: readonly string[]
}

/** The reviewed recordings and their differences. */
export interface Known {
  readonly cases: ReadonlyMap<string, Case>
  readonly differences: ReadonlyMap<string, Difference>
}

/**
 * Compares watchword's response with the recorded one, or with the listed one if the difference is intended. An unreviewed
 * recording is compared after applying the deviations of the specification.
 *
 * @param broken promises that the response breaks; the recording does not count
 */
export function judge(
  recorded: Case,
  played: Answer,
  broken: readonly string[],
  known: Known,
): Verdict {
  const { id, config } = recorded
  const answer = isOfOAuth(recorded) ? comparable(played, recorded) : played
  const bundled = known.cases.get(id)
  const isKnown =
    bundled !== undefined && conversationOf(bundled) === conversationOf(recorded)
  return isKnown
    ? { id, config, answer, ...held(bundled, answer, broken, known.differences.get(id)) }
    : { id, config, answer, ...heldAsNew(recorded, answer, broken) }
}

/** A conversation may be recorded with several versions. The newest one counts. */
const conversationOf = ({ config, steps = [], request }: Case): string =>
  JSON.stringify([config, steps, request])

const expectedOf = (recorded: Case): Answer => {
  if (isOfOAuth(recorded)) return oauthAnswer(recorded)
  return { ...recorded.response, effects: asSessionChanges(recorded) }
}

const comparedIn = (recorded: Case, expected: Answer): readonly string[] =>
  isOfOAuth(recorded) ? headersOf(expected) : CONTRACT

type Held = Pick<Verdict, 'faults' | 'reason' | 'deviations'>

function held(
  recorded: Case,
  answer: Answer,
  broken: readonly string[],
  difference: Difference | undefined,
): Held {
  const expected = expectedOf(recorded)
  if (difference === undefined)
    return {
      faults: [...faults(expected, answer, comparedIn(recorded, expected)), ...broken],
    }
  const stale =
    difference.steps === undefined &&
    faults(expected, difference.response, comparedIn(recorded, expected)).length === 0
      ? ['is listed as a difference and is none']
      : []
  return {
    reason: difference.reason,
    faults: [
      ...faults(difference.response, answer, comparedIn(recorded, difference.response)),
      ...stale,
      ...broken,
    ],
  }
}

function heldAsNew(recorded: Case, answer: Answer, broken: readonly string[]): Held {
  const { expected, names } = expectedOfOurs(recorded, expectedOf(recorded), answer)
  return { faults: [...faults(expected, answer), ...broken], deviations: names }
}
