import { milliseconds } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { CommandContext } from '../command/context.ts'
import type { RunningServer } from '../server/serve.ts'
import type { User } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import { messageOf } from './error-message.ts'

/** Time limit of the whole stop, including closing the database. */
const STOP_TIMEOUT = milliseconds(9_500)

/** Resolves at SIGTERM or SIGINT; a second signal ends the process at once. */
export async function stopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT')
}

/** Serves until the stop, then answers the requests in flight and closes the instance. */
export async function untilStopped(
  running: RunningServer,
  auth: Watchword<User>,
  { stderr, log }: Pick<CommandContext, 'stderr'> & { readonly log: Log },
  stopped: Promise<void>,
): Promise<void> {
  // A bug in one request must not end the others.
  const report = (error: unknown): void =>
    void stderr.write(`watchword error: ${messageOf(error)}\n`)
  process.on('unhandledRejection', report)
  await stopped
  log({ level: 'info', event: 'stopping: requests in progress are answered first' })
  setTimeout(() => process.exit(0), STOP_TIMEOUT).unref()
  await running.stop()
  await auth.close()
  process.off('unhandledRejection', report)
}
