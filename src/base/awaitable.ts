/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/** Accepts any thenable: a promise of another realm or library is no `instanceof Promise`. */
export const isPromise = <T>(value: Awaitable<T>): value is Promise<T> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
