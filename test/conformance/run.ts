import { parseArgs } from 'node:util'
import { replay } from './replay.ts'
import { print, printJson } from './report.ts'

/**
 * Replays recorded conversations against watchword:
 *
 *     npm run conformance [-- FILE…] [--only PREFIX] [--verbose] [--json]
 *
 * Cases of a later file replace those of an earlier one. A `configs.json` beside a file is used, too.
 */
const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const report = await replay(files, options.only).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
process.exitCode = report.verdicts.some(({ faults }) => faults.length > 0) ? 1 : 0
if (options.json) printJson(report)
else print(report, options.verbose)
