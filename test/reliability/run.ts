import { parseArgs } from 'node:util'
import { tableOf } from '../../src/command/table.ts'
import type { Kind } from './databases.ts'
import { attempt, type Finding, type Form, type Outcome, type Trial } from './trial.ts'
import { TRIALS } from './trials.ts'

/**
 * Tests the promises of docs/reliability.md:
 *
 *     npm run reliability [-- NAME…] [--database sqlite|postgres] [--short] [--json]
 *     npm run reliability -- --sabotage [NAME…]
 *
 * With `--sabotage` each trial runs in its short form once with each injected fault, and fails
 * unless it detects the fault.
 * NAME is a trial or a fault.
 */
const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string' },
    short: { type: 'boolean', default: false },
    sabotage: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

/** One trial on one database, with at most one injected fault. */
interface Attempt {
  readonly trial: Trial
  readonly kind: Kind
  readonly sabotage?: string
}

interface Tried extends Attempt {
  readonly outcome: Outcome
  readonly seconds: number
}

const all = attemptsOf(await Promise.all(TRIALS.map((read) => read())))
const chosen = all.filter(isSelected)
const known = new Set(all.flatMap(({ trial, sabotage }) => [trial.name, sabotage]))
const unknown = names.find((name) => !known.has(name))

if (unknown !== undefined)
  fail(
    `Unknown trial or fault "${unknown}". Expected one of: ${[...known].filter(Boolean).join(', ')}.`,
  )
else if (chosen.length === 0)
  fail('No trial matches these options. Remove --database or a name.')
else report(await make(chosen))

function fail(complaint: string): void {
  console.error(complaint)
  process.exitCode = 2
}

function attemptsOf(trials: readonly Trial[]): readonly Attempt[] {
  const onEach = trials.flatMap((trial) =>
    trial.databases.map((kind): Attempt => ({ trial, kind })),
  )
  if (!options.sabotage) return onEach
  return onEach.flatMap(({ trial, kind }) =>
    trial.sabotages
      .filter(({ databases = trial.databases }) => databases.includes(kind))
      .map(({ name }) => ({ trial, kind, sabotage: name })),
  )
}

function isSelected({ trial, kind, sabotage }: Attempt): boolean {
  const isNamed =
    names.length === 0 ||
    names.includes(trial.name) ||
    (sabotage !== undefined && names.includes(sabotage))
  return isNamed && (options.database ?? kind) === kind
}

/** One after the other: each has the machine to itself. */
async function make(attempts: readonly Attempt[]): Promise<readonly Tried[]> {
  const tried: Tried[] = []
  for (const each of attempts) {
    const { trial, kind, sabotage } = each
    const form: Form =
      (options.short || options.sabotage) && trial.hasShort ? 'short' : 'long'
    const progress = (text: string): void =>
      console.error(`${trial.name} ${kind}: ${text}`)
    progress(
      sabotage === undefined ? trial.promise : `with the injected fault "${sabotage}"`,
    )
    const began = performance.now()
    const outcome = await attempt(trial, kind, form, { sabotage, progress })
    const made = { ...each, outcome, seconds: (performance.now() - began) / 1000 }
    progress(`${isRight(made) ? 'passed' : 'FAILED'}, after ${made.seconds.toFixed(1)} s`)
    tried.push(made)
  }
  return tried
}

/** A trial passes if every promise held; with an injected fault, if one broke. */
function isRight({ sabotage, outcome }: Tried): boolean {
  if (outcome.kind !== 'tried') return outcome.kind === 'skipped'
  const allHold = outcome.findings.every(({ holds }) => holds)
  return sabotage === undefined ? allHold : !allHold
}

function report(tried: readonly Tried[]): void {
  const made = tried.filter(({ outcome }) => outcome.kind !== 'skipped')
  const failed = made.filter((each) => !isRight(each)).length
  process.exitCode = failed > 0 ? 1 : 0
  const totals = {
    passed: made.length - failed,
    failed,
    skipped: tried.length - made.length,
  }
  if (options.json) {
    const trials = tried.map(({ trial, kind, sabotage, outcome, seconds }) => ({
      name: trial.name,
      database: kind,
      ...(sabotage === undefined ? {} : { sabotage }),
      seconds: Number(seconds.toFixed(1)),
      ...outcome,
    }))
    console.log(JSON.stringify({ ...totals, trials }, undefined, 2))
    return
  }
  console.log(
    tableOf(
      [
        'TRIAL',
        'DATABASE',
        options.sabotage ? 'FAULT' : 'PROMISED',
        'OBSERVED',
        'VERDICT',
      ],
      tried.flatMap(rowsOf),
    ),
  )
  console.log(
    `\n${totals.passed} passed, ${failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`,
  )
}

/** One row per figure; with an injected fault, one row. */
function rowsOf({
  trial,
  kind,
  sabotage,
  outcome,
}: Tried): readonly (readonly string[])[] {
  if (outcome.kind !== 'tried')
    return [
      [
        trial.name,
        kind,
        sabotage ?? trial.promise,
        outcome.reason,
        outcome.kind === 'skipped' ? 'skipped' : 'FAILED',
      ],
    ]
  const { findings } = outcome
  if (sabotage === undefined) {
    return [...Map.groupBy(findings, ({ promised }) => promised).values()].map(
      (rounds, i) => {
        const { promised, seen, holds } = together(rounds)
        return [
          ...(i === 0 ? [trial.name, kind] : ['', '']),
          promised,
          seen,
          holds ? 'holds' : 'BROKEN',
        ]
      },
    )
  }
  const broken = findings.find(({ holds }) => !holds)
  return broken === undefined
    ? [[trial.name, kind, sabotage, 'every promise held', 'NOT DETECTED']]
    : [[trial.name, kind, sabotage, `${broken.promised}: ${broken.seen}`, 'detected']]
}

/**
 * Combines the rounds of one promise: least and greatest observation, of the broken ones if there
 * are any.
 */
function together(rounds: readonly Finding[]): Finding {
  const broken = rounds.filter(({ holds }) => !holds)
  const shown = broken.length > 0 ? broken : rounds
  const seen = [...new Set(shown.map((each) => each.seen))].sort(
    (a, b) => numberIn(a) - numberIn(b),
  )
  const range = seen.length > 2 ? `${seen[0]} to ${seen.at(-1)}` : seen.join(', ')
  const times =
    broken.length > 0 && rounds.length > 1
      ? ` (${broken.length} of ${rounds.length} times)`
      : ''
  return {
    promised: rounds[0]!.promised,
    seen: range + times,
    holds: broken.length === 0,
  }
}

const numberIn = (seen: string): number => Number.parseFloat(seen.replaceAll(',', ''))
