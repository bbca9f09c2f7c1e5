import type { Log } from '../base/log.ts'
import type { CommandContext } from '../command/context.ts'
import { lineWriter } from '../server/line-writer.ts'
import { jsonLine, textLine } from '../server/request-log.ts'

export const FORMATS = ['json', 'text'] as const
export const LEVELS = ['info', 'warn', 'error'] as const
const LINES = { json: jsonLine, text: textLine } as const

export interface LogSettings {
  readonly format: (typeof FORMATS)[number]
  /** Entries below it are left out. */
  readonly level: (typeof LEVELS)[number]
}

export function openLog(
  { format, level }: LogSettings,
  stderr: CommandContext['stderr'],
): Log {
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
