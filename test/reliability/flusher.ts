import { setTimeout as sleep } from 'node:timers/promises'
import { seconds, systemClock } from '../../src/base/clock.ts'
import { monotonicClock } from '../../src/base/monotonic.ts'
import { flush } from '../../src/sessions/flush.ts'
import { storeAt } from './store.ts'

/**
 * Flushes while its parent allows it (`go`, `hold`), reports progress, and exits when nothing is
 * left.
 */
const [database = '', fault] = process.argv.slice(2)
let mayGo = Promise.withResolvers<void>()

process.on('message', (word: 'go' | 'hold') => {
  if (word === 'go') mayGo.resolve()
  else mayGo = Promise.withResolvers()
})
process.on('disconnect', () => process.exit())

const store = await storeAt(database)
await store.migrate()
process.send?.('ready')
await mayGo.promise
const pace = {
  elapsed: monotonicClock,
  async rest(length: number) {
    if (fault !== 'no-pause') await sleep(length)
    await mayGo.promise
  },
}
const sessions =
  fault === 'no-pause'
    ? {
        flush: (moment: never, _: number) =>
          store.ports.sessions.flush(moment, 1_000_000).then(() => 0),
      }
    : store.ports.sessions
await flush(
  sessions,
  systemClock(),
  seconds(300),
  (deleted) => process.send?.({ deleted }),
  pace,
)
await store.close()
process.disconnect()
