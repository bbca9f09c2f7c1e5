import type { Log } from '../base/log.ts'
import { lineWriter } from '../server/line-writer.ts'
import { jsonLine, textLine } from '../server/request-log.ts'
import type { CommandContext } from './context.ts'
import { UsageError } from './errors.ts'

/** How `start` and `dev` log. */
export const LOG = {
  log: {
    type: 'string',
    value: 'FORMAT',
    says: 'json or text, on standard error; else WATCHWORD_LOG, else text at a terminal and json elsewhere',
  },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    says: 'info (each request), warn or error; else WATCHWORD_LOG_LEVEL, else info',
  },
} as const

const FORMATS = { json: jsonLine, text: textLine } as const
const LEVELS = ['info', 'warn', 'error'] as const

/** @param usual the format where nobody names one @throws WrongUsage */
export function logOf(
  {
    log,
    'log-level': level,
  }: { readonly [Name in keyof typeof LOG]?: string | undefined },
  { env, stderr }: CommandContext,
  usual: keyof typeof FORMATS = stderr.isTTY ? 'text' : 'json',
): Log {
  const line =
    FORMATS[
      oneOf(
        log ?? (env.WATCHWORD_LOG || usual),
        Object.keys(FORMATS) as (keyof typeof FORMATS)[],
        '--log',
      )
    ]
  const least = LEVELS.indexOf(
    oneOf(level ?? (env.WATCHWORD_LOG_LEVEL || 'info'), LEVELS, '--log-level'),
  )
  const lost = (count: number): string =>
    line({ level: 'warn', event: 'lines of the log were lost', count })
  const write =
    stderr === process.stderr
      ? lineWriter(process.stderr.fd, lost)
      : (text: string) => void stderr.write(`${text}\n`)
  return (entry) => {
    if (LEVELS.indexOf(entry.level) >= least) write(line(entry))
  }
}

function oneOf<Word extends string>(
  typed: string,
  words: readonly Word[],
  option: string,
): Word {
  const known = words.find((word) => word === typed)
  if (known === undefined)
    throw new UsageError(`${option} is one of: ${words.join(', ')}.`)
  return known
}
