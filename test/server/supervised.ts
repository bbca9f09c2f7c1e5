import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  StartError,
  SUPERVISOR_LIMITS,
  type SupervisorLimits,
  supervise,
} from '../../src/server/cluster/supervisor.ts'
import { asWorker } from '../../src/server/cluster/worker.ts'

/**
 * A supervisor with workers that do nothing. `supervisor.system.test.ts` makes them misbehave: while a file `broken` is in the
 * folder, a worker exits at once with code 3; while a file `stubborn` is there, it does not stop; on SIGUSR2 it blocks its
 * event loop.
 */
const [folder = '.', limits = '{}'] = process.argv.slice(2)
const has = (file: string): boolean => existsSync(join(folder, file))
const print = (entry: object): void =>
  void process.stdout.write(`${JSON.stringify(entry)}\n`)

const worker = await asWorker()
if (worker === undefined) {
  try {
    await supervise({
      workers: 2,
      log: print,
      onServing: ({ url }) => print({ event: 'serving', url }),
      limits: {
        ...SUPERVISOR_LIMITS,
        ...(JSON.parse(limits) as Partial<SupervisorLimits>),
      },
    })
    print({ event: 'stopped' })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    print({ event: 'gave up', code: error.exit.code, hasServed: error.hasServed })
  }
} else if (has('broken')) {
  process.exit(3)
} else {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1', () => {
    const stopped = worker.stopRequested(() => server.close())
    process.on('SIGUSR2', () => {
      for (;;);
    })
    worker.reportReady({ url: JSON.stringify(server.address()), users: 0, notes: [] })
    void stopped.then(() => {
      if (!has('stubborn')) worker.disconnect()
      else setInterval(() => undefined, 1000)
    })
  })
}
