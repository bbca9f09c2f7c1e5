import { AuthError } from '../base/errors.ts'
import { lazy } from '../base/lazy.ts'

/** Something that is opened at first use. */
export interface Lazy<T> {
  /** @throws AuthError `store_unavailable` after `close` */
  open(): Promise<T>
  /** `undefined` until it is open. */
  current(): T | undefined
  close(): Promise<void>
}

export function lazily<T extends { close(): Promise<void> }>(
  openNow: () => Promise<T>,
): Lazy<T> {
  let opened: T | undefined
  let latest: Promise<T> | undefined
  let isClosed = false

  const opening = lazy(async (): Promise<T> => {
    opened = await openNow()
    return opened
  })
  return {
    async open() {
      if (isClosed)
        throw new AuthError('store_unavailable', 'the instance has been closed')
      latest = opening()
      return latest
    },
    current: () => opened,
    async close() {
      isClosed = true
      await latest?.then((open) => open.close()).catch(() => undefined)
    },
  }
}
