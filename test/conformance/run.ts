import { parseArgs } from 'node:util'
import { readConfigs, typeClaimOf } from './configs.ts'
import { play } from './conversation.ts'
import { judge, type Known, type Verdict } from './judge.ts'
import { featureAwaited, PENDING } from './pending.ts'
import { brokenPromises, leaksIn } from './promises.ts'
import {
  type Case,
  DATA,
  type Difference,
  overlaid,
  readJson,
  readLines,
} from './recording.ts'
import { type Served, serve } from './subject.ts'

/**
 * Replays recorded conversations against watchword, in one process for each recorded configuration:
 *
 *     npm run conformance [-- FILE…] [--only PREFIX] [--verbose] [--json]
 *
 * Cases of a later file replace those of an earlier one.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const isOurOwnData = positionals.length === 0
const read = (files: readonly (URL | string)[]): readonly Case[] =>
  files
    .map((file) => readLines<Case>(file))
    .reduce<readonly Case[]>((older, newer) => added(older, newer), [])
const bundled = read(['cases.jsonl', 'main.jsonl'].map((name) => new URL(name, DATA)))
const cases = isOurOwnData ? bundled : read(positionals)
const differences = readLines<Difference>(new URL('differences.jsonl', import.meta.url))
const known: Known = {
  cases: new Map(bundled.map((recorded) => [recorded.id, recorded])),
  differences: new Map(differences.map((difference) => [difference.id, difference])),
}
const configs = readConfigs(positionals)
const passwords = readJson<{ users: { password?: string }[] }>(
  new URL('seed.json', DATA),
).users.flatMap(({ password }) => (password === undefined ? [] : [password]))

const chosen = cases.filter(({ id }) => id.startsWith(options.only))
const due = chosen.filter((recorded) => featureAwaited(recorded) === undefined)
const names = [...new Set(due.map(({ config }) => config))]
const verdicts: Verdict[] = []
// Two at a time: one computes while the other waits for the disk or the clock.
await Promise.all(
  [0, 1].map(async () => {
    for (let name = names.shift(); name !== undefined; name = names.shift())
      verdicts.push(...(await replay(name)))
  }),
)
if (isOurOwnData && options.only === '') verdicts.push(...strays())
report()

/** All cases of one configuration, one after the other. */
async function replay(config: string): Promise<Verdict[]> {
  const mine = due.filter((candidate) => candidate.config === config)
  if (configs[config] === undefined)
    return mine.map((recorded) => failure(recorded, 'there is no such configuration'))
  try {
    const subject = await serve(config, configs[config])
    if ('refused' in subject)
      return mine.map((recorded) => judge(recorded, subject, [], known))
    const judged: Verdict[] = []
    for (const recorded of mine) judged.push(await judgePlayed(recorded, subject))
    await subject.stop()
    const leaks = leaksIn(subject.log(), passwords)
    return leaks.length === 0
      ? judged
      : [...judged, { id: `log of ${config}`, config, faults: leaks }]
  } catch (error) {
    return mine.map((recorded) => failure(recorded, String(error)))
  }
}

function failure({ id, config }: Case, fault: string): Verdict {
  return { id, config, faults: [fault] }
}

async function judgePlayed(recorded: Case, subject: Served): Promise<Verdict> {
  try {
    const { steps = recorded.steps ?? [] } = known.differences.get(recorded.id) ?? {}
    const { answer, reply } = await play(
      { ...recorded, steps },
      subject,
      typeClaimOf(configs[recorded.config]!),
    )
    return judge(recorded, answer, brokenPromises(reply), known)
  } catch (error) {
    return failure(recorded, String(error))
  }
}

/** Entries of the lists whose cases do not exist. */
function strays(): Verdict[] {
  const unknown = differences
    .filter(({ id }) => !known.cases.has(id))
    .map(({ id }) => `differences.jsonl: ${id}`)
  const awaited = new Set(cases.map(featureAwaited))
  const empty = Object.keys(PENDING).filter((feature) => !awaited.has(feature))
  return [...unknown, ...empty.map((feature) => `pending.ts: ${feature}`)].map((id) => ({
    id,
    config: '',
    faults: ['there is no such case'],
  }))
}

function added(older: readonly Case[], newer: readonly Case[]): Case[] {
  const known = new Set(older.map(({ id }) => id))
  return [...overlaid(older, newer), ...newer.filter(({ id }) => !known.has(id))]
}

function report(): void {
  const order = new Map(cases.map(({ id }, i) => [id, i]))
  verdicts.sort(
    (a, b) => (order.get(a.id) ?? cases.length) - (order.get(b.id) ?? cases.length),
  )
  const failed = verdicts.filter((verdict) => verdict.faults.length > 0)
  const awaited = Object.keys(PENDING)
    .map(
      (feature) =>
        [
          feature,
          chosen.filter((recorded) => featureAwaited(recorded) === feature).length,
        ] as const,
    )
    .filter(([, count]) => count > 0)
  process.exitCode = failed.length > 0 ? 1 : 0
  if (options.json) {
    const totals = {
      passed: verdicts.length - failed.length,
      failed: failed.length,
      pending: Object.fromEntries(awaited),
    }
    console.log(JSON.stringify({ ...totals, cases: verdicts }))
    return
  }
  for (const { id, config, faults: found, reason } of failed) {
    console.log(
      `FAILED ${id} (${config})${reason === undefined ? '' : `, intended: ${reason}`}`,
    )
    for (const fault of options.verbose ? found : found.slice(0, 2)) {
      console.log(
        `  ${options.verbose || fault.length < 300 ? fault : `${fault.slice(0, 300)}…`}`,
      )
    }
  }
  const onPurpose = verdicts.filter(({ reason }) => reason !== undefined).length
  console.log(
    `${onPurpose} of ${verdicts.length} are intended differences: test/conformance/differences.jsonl`,
  )
  for (const [deviation, count] of countedDeviations())
    console.log(`judged by a deviation: ${deviation}, ${count}`)
  for (const [feature, count] of awaited) console.log(`pending: ${feature}, ${count}`)
  console.log(`${verdicts.length - failed.length} passed, ${failed.length} failed`)
}

/** The number of unreviewed recordings that each deviation was applied to. */
function countedDeviations(): [string, number][] {
  const counts = new Map<string, number>()
  for (const name of verdicts.flatMap(({ deviations = [] }) => deviations))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort()
}
