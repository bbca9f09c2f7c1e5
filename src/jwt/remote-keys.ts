import type { Awaitable } from '../base/awaitable.ts'
import { describeFailure, fetchJson } from '../base/fetch-json.ts'
import { invalidKey } from './key.ts'

export interface RemoteKeysOptions {
  /** Seconds for which a copy is good. Default 300 seconds. */
  readonly maxAge?: number | undefined
  /** The least seconds between two requests, whatever tokens come. Default 60 seconds. */
  readonly coolDown?: number | undefined
  /** The most seconds that a request may take. Default 5 seconds. */
  readonly patience?: number | undefined
  /** For tests. */
  readonly fetch?: typeof fetch | undefined
  /** Seconds since some moment, never set back. */
  readonly elapsed?: (() => number) | undefined
  /** Told why a request brought no keys. Tokens are then refused, or judged by the last good copy. */
  readonly failed?: ((error: unknown) => void) | undefined
}

/** Keys that are followed; `Key` is what the runtime checks signatures with. */
export interface RemoteKeys<Key> {
  /** Changes with the keys; `NaN`, equal to nothing, while the copy is too old. */
  readonly version: number
  /** The last good copy. */
  readonly keys: readonly Key[]
  /** Whether there ever was one. */
  readonly isThere: boolean
  find(kid: string | undefined): Awaitable<Key | undefined>
}

/** The least seconds between two requests before the first answer. */
const FIRST_PAUSE = 1

const systemElapsed = (): number => performance.now() / 1000

/**
 * The keys that somebody publishes at `url` (RFC 7517 §5). They are asked for when first needed, when their copy is too old,
 * and when a token names a key that is not among them; never more often than the cool-down lets, one request at a time. The last
 * good copy is kept through an outage.
 *
 * @param usable what can be used of a set's entries; to be told of where it is nothing
 */
export function remoteKeys<Key extends { readonly kid: string | undefined }>(
  url: string,
  usable: (entries: readonly unknown[]) => Awaitable<readonly Key[]>,
  options: RemoteKeysOptions,
): RemoteKeys<Key> {
  const {
    maxAge = 300,
    coolDown = 60,
    patience = 5,
    elapsed = systemElapsed,
    failed = () => {},
  } = options
  let keys: readonly Key[] = []
  let version = 0
  let readAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  let lastFailed = false

  async function ask(): Promise<void> {
    askedAt = elapsed()
    try {
      const get = options.fetch ?? fetch
      const document = await fetchJson(url, {
        what: 'the key set',
        accept: ACCEPT,
        patience,
        get,
      })
      keys = await usable(entriesOf(document))
      version++
      readAt = elapsed()
      lastFailed = false
      // Whoever withdraws all keys is believed, and it may be a mistake.
      if (keys.length === 0)
        describeFailure(failed, new Error('the key set has no key that can be used'))
    } catch (error) {
      lastFailed = true
      describeFailure(failed, error)
    } finally {
      asking = undefined
    }
  }
  const isFresh = (): boolean => elapsed() - readAt < maxAge
  /** While there is no copy at all, nothing can be checked: that is not waited out. */
  const pause = (): number => (version === 0 ? Math.min(coolDown, FIRST_PAUSE) : coolDown)
  const mayAsk = (): boolean => asking !== undefined || elapsed() - askedAt >= pause()
  /** Of others' keys one is believed only by its name. */
  const named = (kid: string | undefined): Key | undefined =>
    kid === undefined ? undefined : keys.find((key) => key.kid === kid)

  return {
    get version() {
      return isFresh() ? version : Number.NaN
    },
    get keys() {
      return keys
    },
    get isThere() {
      return version > 0
    },
    find(kid) {
      const key = named(kid)
      if ((key !== undefined && isFresh()) || !mayAsk()) return key
      asking ??= ask()
      // In an outage nobody waits for what is known already.
      return key !== undefined && lastFailed ? key : asking.then(() => named(kid))
    },
  }
}

const ACCEPT = 'application/jwk-set+json, application/json'

/** @throws AuthError `invalid_key` where it is no key set (RFC 7517 §5) */
export function entriesOf(document: unknown): readonly unknown[] {
  const keys =
    typeof document === 'object' && document !== null
      ? (document as { keys?: unknown }).keys
      : undefined
  if (!Array.isArray(keys))
    throw invalidKey('a key set is a JSON object with an array "keys"')
  return keys
}

/**
 * What of a foreign set means one thing only: a name given twice names nothing, and of one key under two names the first counts.
 *
 * @param printOf the same text for the same key, whatever it is called
 */
export function unambiguous<Key extends { readonly kid: string | undefined }>(
  keys: readonly Key[],
  printOf: (key: Key) => string,
): readonly Key[] {
  const named = keys.filter(
    ({ kid }) => keys.filter((other) => other.kid === kid).length === 1,
  )
  const prints = named.map(printOf)
  return named.filter((_, i) => prints.indexOf(prints[i]!) === i)
}
