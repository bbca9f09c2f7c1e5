/** Milliseconds of processor time that a contestant works in a round. */
const TURN = 60

/** Milliseconds of processor time that this process has used, on all its threads. */
const used = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Where results go, so that nobody can leave the work out. */
export let sink = 0

/** How often an answer is consumed: by its size, which costs next to nothing. */
const consume = (answer: unknown): void => {
  sink += typeof answer === 'string' ? answer.length : Number(answer !== undefined)
}

/**
 * Does `work` with one item after the other, going on in the next turn where this one stopped.
 *
 * @param atOnce how many are done between two looks at the clock
 * @returns a turn; its figure is how many thousand items a second of processor time takes
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

/** The same for work that has to be waited for. */
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
