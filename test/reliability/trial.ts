import { freshDatabase, type Kind } from './databases.ts'

/** One promise of reliability, and how it is put to the test. */
export interface Described<Size> {
  /** As it is asked for on the command line: `R4`. */
  readonly name: string
  /** What must be so, as a sentence. */
  readonly promise: string
  /** Each gets a fresh one. */
  readonly databases: readonly Kind[]
  /** How much is tried by `npm run reliability`, and how much by `npm run test:all`: nothing, where it has no short form. */
  readonly long: Size
  readonly short?: Size
  /** Faults, by name, that `run` builds into what it tries where the world names one. Each must break the promise. */
  readonly sabotages: readonly Sabotage[]
  /** @throws whatever keeps the trial from being made: it failed then, and no fault was noticed by that */
  run(deps: World, size: Size): Promise<readonly Finding[]>
}

export interface Sabotage {
  readonly name: string
  /** Where it can be built in. Default: wherever the trial runs. */
  readonly databases?: readonly Kind[]
}

export interface Trial extends Omit<Described<unknown>, 'long' | 'short' | 'run'> {
  readonly hasShort: boolean
  run(world: World, form: Form): Promise<readonly Finding[]>
}

export type Form = 'long' | 'short'

/** What a trial finds around it. */
export interface World {
  readonly kind: Kind
  /** As the option `database` takes it; nothing is in it yet. Empty where the kind is `none`. */
  readonly database: string
  /** The fault that is to be built in. */
  readonly sabotage: string | undefined
  readonly form: Form
  /** What is done when the trial is over, however it ends: the last first. */
  after(end: () => unknown): void
  /** Ends the trial, which cannot be made here. */
  skip(reason: string): never
  /** For whoever watches. */
  progress(text: string): void
}

/** One figure of a trial: what was promised, what was seen, and whether the one is the other. */
export interface Finding {
  readonly promised: string
  readonly seen: string
  readonly holds: boolean
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

/** A figure that must be this one. */
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

export const atLeast = (promised: number, of: string, seen: number): Finding => ({
  promised: `≥ ${promised.toLocaleString('en')} ${of}`,
  seen: seen.toLocaleString('en', { maximumFractionDigits: 1 }),
  holds: seen >= promised,
})

/**
 * Of answers 503, which a database gives rise to that is slow beside other programs: none, but where those slow down a control by
 * half and more.
 */
export const unavailable = (seen: number, stretch: number): Finding => ({
  promised: '0 answers 503 where nothing else is done',
  seen: `${seen} while all takes ${stretch.toFixed(1)} times as long`,
  holds: seen === 0 || stretch > 1.5,
})

/**
 * What `inOneRoundOf` of test/server/client.ts is to assertions.
 *
 * @returns what was found in the first round in which all holds, or else in the last
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

/** Makes a trial on a fresh database of a kind, and clears everything away. Never rejects. */
export async function attempt(
  { run }: Trial,
  kind: Kind,
  form: Form,
  {
    sabotage,
    progress = () => {},
  }: { readonly sabotage?: string | undefined; progress?(text: string): void } = {},
): Promise<Outcome> {
  const ends: (() => unknown)[] = []
  const skip = (reason: string): never => {
    throw new Skipped(reason)
  }
  try {
    const database = await freshDatabase(kind, skip)
    ends.push(database.drop)
    const after = (end: () => unknown): void => void ends.push(end)
    const deps: World = {
      kind,
      database: database.url,
      sabotage,
      form,
      after,
      skip,
      progress,
    }
    return { kind: 'tried', findings: await run(deps, form) }
  } catch (error) {
    if (error instanceof Skipped) return { kind: 'skipped', reason: error.message }
    return { kind: 'failed', reason: reasonOf(error) }
  } finally {
    for (const end of ends.reverse()) await (async () => end())().catch(() => {})
  }
}

/** The first line of what broke, and where in this repository. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [place = ''] = error.stack?.match(/(?:src|test)\/[^\s()]+:\d+/) ?? []
  return `${error.message.split('\n')[0]} (${place})`
}
