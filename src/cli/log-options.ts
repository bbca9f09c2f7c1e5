import type { CommandContext } from '../command/context.ts'
import { firstSet, parseWord } from '../command/values.ts'
import { FORMATS, LEVELS, type LogSettings } from './open-log.ts'

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

/** @throws UsageError */
export function logSettingsOf(
  values: LogValues,
  { env, stderr }: CommandContext,
  defaultFormat: LogSettings['format'] = stderr.isTTY ? 'text' : 'json',
): LogSettings {
  const format = firstSet(['--log', values.log], ['WATCHWORD_LOG', env.WATCHWORD_LOG])
  const level = firstSet(
    ['--log-level', values['log-level']],
    ['WATCHWORD_LOG_LEVEL', env.WATCHWORD_LOG_LEVEL],
  )
  return {
    format: parseWord(format ?? { name: '--log', text: defaultFormat }, FORMATS),
    level: parseWord(level ?? { name: '--log-level', text: 'info' }, LEVELS),
  }
}
