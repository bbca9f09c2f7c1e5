import type { Verdict } from './judge.ts'

/** A conversation of a feature that does not exist yet. */
export interface Pending {
  readonly id: string
  readonly feature: string
}

export interface Report {
  readonly verdicts: readonly Verdict[]
  readonly pending: readonly Pending[]
  /** Of the whole run. */
  readonly seconds: number
  /** Milliseconds of each conversation. */
  readonly resets: readonly number[]
  readonly talks: readonly number[]
  /** Statuses that an OpenAPI document lists, and no conversation has seen. */
  readonly unseen: readonly string[]
}

const isFailed = ({ faults }: Verdict): boolean => faults.length > 0

/** The numbers at the end of a run. */
function totalsOf({ verdicts, pending, seconds, resets, talks }: Report) {
  const failed = verdicts.filter(isFailed).length
  return {
    conversations: verdicts.length + pending.length,
    passed: verdicts.length - failed,
    failed,
    pending: countsOf(pending.map(({ feature }) => feature)),
    seconds: rounded(seconds),
    resetMs: { median: quantile(resets, 0.5), p99: quantile(resets, 0.99) },
    talkMs: { median: quantile(talks, 0.5), p99: quantile(talks, 0.99) },
  }
}

export function printJson(report: Report): void {
  const { verdicts, pending, unseen } = report
  const totals = totalsOf(report)
  console.log(JSON.stringify({ ...totals, cases: verdicts, waiting: pending, unseen }))
}

/** @param verbose whether all differences are printed, each whole */
export function print(report: Report, verbose: boolean): void {
  const { verdicts, pending } = report
  for (const { id, feature } of pending) console.log(`pending ${id}: ${feature}`)
  for (const verdict of verdicts.filter(isFailed)) printFailed(verdict, verbose)
  const intended = verdicts.filter(({ reason }) => reason !== undefined).length
  console.log(
    `${intended} of ${verdicts.length} are intended differences: test/conformance/differences*.jsonl`,
  )
  const deviations = countsOf(verdicts.flatMap(({ deviations = [] }) => deviations))
  for (const [name, count] of Object.entries(deviations))
    console.log(`judged by a deviation: ${name}, ${count}`)
  console.log(
    `documented and never answered: ${report.unseen.length} statuses${verbose ? '' : ' (--verbose)'}`,
  )
  if (verbose) for (const each of report.unseen) console.log(`  ${each}`)
  printTotals(report)
}

function printFailed({ id, config, faults, reason }: Verdict, verbose: boolean): void {
  const intended = reason === undefined ? '' : `, intended: ${reason}`
  console.log(`FAILED ${id} (${config})${intended}`)
  for (const fault of verbose ? faults : faults.slice(0, 2))
    console.log(`  ${verbose || fault.length < 300 ? fault : `${fault.slice(0, 300)}…`}`)
}

function printTotals(report: Report): void {
  const { conversations, passed, failed, pending, seconds, resetMs, talkMs } =
    totalsOf(report)
  for (const [feature, count] of Object.entries(pending))
    console.log(`pending: ${feature}, ${count}`)
  if (report.resets.length > 0)
    console.log(
      `a server is ready after ${resetMs.median} ms (p99 ${resetMs.p99} ms), a conversation takes ${talkMs.median} ms (p99 ${talkMs.p99} ms)`,
    )
  console.log(
    `${conversations} conversations in ${seconds} s: ${passed} passed, ${failed} failed, ${report.pending.length} pending`,
  )
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const rounded = (value: number): number => Math.round(value * 10) / 10

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return rounded(sorted[Math.floor(part * (sorted.length - 1))] ?? 0)
}
