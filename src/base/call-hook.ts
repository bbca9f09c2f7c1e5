import type { Log } from './log.ts'

/** Tells a handler of the user's what has happened. Whatever becomes of that, the answer stays as it is (rule D8). */
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
