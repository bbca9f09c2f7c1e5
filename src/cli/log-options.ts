import type { Log } from '../base/log.ts'
import type { CommandContext } from '../command/context.ts'
import { firstSet, parseWord } from '../command/values.ts'
import { lineWriter } from '../server/line-writer.ts'
import { jsonLine, textLine } from '../server/request-log.ts'

export const LOG = {
  log: {
    type: 'string',
    value: 'FORMAT',
    help: 'json or text, on standard error; default: WATCHWORD_LOG, or text on a terminal and json elsewhere',
  },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    help: 'info (every request), warn or error; default: WATCHWORD_LOG_LEVEL, or info',
  },
} as const

type LogValues = { readonly [Name in keyof typeof LOG]?: string | undefined }

const FORMATS = ['json', 'text'] as const
const LINES = { json: jsonLine, text: textLine } as const
const LEVELS = ['info', 'warn', 'error'] as const

/** @throws UsageError */
export function logOf(
  values: LogValues,
  { env, stderr }: CommandContext,
  defaultFormat: keyof typeof LINES = stderr.isTTY ? 'text' : 'json',
): Log {
  const format = parseWord(
    firstSet(['--log', values.log], ['WATCHWORD_LOG', env.WATCHWORD_LOG]) ?? {
      name: '--log',
      text: defaultFormat,
    },
    FORMATS,
  )
  const level = parseWord(
    firstSet(
      ['--log-level', values['log-level']],
      ['WATCHWORD_LOG_LEVEL', env.WATCHWORD_LOG_LEVEL],
    ) ?? { name: '--log-level', text: 'info' },
    LEVELS,
  )
  const line = LINES[format]
  const write = writerOn(stderr, line)
  const lowest = LEVELS.indexOf(level)
  return (entry) => {
    if (LEVELS.indexOf(entry.level) >= lowest) write(line(entry))
  }
}

function writerOn(
  stderr: CommandContext['stderr'],
  line: typeof textLine,
): (text: string) => void {
  if (stderr !== process.stderr) return (text) => void stderr.write(`${text}\n`)
  return lineWriter(process.stderr.fd, (count) =>
    line({ level: 'warn', event: 'log lines were lost', count }),
  )
}
