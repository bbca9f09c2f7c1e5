/** Processor time of a contestant in a round, in milliseconds. */
const TURN = 60

/** Processor time of all threads of this process so far, in milliseconds. */
const used = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Results are stored here, so that the compiler cannot remove the work. */
export let sink = 0

/** Uses a result at almost no cost. */
const consume = (answer: unknown): void => {
  sink += typeof answer === 'string' ? answer.length : Number(answer !== undefined)
}

/**
 * Runs `work` with one item after the other; the next turn continues where this one stopped.
 *
 * @param atOnce number of items between two readings of the clock
 * @returns a turn, whose figure is thousands of items per second of processor time
 */
export function working<Item>(
  items: readonly Item[],
  work: (item: Item) => unknown,
  atOnce = 64,
): () => number {
  let next = 0
  return () => {
    let done = 0
    const began = used()
    let spent = 0
    do {
      for (let i = 0; i < atOnce; i++) {
        consume(work(items[next]!))
        next = next + 1 === items.length ? 0 : next + 1
      }
      done += atOnce
      spent = used() - began
    } while (spent < TURN)
    return done / spent
  }
}

/** `turn` for asynchronous work. */
export function workingAsync<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
  atOnce = 16,
): () => Promise<number> {
  let next = 0
  return async () => {
    let done = 0
    const began = used()
    let spent = 0
    do {
      for (let i = 0; i < atOnce; i++) {
        consume(await work(items[next]!))
        next = next + 1 === items.length ? 0 : next + 1
      }
      done += atOnce
      spent = used() - began
    } while (spent < TURN)
    return done / spent
  }
}
