import { type Platform, type WebStorage, within } from './platform.ts'
import { parseStored, type StoredState, textOf } from './stored-state.ts'
import type { TokenStorage } from './types.ts'

/** One key of a storage. No function rejects. */
export interface StorageSlot {
  read(): Promise<StoredState>
  /** Resolves when it is written, or cannot be. */
  write(found: StoredState): Promise<void>
  remove(): Promise<void>
}

/** Milliseconds that one operation may take. */
const TIME_LIMIT = 2000

/**
 * A storage whose operations run one after the other, each with a deadline.
 *
 * @param failed called at each operation that fails
 */
export function storageSlotOf(
  storage: TokenStorage,
  key: string,
  platform: Platform,
  failed: (cause: unknown) => void,
): StorageSlot {
  let last: Promise<unknown> = Promise.resolve()
  let isBroken = false
  let isVerified = false
  const timely = <T>(run: () => T | Promise<T>): Promise<T> =>
    within(platform, TIME_LIMIT, (async () => run())(), () => {
      throw new Error('The storage did not answer.')
    })
  const queue = <T>(run: () => Promise<T>): Promise<T | undefined> => {
    const done = last.then(run).catch((cause) => {
      isBroken = true
      failed(cause)
      return undefined
    })
    last = done
    return done
  }
  // After a failure, callers no longer wait for the storage.
  const change = (run: () => Promise<void>): Promise<void> => {
    const wasBroken = isBroken
    const done = queue(run)
    return wasBroken ? Promise.resolve() : done
  }
  const prove = async (text: string): Promise<void> => {
    if ((await timely(() => storage.get(key))) !== text)
      throw new Error('The storage lost a written value.')
    isVerified = true
  }
  return {
    read: async () => (await queue(readOf)) ?? {},
    write: (found) =>
      change(async () => {
        const text = textOf(found)
        await timely(() => storage.set(key, text))
        if (!isVerified) await prove(text)
      }),
    remove: () => change(() => timely(() => storage.remove(key))),
  }

  async function readOf(): Promise<StoredState> {
    const text = await timely(() => storage.get(key))
    const found = parseStored(text)
    const isForeign = text != null && Object.keys(found).length === 0
    if (isForeign) await timely(() => storage.remove(key))
    return found
  }
}

/** The page's storage. It may be missing, or throw at the first use. */
export const webStorage = (read: () => WebStorage): TokenStorage => ({
  get: (key) => read().getItem(key),
  set: (key, value) => read().setItem(key, value),
  remove: (key) => read().removeItem(key),
})
