/** The time of a bench: nothing passes until a test lets it. */
export interface FakeTime {
  /** Milliseconds since the start. */
  elapsed(): number
  later(milliseconds: number, run: () => void): object
  cancel(timer: unknown): void
  /** What is under way outside of this time. */
  during<T>(work: Promise<T>): Promise<T>
  /** Lets milliseconds pass. */
  pass(milliseconds: number): Promise<void>
  /** Lets time pass until a promise is settled. @throws Error if it takes longer than `most` */
  until<T>(promise: Promise<T>, most?: number): Promise<T>
  /** Time passes in which no timer runs, as in a frozen page. */
  freeze(milliseconds: number): void
  /** The longest delay that a timer was set to. */
  longest(): number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** @param moved called whenever time has passed */
export function fakeTime(moved: (elapsed: number) => void): FakeTime {
  let elapsed = 0
  let longest = 0
  const timers = new Set<Timer>()
  const underWay = new Set<Promise<unknown>>()

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet++) {
      await turn()
      if (underWay.size === 0) continue
      await Promise.race(underWay)
      quiet = -1
    }
  }

  const nextTimer = (): Timer | undefined =>
    [...timers].reduce<Timer | undefined>(
      (first, each) => (first && first.at <= each.at ? first : each),
      undefined,
    )

  function runTimer(timer: Timer): void {
    timers.delete(timer)
    if (timer.at > elapsed) {
      elapsed = timer.at
      moved(elapsed)
    }
    timer.run()
  }

  return {
    elapsed: () => elapsed,
    longest: () => longest,
    freeze(milliseconds) {
      elapsed += milliseconds
      moved(elapsed)
    },
    later(milliseconds, run) {
      longest = Math.max(longest, milliseconds)
      // As browsers do it.
      const wait = milliseconds >= 2 ** 31 ? 1 : Math.max(0, milliseconds)
      const timer = { at: elapsed + wait, run }
      timers.add(timer)
      return timer
    },
    cancel: (timer) => void timers.delete(timer as Timer),
    during(work) {
      const seen = work.then(
        () => {},
        () => {},
      )
      underWay.add(seen)
      void seen.then(() => underWay.delete(seen))
      return work
    },
    async pass(milliseconds) {
      const end = elapsed + milliseconds
      await settle()
      for (let next = nextTimer(); next && next.at <= end; next = nextTimer()) {
        runTimer(next)
        await settle()
      }
      elapsed = end
      moved(elapsed)
      await settle()
    },
    async until(promise, most = 30_000) {
      const end = elapsed + most
      let isSettled = false
      const done = () => {
        isSettled = true
      }
      promise.then(done, done)
      await settle()
      while (!isSettled) {
        const next = nextTimer()
        if (!next || next.at > end) throw new Error(`not settled within ${most} ms`)
        runTimer(next)
        await settle()
      }
      return promise
    },
  }
}
