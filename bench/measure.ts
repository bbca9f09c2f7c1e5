import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One of those who are measured side by side. */
export interface Contestant {
  readonly name: string
  /** Works for a moment. @returns its figure of this round */
  run(): number | Promise<number>
}

/** What is promised of the quotient of two contestants' stats, taken in the same round. */
export interface Bar {
  readonly of: string
  readonly to: string
  /** Compared is what both take beyond a third. */
  readonly above?: string
  /** Else the quotient is shown and nothing is promised. */
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Question {
  readonly asks: string
  readonly unit: string
  readonly contestants: readonly Contestant[]
  readonly bars: readonly Bar[]
  readonly rounds: number
  /** What cannot be measured here, and why. */
  readonly leftOut?: readonly string[]
}

/** Three quartiles: half of what was seen lies between the first and the last. */
export interface Spread {
  readonly low: number
  readonly median: number
  readonly high: number
}

export interface Finding {
  readonly asks: string
  readonly unit: string
  readonly rounds: number
  readonly stats: readonly (Spread & { readonly name: string })[]
  readonly quotients: readonly (Spread &
    Bar & { readonly reached: boolean | undefined })[]
  readonly leftOut: readonly string[]
}

setFlagsFromString('--expose-gc')
export const collectGarbage = runInNewContext('gc') as () => void

/**
 * Lets the contestants work in turns, A B C A B C, so that whatever else the machine does falls on all of them. Nobody
 * cleans up behind another. The first round warms up and does not count.
 */
export async function measure(question: Question): Promise<Finding> {
  const { asks, unit, contestants, bars, rounds, leftOut = [] } = question
  const seen = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of contestants) {
      collectGarbage()
      const figure = await run()
      if (round > 0) seen.get(name)!.push(figure)
    }
  }
  const stats = [...seen].map(([name, values]) => ({ name, ...spreadOf(values) }))
  const quotients = bars.map((bar) => judged(bar, seen))
  return { asks, unit, rounds, stats, quotients, leftOut }
}

/** The median of the rounds' quotients: what slows a whole round down is in both stats and cancels out. */
function judged(
  bar: Bar,
  seen: ReadonlyMap<string, readonly number[]>,
): Finding['quotients'][number] {
  const beyond = bar.above === undefined ? undefined : seen.get(bar.above)!
  const of = (name: string, round: number): number =>
    seen.get(name)![round]! - (beyond?.[round] ?? 0)
  const spread = spreadOf(
    seen.get(bar.of)!.map((_, round) => of(bar.of, round) / of(bar.to, round)),
  )
  const { atLeast, atMost } = bar
  const isJudged = atLeast !== undefined || atMost !== undefined
  const reached =
    spread.median >= (atLeast ?? 0) &&
    spread.median <= (atMost ?? Number.POSITIVE_INFINITY)
  return { ...bar, ...spread, reached: isJudged ? reached : undefined }
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number => {
    const place = part * (sorted.length - 1)
    const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
    return below + (above - below) * (place % 1)
  }
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}
