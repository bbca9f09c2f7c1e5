/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/**
 * Whether something has to be waited for: whatever can be awaited, of another realm's making or a library's, or what is asked
 * later would be taken for an answer.
 */
export const isPromise = <T>(value: Awaitable<T>): value is Promise<T> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
