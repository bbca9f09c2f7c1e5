import { escapeControls } from '../base/json-text.ts'
import type { CommandOutput } from '../command/command.ts'
import type { CommandContext } from '../command/context.ts'
import { CommandError, ReportedError } from '../command/errors.ts'
import { messageOf } from './error-message.ts'

export function lineOf({ text, json }: CommandOutput, isJson: boolean): string {
  if (isJson) return escapeControls(JSON.stringify(json))
  return text
}

/** Prints the message of an error. @returns the exit code */
export function reportError(
  error: unknown,
  { env, stderr }: CommandContext,
  isJson: boolean,
): number {
  if (error instanceof ReportedError) return error.exitCode
  const message = messageOf(error)
  stderr.write(`${lineOf({ text: message, json: { error: message } }, isJson)}\n`)
  if (env.WATCHWORD_DEBUG === '1') console.error(error)
  if (error instanceof CommandError) return error.exitCode
  return 1
}
