import { AuthError } from '../base/errors.ts'

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
  let opening: Promise<T> | undefined
  let isClosed = false

  const start = async (): Promise<T> => {
    try {
      opened = await openNow()
      return opened
    } catch (error) {
      // The next use tries again.
      opening = undefined
      throw error
    }
  }
  return {
    async open() {
      if (isClosed)
        throw new AuthError('store_unavailable', 'the instance has been closed')
      opening ??= start()
      return opening
    },
    current: () => opened,
    async close() {
      isClosed = true
      await opening?.then((open) => open.close()).catch(() => undefined)
    },
  }
}
