import { configNameIn, type RecordedConfig, readConfigs } from './configs.ts'
import { judge, type Known, type Verdict } from './judge.ts'
import { featureAwaited } from './pending.ts'
import type { Played } from './player.ts'
import { playAll } from './players.ts'
import { leaksIn } from './promises.ts'
import {
  added,
  type Case,
  DATA,
  type Difference,
  RECORDINGS,
  readLines,
} from './recording.ts'
import type { Pending, Report } from './report.ts'
import { seededPasswords } from './seeding.ts'
import { unknownPart } from './unknown.ts'

/**
 * Replays conversations: all that can be played, each on a server of its own.
 *
 * @param files with recordings; none: those of this repository
 * @param only the beginning of their ids
 */
export async function replay(files: readonly string[], only: string): Promise<Report> {
  const began = performance.now()
  const known = readKnown()
  const cases = files.length === 0 ? [...known.cases.values()] : readCases(files)
  const chosen = cases.filter(({ id }) => id.startsWith(only))
  if (chosen.length === 0)
    throw new Error(`no conversation to replay: ${[...files, only].join(' ').trim()}`)
  const configs = readConfigs(files)
  const configOf = ({ id, config }: Case): RecordedConfig | undefined =>
    configs[files.length === 0 ? (known.configNames.get(id) ?? config) : config]
  const { pending, unplayable, due } = sorted(chosen, configOf)
  const { played, output } = await playAll(
    due.map(({ recorded, config }) => ({
      recorded: { ...recorded, ...stepsOfOurs(recorded, known) },
      config,
    })),
  )
  const judged = due.map(({ recorded }, i) => verdictOn(recorded, played[i]!, known))
  return {
    verdicts: [...unplayable, ...judged, ...leaked(output), ...strays(known)],
    pending,
    seconds: (performance.now() - began) / 1000,
    resets: played.map(({ reset }) => reset),
    talks: played.map(({ talk }) => talk),
    unseen: unseenIn(played),
  }
}

/** Statuses that an OpenAPI document lists, and no conversation has seen. */
function unseenIn(played: readonly Played[]): readonly string[] {
  const seen = new Set(played.flatMap((each) => each.seen ?? []))
  const documented = new Set(played.flatMap((each) => each.documented ?? []))
  return [...documented].filter((each) => !seen.has(each)).sort()
}

/** Reviewed recordings: a newer version in place of an older one. */
function readKnown(): Known & { readonly configNames: ReadonlyMap<string, string> } {
  const ofNeighbours = RECORDINGS.map((name) => `${name}.jsonl`)
  const files = ['cases.jsonl', 'main.jsonl', ...ofNeighbours].map(
    (name) => new URL(name, DATA),
  )
  const differences = ['', ...RECORDINGS.map((name) => `-${name}`)].flatMap((end) =>
    readLines<Difference>(new URL(`differences${end}.jsonl`, import.meta.url)),
  )
  return {
    configNames: new Map(RECORDINGS.flatMap(configNamesOf)),
    cases: new Map(readCases(files).map((recorded) => [recorded.id, recorded])),
    differences: new Map(differences.map((difference) => [difference.id, difference])),
  }
}

const configNamesOf = (
  name: string,
): readonly (readonly [id: string, config: string])[] =>
  readLines<Case>(new URL(`${name}.jsonl`, DATA)).map(({ id, config }) => [
    id,
    configNameIn(name, config),
  ])

const readCases = (files: readonly (URL | string)[]): readonly Case[] =>
  files
    .map((file) => readLines<Case>(file))
    .reduce<readonly Case[]>((older, newer) => added(older, newer), [])

/** Cases that wait for a feature, that cannot be played, and that can. */
function sorted(
  cases: readonly Case[],
  configOf: (recorded: Case) => RecordedConfig | undefined,
) {
  const pending: Pending[] = []
  const unplayable: Verdict[] = []
  const due: { readonly recorded: Case; readonly config: RecordedConfig }[] = []
  for (const recorded of cases) {
    const config = configOf(recorded)
    const feature = featureAwaited(recorded, config)
    const part = unknownPart(recorded, config)
    if (feature !== undefined) pending.push({ id: recorded.id, feature })
    else if (part !== undefined)
      unplayable.push(failure(recorded, `cannot be played: ${part}`))
    else due.push({ recorded, config: config ?? {} })
  }
  return { pending, unplayable, due }
}

/** The steps of an intended difference, in place of the recorded ones. */
function stepsOfOurs({ id }: Case, { differences }: Known): Pick<Case, 'steps'> {
  const { steps } = differences.get(id) ?? {}
  return steps === undefined ? {} : { steps }
}

function verdictOn(recorded: Case, { answer, faults }: Played, known: Known): Verdict {
  if (answer === undefined) return failure(recorded, ...faults)
  return judge(recorded, answer, faults, known)
}

function failure(
  { id, config }: Pick<Case, 'id' | 'config'>,
  ...faults: readonly string[]
): Verdict {
  return { id, config, faults }
}

/** What the processes wrote must be as free of secrets as the logs of the servers. */
function leaked(output: string): Verdict[] {
  const leaks = leaksIn(output, seededPasswords())
  return leaks.length === 0 ? [] : [failure({ id: 'output', config: '' }, ...leaks)]
}

/** Differences whose cases do not exist. */
const strays = ({ cases, differences }: Known): Verdict[] =>
  [...differences.keys()]
    .filter((id) => !cases.has(id))
    .map((id) =>
      failure({ id: `a difference of ${id}`, config: '' }, 'there is no such case'),
    )
