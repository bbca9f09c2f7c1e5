/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/** Accepts any thenable: a promise of another realm or library is no `instanceof Promise`. */
export const isPromise = <T>(value: Awaitable<T>): value is Promise<T> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'

/** Calls `next` with a value: at once, or when its promise resolves. A value that is no promise costs no turn of the event loop. */
export const andThen = <T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> => {
  if (isPromise(value)) return Promise.resolve(value).then(next)
  return next(value)
}

/** Passes an error of `work`, thrown or rejected, to `recover`. */
export function catchError<T>(
  work: () => Awaitable<T>,
  recover: (error: unknown) => Awaitable<T>,
): Awaitable<T> {
  try {
    const value = work()
    if (isPromise(value)) return Promise.resolve(value).then(undefined, recover)
    return value
  } catch (error) {
    return recover(error)
  }
}
