/**
 * The same work, one run at a time, so that no run that was slow brings back what a later one has seen go. Who asks gets a run
 * that begins after he did, shared with all who ask before it begins.
 */
export function serialize<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let coming: Promise<T> | undefined
  return () => {
    if (coming === undefined) {
      coming = last.then(() => {
        coming = undefined
        return work()
      })
      last = coming.catch(() => undefined)
    }
    return coming
  }
}
