import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One of the programs that are measured side by side. */
export interface Contestant {
  readonly name: string
  /** Works for a short time. @returns its figure of this round */
  run(): number | Promise<number>
}

/** A bound on the quotient of the figures of two contestants in the same round. */
export interface Bar {
  readonly of: string
  readonly to: string
  /** A third contestant whose figure is subtracted from both. */
  readonly above?: string
  /** Without `atLeast` and `atMost`, the quotient is shown without a bound. */
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Question {
  readonly asks: string
  readonly unit: string
  readonly contestants: readonly Contestant[]
  readonly bars: readonly Bar[]
  readonly rounds: number
  /** How often each contestant runs in a round; the figure of the round is the mean. Default 1. */
  readonly turns?: number
  /** Prepares each round by itself, with a warm-up of its own, and cleans up after `run`. */
  readonly inRound?: (run: () => Promise<void>) => Promise<void>
  /** The sizes of rounds and warm-ups, if the unit does not imply them. */
  readonly how?: string
  /** Contestants that are not measured here, with the reason. */
  readonly leftOut?: readonly string[]
}

/** The three quartiles. */
export interface Spread {
  readonly low: number
  readonly median: number
  readonly high: number
}

export interface Finding {
  readonly asks: string
  readonly unit: string
  readonly rounds: number
  readonly how?: string | undefined
  readonly stats: readonly (Spread & { readonly name: string })[]
  readonly quotients: readonly (Spread &
    Bar & { readonly reached: boolean | undefined })[]
  readonly leftOut: readonly string[]
}

setFlagsFromString('--expose-gc')
export const collectGarbage = runInNewContext('gc') as () => void

/**
 * Runs the contestants in turns, A B C A B C, so that other load of the machine affects all of them. Garbage is collected
 * between turns, so that none pays for another. Without `inRound`, the first round is a warm-up and does not count.
 */
export async function measure(question: Question): Promise<Finding> {
  const { asks, unit, contestants, bars, rounds, how, leftOut = [] } = question
  const { turns = 1, inRound } = question
  const seen = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  const run = async (): Promise<void> => {
    const round = await figuresOf(contestants, turns)
    for (const [name, figure] of round) seen.get(name)!.push(figure)
  }
  if (inRound === undefined) await figuresOf(contestants, turns)
  for (let round = 0; round < rounds; round++) await (inRound ?? once)(run)
  const stats = [...seen].map(([name, values]) => ({ name, ...spreadOf(values) }))
  const quotients = bars.map((bar) => judged(bar, seen))
  return { asks, unit, rounds, how, stats, quotients, leftOut }
}

const once = (run: () => Promise<void>): Promise<void> => run()

/** The same in another order, so that none is always the first. */
export const rotated = <T>(list: readonly T[], by: number): readonly T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
]

/** @returns the mean of each contestant's turns */
async function figuresOf(
  contestants: readonly Contestant[],
  turns: number,
): Promise<ReadonlyMap<string, number>> {
  const means = new Map<string, number>(contestants.map(({ name }) => [name, 0]))
  for (let turn = 0; turn < turns; turn++) {
    for (const { name, run } of rotated(contestants, turn)) {
      collectGarbage()
      means.set(name, means.get(name)! + (await run()) / turns)
    }
  }
  return means
}

/** The median of the quotients of all rounds: what slows a round down cancels out. */
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
