import { parseArgs } from 'node:util'
import { tableOf } from '../../src/command/table.ts'
import type { Kind } from './databases.ts'
import { attempt, type Finding, type Form, type Outcome, type Trial } from './trial.ts'
import { TRIALS } from './trials.ts'

/**
 * Puts what is promised of reliability to the test, in numbers:
 *
 *     npm run reliability [-- NAME…] [--database sqlite|postgres] [--short] [--json]
 *     npm run reliability -- --sabotage [NAME…]
 *
 * With `--sabotage` each trial is made, in its short form, with each of the faults built in that it must notice, and fails
 * where it does not. A name is a trial's or a fault's.
 */
const { values: wish, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string' },
    short: { type: 'boolean', default: false },
    sabotage: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

/** One trial on one database, with one fault built in or none. */
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
const chosen = all.filter(isWished)
const known = new Set(all.flatMap(({ trial, sabotage }) => [trial.name, sabotage]))
const unknown = names.find((name) => !known.has(name))

if (unknown !== undefined)
  give(
    `There is no trial "${unknown}". There are: ${[...known].filter(Boolean).join(', ')}.`,
  )
else if (chosen.length === 0) give('No trial is made like that.')
else report(await make(chosen))

function give(complaint: string): void {
  console.error(complaint)
  process.exitCode = 2
}

function attemptsOf(trials: readonly Trial[]): readonly Attempt[] {
  const onEach = trials.flatMap((trial) =>
    trial.databases.map((kind): Attempt => ({ trial, kind })),
  )
  if (!wish.sabotage) return onEach
  return onEach.flatMap(({ trial, kind }) =>
    trial.sabotages
      .filter(({ databases = trial.databases }) => databases.includes(kind))
      .map(({ name }) => ({ trial, kind, sabotage: name })),
  )
}

function isWished({ trial, kind, sabotage }: Attempt): boolean {
  const isNamed =
    names.length === 0 ||
    names.includes(trial.name) ||
    (sabotage !== undefined && names.includes(sabotage))
  return isNamed && (wish.database ?? kind) === kind
}

/** One after the other: each has the machine to itself. */
async function make(attempts: readonly Attempt[]): Promise<readonly Tried[]> {
  const tried: Tried[] = []
  for (const each of attempts) {
    const { trial, kind, sabotage } = each
    const form: Form = (wish.short || wish.sabotage) && trial.hasShort ? 'short' : 'long'
    const progress = (text: string): void =>
      console.error(`${trial.name} ${kind}: ${text}`)
    progress(sabotage === undefined ? trial.promise : `with the fault "${sabotage}"`)
    const began = performance.now()
    const outcome = await attempt(trial, kind, form, { sabotage, progress })
    const made = { ...each, outcome, seconds: (performance.now() - began) / 1000 }
    progress(
      `${isRight(made) ? 'as it should be' : 'NOT as it should be'}, after ${made.seconds.toFixed(1)} s`,
    )
    tried.push(made)
  }
  return tried
}

/** Whether it went as it should: every promise held, or the fault was noticed. */
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
  if (wish.json) {
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
      ['TRIAL', 'DATABASE', wish.sabotage ? 'FAULT' : 'PROMISED', 'SEEN', 'VERDICT'],
      tried.flatMap(rowsOf),
    ),
  )
  console.log(
    `\n${totals.passed} passed, ${failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`,
  )
}

/** A row a figure. Of a trial with a fault built in one that broke is enough. */
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
    ? [[trial.name, kind, sabotage, 'every promise still held', 'NOT NOTICED']]
    : [[trial.name, kind, sabotage, `${broken.promised}: ${broken.seen}`, 'noticed']]
}

/** One promise in several rounds: the least and the most that was seen, of those that broke it where there are any. */
function together(rounds: readonly Finding[]): Finding {
  const broken = rounds.filter(({ holds }) => !holds)
  const telling = broken.length > 0 ? broken : rounds
  const seen = [...new Set(telling.map((each) => each.seen))].sort(
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
