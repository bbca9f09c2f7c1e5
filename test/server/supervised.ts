import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  StartError,
  supervise,
  TIMEOUTS,
  type Timeouts,
} from '../../src/server/cluster/supervisor.ts'
import { asWorker } from '../../src/server/cluster/worker.ts'

/**
 * A supervisor and its workers, which do nothing; `workers.test.ts` makes them misbehave: a worker ends at once with 3 while a
 * file `broken` lies in the folder, blocks its loop on SIGUSR2, and does not end by itself while a file `stubborn` lies there.
 */
const [folder = '.', timeouts = '{}'] = process.argv.slice(2)
const has = (file: string): boolean => existsSync(join(folder, file))
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`)

const worker = asWorker()
if (worker === undefined) {
  try {
    await supervise({
      workers: 2,
      log: say,
      onServing: ({ url }) => say({ event: 'serving', url }),
      timeouts: { ...TIMEOUTS, ...(JSON.parse(timeouts) as Partial<Timeouts>) },
    })
    say({ event: 'stopped' })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    say({ event: 'gave up', code: error.exit.code, served: error.hasServed })
  }
} else if (has('broken')) {
  process.exit(3)
} else {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1', () => {
    const told = worker.untilTold(() => server.close())
    process.on('SIGUSR2', () => {
      for (;;);
    })
    worker.ready({ url: JSON.stringify(server.address()), users: 0 })
    void told.then(() => {
      if (!has('stubborn')) worker.leave()
      else setInterval(() => undefined, 1000)
    })
  })
}
