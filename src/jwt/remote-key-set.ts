import { Refusal } from '../base/refusal.ts'
import type { Awaitable } from '../base/request.ts'
import type { Algorithm } from './algorithms.ts'
import type { Jwk } from './jwk.ts'
import type { VerifyingKey } from './key.ts'
import { entriesOf, KeySet, type KeySource } from './key-set.ts'
import { importVerifyingKey, thumbprintOf } from './public-key.ts'

export interface RemoteKeySetOptions {
  /** The one that its tokens have. Keys for others are passed over. */
  readonly algorithm: Algorithm
  /** Seconds for which a copy is good. Default 300 seconds. */
  readonly maxAge?: number
  /** The least seconds between two requests, whatever tokens come. Default 60 seconds. */
  readonly coolDown?: number
  /** The most seconds that a request may take. Default 5 seconds. */
  readonly patience?: number
  /** For tests. */
  readonly fetch?: typeof fetch
  /** Seconds since some moment, never set back. */
  readonly elapsed?: () => number
  /** Told why a request brought no keys. Tokens are then refused, or judged by the last good copy. */
  readonly failed?: (error: unknown) => void
}

/** Octets that a key set may have. */
const LONGEST = 1_048_576

const systemElapsed = (): number => performance.now() / 1000

/**
 * The keys that somebody publishes at `url` (RFC 7517 §5). They are asked for when first needed, when their copy is too old,
 * and when a token names a key that is not among them; never more often than the cool-down lets, one request at a time. The last
 * good copy is kept through an outage.
 *
 * @throws Refusal `config_refused` where the address is not https (plain http is for loopback addresses)
 */
export function remoteKeySet(url: string, options: RemoteKeySetOptions): KeySource {
  const address = parseAddress(url)
  const { algorithm, maxAge = 300, coolDown = 60, patience = 5 } = options
  const { elapsed = systemElapsed, failed = () => {} } = options
  const known = new KeySet([])
  let readAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  let lastFailed = false

  async function ask(): Promise<void> {
    askedAt = elapsed()
    try {
      const document = await load(address, patience, options.fetch ?? fetch)
      const keys = usableKeys(document, algorithm)
      known.replace(keys)
      readAt = elapsed()
      lastFailed = false
      // Whoever withdraws all keys is believed, and it may be a mistake.
      if (keys.length === 0) tell(failed, new Error(`the key set has no key for ${algorithm}`))
    } catch (error) {
      lastFailed = true
      tell(failed, error)
    } finally {
      asking = undefined
    }
  }
  const isFresh = (): boolean => elapsed() - readAt < maxAge
  const mayAsk = (): boolean => asking !== undefined || elapsed() - askedAt >= coolDown

  return {
    get version() {
      return isFresh() ? known.version : Number.NaN
    },
    algorithms: new Set([algorithm]),
    find(kid): Awaitable<VerifyingKey | undefined> {
      const key = namedKey(known, kid)
      if ((key !== undefined && isFresh()) || !mayAsk()) return key
      asking ??= ask()
      // In an outage nobody waits for what is known already.
      return key !== undefined && lastFailed ? key : asking.then(() => namedKey(known, kid))
    },
  }
}

/** Whoever is told may fail; a token is judged all the same. */
function tell(failed: (error: unknown) => void, error: unknown): void {
  try {
    failed(error)
  } catch {
    // Nobody is left to tell.
  }
}

/** Of others' keys one is believed only by its name. */
const namedKey = (known: KeySet, kid: string | undefined): VerifyingKey | undefined =>
  known.keys.find((key) => kid !== undefined && key.kid === kid)

function parseAddress(url: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(address?.hostname ?? '')
  if (address?.protocol === 'https:' || (address?.protocol === 'http:' && isLoopback)) return address.href
  throw new Refusal('config_refused', 'tokens.jwksUrl must begin with https:// (plain http is for loopback addresses).')
}

async function load(url: string, patience: number, get: typeof fetch): Promise<unknown> {
  const response = await get(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(patience * 1000),
  })
  if (response.status !== 200) throw new Error(`the key set answers with status ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LONGEST) throw new Error(`the key set is longer than ${LONGEST} octets`)
    chunks.push(chunk)
  }
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
}

/**
 * What of a foreign set can be used; the rest is for somebody else (RFC 7517 §5). A name given twice names nothing, and of one
 * key under two names the first counts.
 */
function usableKeys(document: unknown, algorithm: Algorithm): readonly VerifyingKey[] {
  const keys = entriesOf(document).flatMap((entry) => usableKey(entry as Jwk, algorithm) ?? [])
  const named = keys.filter(({ kid }) => keys.filter((other) => other.kid === kid).length === 1)
  const prints = named.map(({ jwk }) => thumbprintOf(jwk!))
  return named.filter((_, i) => prints.indexOf(prints[i]!) === i)
}

function usableKey(entry: Jwk, algorithm: Algorithm): VerifyingKey | undefined {
  try {
    const key = importVerifyingKey(algorithm, entry)
    return key.kid === undefined || key.jwk === undefined ? undefined : key
  } catch {
    return undefined
  }
}
