import { createClient, passkeys } from '../../../src/client/index.ts'

/** What the tests call. */
Object.assign(globalThis, {
  createClient,
  passkeys,
  /** Moves the clock of the page. */
  moveClock(milliseconds: number) {
    const real = Date.now
    Date.now = () => real() + milliseconds
  },
})
