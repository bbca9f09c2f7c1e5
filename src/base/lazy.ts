/**
 * Loads once, at first use. A failed load is forgotten: the next use tries
 * again.
 */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}

/** The same for each key. */
export function lazyByKey<Key, T>(
  load: (key: Key) => Promise<T>,
): (key: Key) => Promise<T> {
  const loads = new Map<Key, () => Promise<T>>()
  return (key) => {
    const known = loads.get(key) ?? lazy(() => load(key))
    loads.set(key, known)
    return known()
  }
}
