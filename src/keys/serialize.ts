/**
 * Runs `work` one run at a time, so that a slow run cannot overwrite the result of a later one. A call resolves with a run that
 * starts after it, shared with all calls before that start.
 */
export function serialize<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  return () => {
    if (next === undefined) {
      next = last.then(() => {
        next = undefined
        return work()
      })
      last = next.catch(() => undefined)
    }
    return next
  }
}
