import { AuthError } from '../base/errors.ts'
import { CommandError } from './errors.ts'

/**
 * Does something whose fields a command has as options.
 *
 * @param options the option of each field: `{ expiresIn: '--expires' }`
 * @throws CommandError that names the options with errors
 */
export async function namingOptions<T>(
  options: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid') throw error
    const body = error.body as Readonly<Record<string, readonly string[]>>
    const lines = Object.entries(body ?? {}).map(
      ([field, messages]) => `${options[field] ?? field}: ${messages.join(' ')}`,
    )
    throw new CommandError(lines.join('\n') || error.detail)
  }
}
