import { seconds, toMilliseconds } from '../../../base/clock.ts'
import {
  fetchPublic,
  type Network,
  publicNetwork,
  unlessAborted,
} from '../../../http/fetch-public.ts'
import { ALGORITHMS, isAsymmetric } from '../../../jwt/algorithms.ts'
import {
  importKeySet,
  importVerifyingKey,
  type Jwk,
  type KeySource,
  type PublicJwk,
  thumbprintOf,
  type VerifyingKey,
} from '../../../jwt/index.ts'
import { RemoteKeys } from '../../../jwt/remote-keys.ts'
import type { Core } from '../../core.ts'
import type { StoredClient } from '../client.ts'
import { oauthSettings } from '../issuer.ts'

/** How long a request waits for the server of its application. */
const TIMEOUT = seconds(5)

/** Keys that an application withdraws are accepted for as long at most, if its server answers. */
const MAX_AGE = 300

/** The same if its server does not answer. */
const MAX_STALE = 3600

/** However many assertions name unknown keys, its server is asked once in as many seconds. */
const COOL_DOWN = 10

/** The most addresses of which a process keeps the keys: about 10 MB. */
const MOST = 1000

type KeySets = Map<string, KeySource>

/** By the ports of the instance. */
const KEY_SETS = new WeakMap<object, KeySets>()

/**
 * The keys with which an application signs its assertions.
 *
 * @param network of the application
 */
export const keysOfClient = (
  { keys, jwksUri }: Pick<StoredClient, 'keys' | 'jwksUri'>,
  core: Core,
  network: Network = publicNetwork,
): KeySource => {
  if (jwksUri === undefined) return importKeySet({ keys })
  return keptKeys(jwksUri, core, network)
}

function keptKeys(address: string, core: Core, network: Network): KeySource {
  const sets: KeySets = KEY_SETS.get(core.ports) ?? new Map()
  KEY_SETS.set(core.ports, sets)
  const source = sets.get(address) ?? keysAt(address, core, network)
  // The one that was used last is the last to be forgotten.
  sets.delete(address)
  sets.set(address, source)
  const [oldest] = sets.keys()
  if (sets.size > MOST && oldest !== undefined) sets.delete(oldest)
  return source
}

const NAMES: ReadonlySet<keyof typeof ALGORITHMS> = new Set(
  Object.keys(ALGORITHMS).filter(isAsymmetric),
)

function keysAt(address: string, core: Core, network: Network): KeySource {
  const keys = new RemoteKeys(address, importPublic, ({ jwk }) => thumbprintOf(jwk), {
    maxAge: MAX_AGE,
    maxStale: MAX_STALE,
    coolDown: COOL_DOWN,
    timeout: TIMEOUT,
    elapsed: core.clock,
    fetch: fetching(core, network),
    onError: (error) => logFailure(address, error, core),
  })
  return {
    get version() {
      return keys.version
    },
    algorithms: NAMES,
    find: (kid, alg) => alg && keys.find(kid, alg),
  }
}

interface PublicKey extends VerifyingKey {
  readonly jwk: PublicJwk
}

/** Keys that cannot be used are ignored (RFC 7517 §5); a published secret lets anyone sign. */
const importPublic = (entries: readonly unknown[]): readonly PublicKey[] =>
  entries.flatMap((entry) => {
    try {
      const key = importVerifyingKey(undefined, entry as Jwk)
      return isPublic(key) ? [key] : []
    } catch {
      return []
    }
  })

const isPublic = (key: VerifyingKey): key is PublicKey =>
  key.jwk !== undefined && isAsymmetric(key.alg)

const fetching = (core: Core, network: Network): typeof fetch => {
  const { fetchClientKeys } = oauthSettings(core)
  return async (input, init) => {
    const address = String(input)
    const signal = init?.signal ?? AbortSignal.timeout(toMilliseconds(TIMEOUT))
    if (fetchClientKeys !== undefined)
      return Response.json(await unlessAborted(fetchClientKeys(address), signal))
    return publicResponse(address, network)
  }
}

async function publicResponse(address: string, network: Network): Promise<Response> {
  const { status, headers, body } = await fetchPublic(address, {
    what: 'the key set',
    timeout: TIMEOUT,
    headers: { accept: 'application/jwk-set+json, application/json' },
    network,
  })
  const cacheControl = headers['cache-control'] ?? ''
  return new Response(new Uint8Array(body), {
    status,
    headers: { 'cache-control': cacheControl },
  })
}

function logFailure(address: string, error: unknown, { log }: Core): void {
  const reason = String(error instanceof Error ? error.message : error).slice(0, 200)
  log({
    level: 'warn',
    event: 'the keys of an application cannot be fetched',
    address,
    reason,
  })
}
