import { parseArgs } from 'node:util'
import { faults } from './compare.ts'
import { readConfigs, typeClaimOf } from './configs.ts'
import { play } from './conversation.ts'
import { inOurWords } from './effects.ts'
import { brokenPromises, leaksIn } from './promises.ts'
import { type Answer, type Case, DATA, type Difference, overlaid, readJson, readLines } from './recording.ts'
import { type Served, serve } from './subject.ts'
import { withoutOurs } from './systematic.ts'

/**
 * Replays recorded conversations against servers of ours, a process for each recorded configuration:
 *
 *     npm run conformance [-- FILE…] [--only PREFIX] [--verbose] [--json]
 *
 * Of several files a later one takes the place of an earlier one, case by case.
 */
const { values: wish, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

/** How a case came out. `answer` is ours. */
interface Verdict {
  readonly id: string
  readonly config: string
  readonly faults: readonly string[]
  readonly reason?: string | undefined
  readonly answer?: Answer
}

const isOurOwnData = positionals.length === 0
const files = isOurOwnData ? ['cases.jsonl', 'main.jsonl'].map((name) => new URL(name, DATA)) : positionals
const cases = files.map((file) => readLines<Case>(file)).reduce((older, newer) => added(older, newer), [])
const differences = readLines<Difference>(new URL('differences.jsonl', import.meta.url))
const differenceOf = new Map(differences.map((difference) => [difference.id, difference]))
const pending = readJson<{ [feature: string]: string[] }>(new URL('pending.json', import.meta.url))
const configs = readConfigs()
const passwords = readJson<{ users: { password?: string }[] }>(new URL('seed.json', DATA)).users.flatMap(
  ({ password }) => (password === undefined ? [] : [password]),
)

const chosen = cases.filter(({ id }) => id.startsWith(wish.only))
const due = chosen.filter(({ id }) => featureAwaited(id) === undefined)
const names = [...new Set(due.map(({ config }) => config))]
const verdicts: Verdict[] = []
// Two at a time: one computes while the other waits for a disk or a second to pass.
await Promise.all(
  [0, 1].map(async () => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) verdicts.push(...(await replay(name)))
  }),
)
if (isOurOwnData && wish.only === '') verdicts.push(...strays())
report()

/** All cases of one configuration, one after the other. */
async function replay(config: string): Promise<Verdict[]> {
  const subject = await serve(config)
  const judged: Verdict[] = []
  for (const recorded of due.filter((candidate) => candidate.config === config)) {
    judged.push('refused' in subject ? judge(recorded, subject, []) : await judgePlayed(recorded, subject))
  }
  if ('refused' in subject) return judged
  await subject.stop()
  const leaks = leaksIn(subject.log(), passwords)
  return leaks.length === 0 ? judged : [...judged, { id: `log of ${config}`, config, faults: leaks }]
}

async function judgePlayed(recorded: Case, subject: Served): Promise<Verdict> {
  try {
    const { answer, reply } = await play(recorded, subject, typeClaimOf(configs[recorded.config] ?? {}))
    return judge(recorded, answer, brokenPromises(reply))
  } catch (error) {
    return { id: recorded.id, config: recorded.config, faults: [String(error)] }
  }
}

/** Holds our answer against the one listed as ours on purpose, else against the recorded one. */
function judge({ id, config, ...recorded }: Case, answer: Answer, broken: readonly string[]): Verdict {
  const expected = { ...recorded.response, effects: inOurWords({ id, config, ...recorded }) }
  const difference = differenceOf.get(id)
  if (difference !== undefined) {
    const stale = faults(expected, difference.response).length === 0 ? ['is listed as a difference and is none'] : []
    return {
      id,
      config,
      reason: difference.reason,
      answer,
      faults: [...faults(difference.response, answer), ...stale, ...broken],
    }
  }
  const found = faults(expected, answer)
  // Recordings that nobody has gone through yet: what all our answers have in common is not held against them.
  const isOnlySystematic =
    !isOurOwnData && found.length > 0 && faults(expected, withoutOurs(answer, expected)).length === 0
  return { id, config, answer, faults: isOnlySystematic ? broken : [...found, ...broken] }
}

/** Lists that speak of cases which are not there. */
function strays(): Verdict[] {
  const ids = cases.map(({ id }) => id)
  const unknown = differences.filter(({ id }) => !ids.includes(id)).map(({ id }) => `differences.jsonl: ${id}`)
  const empty = Object.values(pending)
    .flat()
    .filter((prefix) => !ids.some((id) => id.startsWith(prefix)))
    .map((prefix) => `pending.json: ${prefix}`)
  return [...unknown, ...empty].map((id) => ({ id, config: '', faults: ['there is no such case'] }))
}

function featureAwaited(id: string): string | undefined {
  return Object.keys(pending).find((feature) => pending[feature]?.some((prefix) => id.startsWith(prefix)))
}

function added(older: readonly Case[], newer: readonly Case[]): Case[] {
  const known = new Set(older.map(({ id }) => id))
  return [...overlaid(older, newer), ...newer.filter(({ id }) => !known.has(id))]
}

function report(): void {
  const order = new Map(cases.map(({ id }, i) => [id, i]))
  verdicts.sort((a, b) => (order.get(a.id) ?? cases.length) - (order.get(b.id) ?? cases.length))
  const failed = verdicts.filter((verdict) => verdict.faults.length > 0)
  const awaited = Object.keys(pending)
    .map((feature) => [feature, chosen.filter(({ id }) => featureAwaited(id) === feature).length] as const)
    .filter(([, count]) => count > 0)
  process.exitCode = failed.length > 0 ? 1 : 0
  if (wish.json) {
    const totals = {
      passed: verdicts.length - failed.length,
      failed: failed.length,
      pending: Object.fromEntries(awaited),
    }
    console.log(JSON.stringify({ ...totals, cases: verdicts }))
    return
  }
  for (const { id, config, faults: found, reason } of failed) {
    console.log(`FAILED ${id} (${config})${reason === undefined ? '' : `, ours on purpose: ${reason}`}`)
    for (const fault of wish.verbose ? found : found.slice(0, 2)) {
      console.log(`  ${wish.verbose || fault.length < 300 ? fault : `${fault.slice(0, 300)}…`}`)
    }
  }
  const onPurpose = verdicts.filter(({ reason }) => reason !== undefined).length
  console.log(
    `${onPurpose} of ${verdicts.length} are answered differently on purpose: test/conformance/differences.jsonl`,
  )
  for (const [feature, count] of awaited) console.log(`pending: ${feature}, ${count}`)
  console.log(`${verdicts.length - failed.length} passed, ${failed.length} failed`)
}
