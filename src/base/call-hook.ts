import type { Log } from './log.ts'

/** Calls a hook of the user's and logs its failure: a hook never changes the answer to a request (rule D8). */
export async function callHook(
  log: Log,
  name: string,
  handler: () => unknown,
): Promise<void> {
  try {
    await handler()
  } catch (error) {
    log({ level: 'error', event: `${name} failed`, reason: String(error) })
  }
}
