import { faults } from './compare.ts'
import { expectedOfOurs } from './deviations.ts'
import { inOurWords } from './effects.ts'
import type { Answer, Case, Difference } from './recording.ts'

/** How a case came out. `answer` is ours. */
export interface Verdict {
  readonly id: string
  readonly config: string
  readonly faults: readonly string[]
  readonly answer?: Answer
  /** Why it is answered differently on purpose. */
  readonly reason?: string | undefined
  /** Of a recording that nobody has gone through yet: the deviations by which it was judged. */
  readonly deviations?: readonly string[]
}

/** What is known of the recordings that somebody has gone through. */
export interface Known {
  readonly cases: ReadonlyMap<string, Case>
  readonly differences: ReadonlyMap<string, Difference>
}

/**
 * Holds our answer against what was recorded, or against the one that is listed as ours on purpose. A recording that
 * nobody has gone through yet is held against what the specification says of ours in such a case.
 *
 * @param broken promises that this answer breaks whatever was recorded
 */
export function judge(
  recorded: Case,
  answer: Answer,
  broken: readonly string[],
  known: Known,
): Verdict {
  const { id, config } = recorded
  const bundled = known.cases.get(id)
  const isKnown =
    bundled !== undefined && conversationOf(bundled) === conversationOf(recorded)
  return isKnown
    ? { id, config, answer, ...held(bundled, answer, broken, known.differences.get(id)) }
    : { id, config, answer, ...heldAsNew(recorded, answer, broken) }
}

/** The same conversation may be recorded of several versions: the newest is the one that counts. */
const conversationOf = ({ config, steps = [], request }: Case): string =>
  JSON.stringify([config, steps, request])

const expectedOf = (recorded: Case): Answer => ({
  ...recorded.response,
  effects: inOurWords(recorded),
})

type Held = Pick<Verdict, 'faults' | 'reason' | 'deviations'>

function held(
  recorded: Case,
  answer: Answer,
  broken: readonly string[],
  difference: Difference | undefined,
): Held {
  const expected = expectedOf(recorded)
  if (difference === undefined)
    return { faults: [...faults(expected, answer), ...broken] }
  const stale =
    faults(expected, difference.response).length === 0
      ? ['is listed as a difference and is none']
      : []
  return {
    reason: difference.reason,
    faults: [...faults(difference.response, answer), ...stale, ...broken],
  }
}

function heldAsNew(recorded: Case, answer: Answer, broken: readonly string[]): Held {
  const { expected, names } = expectedOfOurs(recorded, expectedOf(recorded), answer)
  return { faults: [...faults(expected, answer), ...broken], deviations: names }
}
