import { parseArgs } from 'node:util'
import { CORPUS, type Corpus, readCorpus } from './corpus.ts'
import { withOwnCases } from './own-cases.ts'
import { pendingKinds, replayInProcess, replayOverHttp, unplayable } from './replay.ts'
import { isPending, type Judged, type Pending, type Verdict } from './verdict.ts'

/**
 * Replays a corpus of attacks and their controls, by default that of this repository with the cases of `own-cases.ts`:
 *
 *     npm run attacks [-- FILE] [--json]
 *
 * Tokens, keys, settings and names run in this process, through the code of the server; requests go over raw sockets to server
 * processes. Cases of missing features are counted as pending.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})

const [file] = positionals
const corpus = file === undefined ? withOwnCases(readOrExit(CORPUS)) : readOrExit(file)
const judged: readonly Judged[] = [
  ...unplayable(corpus),
  ...(await replayInProcess(corpus)),
  ...(await replayOverHttp(corpus)),
  ...pendingKinds(corpus),
]
const verdicts = judged.filter((each): each is Verdict => !isPending(each))
const failed = verdicts.filter(({ faults }) => faults.length > 0)
const pending = [
  ...Map.groupBy(judged.filter(isPending), ({ kind, feature }) => `${kind}, ${feature}`),
]

process.exitCode = failed.length > 0 ? 1 : 0
if (options.json) printJson(verdicts, judged.filter(isPending))
else print()

function readOrExit(file: string | URL): Corpus {
  try {
    return readCorpus(file)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}

function print(): void {
  if (failed.length > 0) printTable(failed)
  for (const { id, because } of verdicts)
    if (because !== undefined) console.log(`on the wire: ${id}: ${because}`)
  for (const [what, cases] of pending) console.log(`pending: ${what}: ${cases.length}`)
  console.log(`${verdicts.length - failed.length} passed, ${failed.length} failed`)
}

function printTable(rows: readonly Verdict[]): void {
  const wide = (of: (row: Verdict) => string): number =>
    Math.max(...rows.map((row) => of(row).length))
  const [ids, kinds] = [wide(({ id }) => id), wide(({ kind }) => kind)]
  for (const { id, kind, reason, faults } of rows) {
    console.log(`FAILED  ${id.padEnd(ids)}  ${kind.padEnd(kinds)}  ${reason}`)
    for (const fault of faults)
      console.log(`        ${' '.repeat(ids)}  ${' '.repeat(kinds)}  → ${fault}`)
  }
}

function printJson(all: readonly Verdict[], waiting: readonly Pending[]): void {
  const totals = {
    passed: all.length - failed.length,
    failed: failed.length,
    pending: waiting.length,
  }
  console.log(
    JSON.stringify({ ...totals, cases: [...all, ...waiting] satisfies Judged[] }),
  )
}
