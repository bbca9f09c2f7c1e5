import { BUSY } from '../time.ts'
import { freshDatabase, type Kind } from './databases.ts'

/** One promise of reliability, and its test. */
export interface Described<Size> {
  /** Its name on the command line: `R4`. */
  readonly name: string
  /** A sentence that must be true. */
  readonly promise: string
  /** Each run gets a fresh one. */
  readonly databases: readonly Kind[]
  /**
   * Size for `npm run reliability`, and for `npm run test:all`: skipped there if it has no short
   * form.
   */
  readonly long: Size
  readonly short?: Size
  /** Faults that `run` injects if the context names one. Each must break the promise. */
  readonly sabotages: readonly Sabotage[]
  /** @throws if the trial cannot be carried out: it failed, and detected no fault */
  run(deps: TrialContext, size: Size): Promise<readonly Finding[]>
}

export interface Sabotage {
  readonly name: string
  /** The databases for which it exists. Default: those of the trial. */
  readonly databases?: readonly Kind[]
}

export interface Trial extends Omit<Described<unknown>, 'long' | 'short' | 'run'> {
  readonly hasShort: boolean
  run(context: TrialContext, form: Form): Promise<readonly Finding[]>
}

export type Form = 'long' | 'short'

/** Context of a trial. */
export interface TrialContext {
  readonly kind: Kind
  /**
   * A value of the option `database`; the database is empty. An empty string if the kind is
   * `none`.
   */
  readonly database: string
  /** The fault to inject. */
  readonly sabotage: string | undefined
  readonly form: Form
  /** Cleanup after the trial, in reverse order. */
  after(end: () => unknown): void
  /** Skips the trial, which cannot run here. */
  skip(reason: string): never
  /** Progress for a terminal. */
  progress(text: string): void
}

/** One figure of a trial: promise, observation, and whether the promise holds. */
export interface Finding {
  readonly promised: string
  readonly seen: string
  readonly holds: boolean
  /** Measured by the clock: other load on the machine, of its disk for example, can break it. */
  readonly isTimed?: true
}

export type Outcome =
  | { readonly kind: 'tried'; readonly findings: readonly Finding[] }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }

export function trial<Size>(described: Described<Size>): Trial {
  const { name, promise, databases, sabotages, long, short } = described
  const sizes = { long, short: short ?? long }
  const run: Trial['run'] = (deps, form) => described.run(deps, sizes[form])
  return { name, promise, databases, sabotages, hasShort: short !== undefined, run }
}

/** A figure that must have this value. */
export const exactly = (promised: number, of: string, seen: number): Finding => ({
  promised: `${promised.toLocaleString('en')} ${of}`,
  seen: seen.toLocaleString('en'),
  holds: seen === promised,
})

export const atMost = (promised: number, of: string, seen: number): Finding => ({
  promised: `≤ ${promised.toLocaleString('en', { maximumFractionDigits: 1 })} ${of}`,
  seen: seen.toLocaleString('en', { maximumFractionDigits: 1 }),
  holds: seen <= promised,
})

/** At most, of a figure measured by the clock. */
export const withinTime = (promised: number, of: string, seen: number): Finding => ({
  ...atMost(promised, of, seen),
  isTimed: true,
})

export const atLeast = (promised: number, of: string, seen: number): Finding => ({
  promised: `≥ ${promised.toLocaleString('en')} ${of}`,
  seen: seen.toLocaleString('en', { maximumFractionDigits: 1 }),
  holds: seen >= promised,
})

/**
 * Requests that were answered 503 or not at all: none, unless other programs take the processor.
 *
 * @param slowdown the `contention` before and after the trial
 */
export const unavailable = (seen: number, slowdown: number): Finding => ({
  promised: '0 answers 503 on a machine that does nothing else',
  seen: `${seen} at a contention of ${slowdown.toFixed(1)}`,
  holds: seen === 0 || slowdown > BUSY,
  isTimed: true,
})

/**
 * The counterpart of `inOneRoundOf` (test/server/client.ts) for findings.
 *
 * @returns the findings of the first round in which all hold, or of the last
 */
export async function findingsInOneRoundOf(
  rounds: number,
  round: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  for (let i = 1; ; i++) {
    const findings = await round()
    if (i === rounds || findings.every(({ holds }) => holds)) return findings
  }
}

class Skipped extends Error {}

/** How often a trial is tried in which nothing but the clock is against it. */
const TRIES = 3

/**
 * Tries a trial on a fresh database of a kind, and cleans up. Never rejects.
 *
 * If only figures measured by the clock are broken, it is tried again, up to three times in all: a busy machine is slow in
 * some tries, a slow server in all of them. Any other broken promise is final.
 */
export async function attempt(
  trial: Trial,
  kind: Kind,
  form: Form,
  options: AttemptOptions = {},
): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const outcome = await attemptOnce(trial, kind, form, options)
    const broken = brokenIn(outcome)
    const isFinal = broken.length === 0 || !broken.every(({ isTimed }) => isTimed)
    if (isFinal || tries === TRIES) return outcome
    for (const { promised, seen } of broken)
      options.progress?.(
        `try ${tries} of ${TRIES}: ${seen}, where the promise is ${promised}`,
      )
  }
}

interface AttemptOptions {
  readonly sabotage?: string | undefined
  progress?(text: string): void
}

const brokenIn = (outcome: Outcome): readonly Finding[] =>
  outcome.kind === 'tried' ? outcome.findings.filter(({ holds }) => !holds) : []

async function attemptOnce(
  { run }: Trial,
  kind: Kind,
  form: Form,
  { sabotage, progress = () => {} }: AttemptOptions,
): Promise<Outcome> {
  const ends: (() => unknown)[] = []
  const skip = (reason: string): never => {
    throw new Skipped(reason)
  }
  try {
    const database = await freshDatabase(kind, skip)
    ends.push(database.drop)
    const after = (end: () => unknown): void => void ends.push(end)
    const deps: TrialContext = {
      kind,
      database: database.url,
      sabotage,
      form,
      after,
      skip,
      progress,
    }
    const findings = await run(deps, form)
    // Of no findings, all would hold.
    if (findings.length === 0)
      return { kind: 'failed', reason: 'the trial has no findings: it shows nothing' }
    return { kind: 'tried', findings }
  } catch (error) {
    if (error instanceof Skipped) return { kind: 'skipped', reason: error.message }
    return { kind: 'failed', reason: reasonOf(error) }
  } finally {
    for (const end of ends.reverse()) await (async () => end())().catch(() => {})
  }
}

/** The first line of the error, and its place in this repository. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [place = ''] = error.stack?.match(/(?:src|test)\/[^\s()]+:\d+/) ?? []
  return `${error.message.split('\n')[0]} (${place})`
}
