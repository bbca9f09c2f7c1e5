import { AuthError } from './error.ts'
import { type Platform, within } from './platform.ts'

/** A key pair of WebCrypto whose private key cannot be exported. */
export interface ProofKey {
  readonly privateKey: unknown
  readonly publicKey: unknown
}

/** Where keys are kept, by the thumbprint of each. */
export interface ProofKeys {
  get(thumbprint: string): Promise<ProofKey | undefined>
  set(thumbprint: string, key: ProofKey): Promise<unknown>
  remove(thumbprint: string): Promise<unknown>
}

interface Asked<T> {
  readonly result: T
  onsuccess: (() => void) | null
  onerror: (() => void) | null
  onupgradeneeded?: (() => void) | null
  readonly error?: unknown
}

interface Database {
  close(): void
  createObjectStore(name: string): unknown
  transaction(name: string, mode: string): { objectStore(name: string): Store }
}

interface Store {
  get(key: string): Asked<ProofKey | undefined>
  put(value: ProofKey, key: string): Asked<unknown>
  delete(key: string): Asked<unknown>
}

interface Databases extends Platform {
  readonly indexedDB: { open(name: string, version: number): Asked<Database> }
}

const KEYS = 'keys'

const answered = <T>(asked: Asked<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })

/** Milliseconds that one operation may take: some browsers never answer. */
const TIME_LIMIT = 2000

/** Keys in IndexedDB, which the tabs of a browser share; none, if it cannot be used. */
export function keysIn(name: string): ProofKeys {
  const page = globalThis as unknown as Databases

  /** Opens the database for one operation: an open one could not be deleted by a page that clears its storage. */
  async function run<T>(work: (store: Store) => Asked<T>): Promise<T> {
    const asked = page.indexedDB.open(name, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(KEYS)
    const database = await answered(asked)
    try {
      const store = database.transaction(KEYS, 'readwrite').objectStore(KEYS)
      return await answered(work(store))
    } finally {
      database.close()
    }
  }

  /** @throws AuthError `storage` if there is no answer: whether there is a key is not known */
  const timely = <T>(work: (store: Store) => Asked<T>): Promise<T | undefined> =>
    within(
      page,
      TIME_LIMIT,
      run(work).catch(() => undefined),
      () => {
        throw new AuthError('storage')
      },
    )

  return {
    get: (thumbprint) => timely((store) => store.get(thumbprint)),
    set: (thumbprint, key) => timely((store) => store.put(key, thumbprint)),
    remove: (thumbprint) => timely((store) => store.delete(thumbprint)),
  }
}
