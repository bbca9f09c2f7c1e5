import type { Log } from '../base/log.ts'
import type { CommandContext } from '../command/context.ts'
import { parseWord } from '../command/values.ts'
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
    { name: '--log', text: values.log ?? (env.WATCHWORD_LOG || defaultFormat) },
    FORMATS,
  )
  const level = parseWord(
    {
      name: '--log-level',
      text: values['log-level'] ?? (env.WATCHWORD_LOG_LEVEL || 'info'),
    },
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
