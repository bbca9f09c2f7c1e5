import type { KeyObject } from 'node:crypto'
import {
  after,
  type Clock,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { AuthError, configError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import type { HmacAlgorithm } from '../jwt/algorithms.ts'
import type { Algorithm, PublicJwk, SigningKey } from '../jwt/index.ts'
import { DEFAULT_ALGORITHM } from './configured-keys.ts'
import { debounce } from './debounce.ts'
import {
  makeKey,
  privateKeyOf,
  type Stages,
  signingKeyOf,
  stagesOf,
  summaryOf,
} from './key-record.ts'
import type {
  KeyRing,
  KeySummary,
  RotateOptions,
  RotationResult,
  ScheduledRotation,
} from './key-ring.ts'
import type { KeyRecord, Keys } from './keys.ts'
import { flushKeys, publicationOf } from './publication.ts'
import { type RefreshKeyRing, RefreshKeys } from './refresh-keys.ts'
import { isSealedBy, seal, unseal } from './seal.ts'
import { serialize } from './serialize.ts'
import { VerifyingKeys } from './verifying-keys.ts'

export interface KeyRingDeps {
  readonly keys: Keys
  /** The first encrypts, all decrypt. */
  readonly secrets: readonly Secret[]
  /** The algorithm of new keys; `undefined`: that of the current key, ES256 for the first. */
  readonly algorithm: Algorithm | undefined
  /** The algorithm of refresh tokens; `undefined`: they are signed as access tokens are. */
  readonly refreshAlgorithm: HmacAlgorithm | undefined
  /** How long a key signs; `undefined`: until it is rotated by hand. */
  readonly every: Seconds | undefined
  /** Lifetime of the longest-lived token, leeway included. */
  readonly longestLifetime: Seconds
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  wait(length: Seconds): Promise<unknown>
}

const NEVER = seconds(Number.POSITIVE_INFINITY)

/** Opens the keys of the store: next, current, retiring (K9). Creates the first ones if there are none. */
export async function openKeyRing(deps: KeyRingDeps): Promise<KeyRing> {
  const { keys, algorithm } = deps
  if ((await keys.list()).length === 0) await keys.seed(firstKeys(deps))
  await keys.extend(deps.longestLifetime)
  const ring = new StoredKeyRing(deps)
  const { next } = await ring.load()
  signingKeyOf(next, deps.secrets)
  if (algorithm === undefined || next.algorithm === algorithm) return ring
  // Of several processes that start together one succeeds.
  await keys.replaceNext(next.id, makeKey('next', algorithm, next.tokenLife, deps))
  await ring.load()
  return ring
}

function firstKeys(deps: KeyRingDeps): readonly KeyRecord[] {
  const now = deps.clock()
  return (['current', 'next'] as const).map((stage) =>
    makeKey(stage, deps.algorithm ?? DEFAULT_ALGORITHM, deps.longestLifetime, {
      ...deps,
      clock: () => now,
    }),
  )
}

class StoredKeyRing implements KeyRing {
  readonly verifying: VerifyingKeys
  readonly refresh: RefreshKeyRing
  readonly maxAge: Seconds
  /** Reads the keys of the store. */
  readonly load: () => Promise<Stages>
  readonly #deps: KeyRingDeps
  readonly #settles: Seconds
  #records: readonly KeyRecord[] = []
  #withdrawn: readonly string[] = []
  readonly #warned = new Set<string>()
  /** `undefined` if none of the secrets decrypts it. */
  #signing: SigningKey | undefined

  constructor(deps: KeyRingDeps) {
    const { maxAge, settles } = publicationOf(deps.every)
    this.#deps = deps
    this.#settles = settles
    this.maxAge = maxAge
    this.load = serialize(() => this.#load())
    this.verifying = new VerifyingKeys(deps.clock, debounce(this.load, deps.wait))
    this.refresh = this.#refreshKeys(deps)
  }

  published(): { readonly keys: readonly PublicJwk[] } {
    return this.verifying.published()
  }

  withdrawn(): readonly string[] {
    const now = this.#deps.clock()
    const ids = this.#records
      .filter(({ verifiesUntil = NEVER }) => verifiesUntil <= now)
      .map(({ id }) => id)
    if (ids.join() !== this.#withdrawn.join()) this.#withdrawn = ids
    return this.#withdrawn
  }

  signing(): SigningKey {
    if (this.#signing !== undefined) return this.#signing
    throw configError(
      'Another process encrypted the signing key with a secret that this process does not have: give every process the same secrets (WATCHWORD_SECRET, WATCHWORD_OLD_SECRETS).',
    )
  }

  /** Tokens of either kind go on after `refreshAlgorithm` has changed. */
  #refreshKeys({ refreshAlgorithm: alg }: KeyRingDeps): RefreshKeyRing {
    const keys = new RefreshKeys({
      verifying: this.verifying,
      privateKey: (kid) => this.#privateKey(recordNamed(this.#records, kid)),
    })
    return {
      verifying: keys,
      signing: () =>
        alg === undefined ? this.signing() : keys.signing(alg, this.signing().kid),
    }
  }

  /** @returns `undefined` for a retiring key whose secret was removed: an error would let a forged token cause a 500 */
  #privateKey(record: KeyRecord): KeyObject | undefined {
    try {
      return privateKeyOf(record, this.#deps.secrets)
    } catch (error) {
      // A process that cannot sign lacks a secret that others have, so it must not reject their tokens.
      const isRemoved = record.stage === 'retiring' && this.#signing !== undefined
      if (!isRemoved || !isWrongSecret(error)) throw error
      this.#warnOnce(record.id)
      return undefined
    }
  }

  #warnOnce(kid: string): void {
    if (this.#warned.has(kid)) return
    this.#warned.add(kid)
    this.#deps.log({ level: 'warn', event: UNREADABLE, kid })
  }

  async list(): Promise<readonly KeySummary[]> {
    return (await this.#deps.keys.list()).map(summaryOf)
  }

  async rotate({ leaked = false, waits }: RotateOptions = {}): Promise<RotationResult> {
    const rotated = await (leaked ? this.#replaceAll() : this.#rotateSettled(waits))
    await this.load()
    if (rotated !== undefined) return rotated
    throw new AuthError(
      'busy',
      'another process rotated the keys at the same time. Nothing was changed; see the keys with: watchword keys list',
    )
  }

  async rotateWhenDue(): Promise<ScheduledRotation> {
    const rotated = await this.#rotateIfDue()
    if (rotated !== undefined) await flushKeys(this.#deps.keys, this.#deps.clock())
    const due = this.#dueAt(stagesOf(this.#records))
    return { rotated, left: seconds(Math.max(0, due - this.#deps.clock())) }
  }

  async reseal(): Promise<number> {
    const keys = await this.#deps.keys.list()
    const { current, next } = stagesOf(keys)
    let count = 0
    for (const key of [current, next]) if (await this.#reseal(key)) count++
    for (const key of this.#stillUsed(keys)) if (await this.#reseal(key)) count++
    return count
  }

  async reload(): Promise<void> {
    await this.load()
  }

  async #load(): Promise<Stages> {
    this.#records = await this.#deps.keys.list()
    this.verifying.replace(this.#records)
    const stages = stagesOf(this.#records)
    if (this.#signing?.kid === stages.current.id) return stages
    this.#signing = undefined
    this.#signing = signingKeyOf(stages.current, this.#deps.secrets)
    return stages
  }

  async #rotateSettled(waits: RotateOptions['waits']) {
    const { clock, wait } = this.#deps
    for (;;) {
      const stages = await this.load()
      const left = settlesIn(stages, this.#settles, clock())
      if (left <= 0) return this.#rotateNow(stages)
      waits?.(left)
      // Another process may rotate meanwhile, and then another key has to settle.
      await wait(left)
    }
  }

  /** The next key leaked with the current one: both are replaced, and no retired key verifies any more. */
  async #replaceAll() {
    await this.#rotateNow(await this.load())
    const rotated = await this.#rotateNow(await this.load())
    await this.#deps.keys.endRetiring(this.#deps.clock())
    return rotated
  }

  /** The cached records are at most a second old, so the store is read only when they say that it is time. */
  async #rotateIfDue() {
    if (!this.#isDue(stagesOf(this.#records))) return undefined
    const stages = await this.load()
    if (!this.#isDue(stages)) return undefined
    return this.#rotateNow(stages)
  }

  #isDue(stages: Stages): boolean {
    return this.#deps.clock() >= this.#dueAt(stages)
  }

  /** The current key began to sign when the next one was published. */
  #dueAt({ current, next }: Stages): UnixSeconds {
    const { algorithm, every = NEVER } = this.#deps
    const changesAlgorithm =
      next.algorithm === algorithm && current.algorithm !== algorithm
    return after(next.createdAt, changesAlgorithm ? this.#settles : every)
  }

  /** @returns `undefined` if another process rotated the keys at this moment */
  async #rotateNow({ current, next }: Stages): Promise<RotationResult | undefined> {
    const { keys, clock, secrets } = this.#deps
    // A key that cannot be decrypted must not become current.
    signingKeyOf(next, secrets)
    const fresh = makeKey('next', next.algorithm, next.tokenLife, this.#deps)
    // Processes that have not read the rotation yet go on signing with the key that retires.
    const verifiesUntil = after(after(clock(), current.tokenLife), this.#settles)
    const rotation = { current: current.id, next: next.id, fresh, verifiesUntil }
    const isRotated = await keys.rotate(rotation)
    await this.load()
    if (!isRotated) return undefined
    return { current: next.id, retiring: current.id, next: fresh.id }
  }

  /** Retiring keys, whose refresh tokens need the private part, if one of the secrets decrypts it. */
  #stillUsed(keys: readonly KeyRecord[]): readonly KeyRecord[] {
    const { clock, secrets } = this.#deps
    return keys.filter(
      ({ id, sealed, verifiesUntil = 0 }) =>
        clock() < verifiesUntil &&
        secrets.some((secret) => isSealedBy(secret, sealed, id)),
    )
  }

  /** @returns whether the key was encrypted with another secret than the first */
  async #reseal({ id, sealed }: KeyRecord): Promise<boolean> {
    const { keys, secrets, random } = this.#deps
    const [newest] = secrets
    if (newest === undefined || isSealedBy(newest, sealed, id)) return false
    const resealed = seal(unseal(sealed, id, secrets), id, secrets, random)
    return keys.reseal(id, sealed, resealed)
  }
}

const isWrongSecret = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'wrong_secret'

const UNREADABLE =
  'A retiring signing key cannot be decrypted, so refresh tokens signed under it are rejected: to accept them, set the secret that ' +
  'encrypted it in WATCHWORD_OLD_SECRETS, and run: watchword keys reseal'

/** @throws AuthError `unknown_key` */
function recordNamed(records: readonly KeyRecord[], kid: string | undefined): KeyRecord {
  const record = records.find(({ id }) => id === kid)
  if (record === undefined) throw new AuthError('unknown_key')
  return record
}

/** The time until every cached copy of the key set has the next key. The first two keys were published together. */
function settlesIn(
  { current, next }: Stages,
  settles: Seconds,
  now: UnixSeconds,
): Seconds {
  if (next.createdAt <= current.createdAt) return seconds(0)
  // Bounded, since another machine's clock may have set `createdAt`.
  return seconds(Math.min(settles, Math.max(0, next.createdAt + settles - now)))
}
