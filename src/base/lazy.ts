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

/** Computes once, at first use. */
export function once<T>(compute: () => T): () => T {
  let computed: { readonly value: T } | undefined
  return () => {
    computed ??= { value: compute() }
    return computed.value
  }
}

/** `lazy` for each key. */
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

/**
 * Functions whose code is loaded when one of them is called, for a feature that is off in most instances.
 *
 * @param names theirs
 */
export function loadedWhenCalled<All extends Functions<All>>(
  names: { readonly [Name in keyof All]: true },
  load: () => Promise<All>,
): All {
  const loaded = lazy(load)
  const loading = Object.keys(names).map((name) => [
    name,
    async (...values: readonly never[]) => (await loaded())[name as keyof All](...values),
  ])
  // The same names, with functions of the same types.
  return Object.fromEntries(loading) as All
}

type Functions<All> = {
  readonly [Name in keyof All]: (...values: never[]) => Promise<unknown>
}
