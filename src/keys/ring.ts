import type { Awaitable } from '../base/awaitable.ts'
import {
  after,
  type Clock,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { AuthError, configError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import {
  type Algorithm,
  generateKey,
  importSigningKey,
  importVerifyingKey,
  KeySet,
  type KeySource,
  type PublicJwk,
  type SigningKey,
  type VerifyingKey,
} from '../jwt/index.ts'
import { debounce } from './debounce.ts'
import type { KeyRecord, Keys, Stage } from './keys.ts'
import { GIVEN_MAX_AGE, publicationOf } from './publication.ts'
import { isSealedBy, seal, unseal } from './seal.ts'
import { serialize } from './serialize.ts'

/** A key without what is secret. Moments are in seconds since 1970. */
export interface KeySummary {
  readonly id: string
  readonly algorithm: Algorithm
  readonly stage: Stage
  readonly createdAt: number
  /** Of a retiring key. */
  readonly verifiesUntil: number | undefined
}

/** The keys an instance signs and verifies with. */
export interface KeyRing {
  /** Verifiers hold this; its contents change with rotations. */
  readonly verifying: KeySource
  /** The public keys, for others to verify with. */
  published(): { readonly keys: readonly PublicJwk[] }
  /** How long others may keep them. */
  readonly maxAge: Seconds
  /** @throws AuthError `invalid_config` where another process sealed the key that signs with a secret that is not known here */
  signing(): SigningKey
  list(): Promise<readonly KeySummary[]>
  /**
   * Lets the next key sign, once it has been published for long enough: until then it waits, `SETTLES` at most.
   *
   * @throws AuthError `invalid_config` if the keys are configured; `busy` if another process rotates at this moment
   */
  rotate(options?: RotateOptions): Promise<RotationResult>
  /**
   * The same if it is due: for age, or for another algorithm. Of several processes one rotates.
   *
   * @returns what it did, and the seconds until the time may have come again; `Infinity`: it never does by itself
   */
  rotateWhenDue(): Promise<{
    readonly turn: RotationResult | undefined
    readonly left: Seconds
  }>
  /** Seals what signs, or will, with the first of the secrets, so that the others can go. @returns how many keys it sealed anew */
  reseal(): Promise<number>
  /** Reads the keys again: another process may have rotated them. */
  reload(): Promise<void>
}

export interface RotateOptions {
  /** The keys may be known to others: all are replaced at once and verify nothing from now on. */
  readonly leaked?: boolean
  /** Called with the seconds that it waits, if it does. */
  readonly waits?: (length: number) => void
}

/** The stages after a rotation, by key. */
export interface RotationResult {
  readonly current: string
  readonly retiring: string
  readonly next: string
}

export interface KeyRingDeps {
  readonly keys: Keys
  /** The first seals, all open. */
  readonly secrets: readonly Secret[]
  /** The algorithm of new keys; `undefined`: that of the current key, ES256 for the first. */
  readonly algorithm: Algorithm | undefined
  /** How long a key signs; `undefined`: until it is rotated by hand. */
  readonly every: Seconds | undefined
  /** Lifetime of the longest-lived token, leeway included. */
  readonly longestLife: Seconds
  readonly clock: Clock
  readonly random: Random
  wait(length: Seconds): Promise<unknown>
}

const DEFAULT_ALGORITHM = 'ES256'
const NEVER = seconds(Number.POSITIVE_INFINITY)

/** The keys that the store holds: next, current, retiring (K9). Makes the first ones if there are none. */
export async function openKeyRing(deps: KeyRingDeps): Promise<KeyRing> {
  const { keys, algorithm } = deps
  if ((await keys.list()).length === 0) await keys.seed(firstKeys(deps))
  await keys.extend(deps.longestLife)
  const ring = new StoredKeyRing(deps)
  const { next } = await ring.load()
  openKey(next, deps.secrets)
  if (algorithm === undefined || next.algorithm === algorithm) return ring
  // Of several processes that start together one succeeds.
  await keys.replaceNext(next.id, makeKey('next', algorithm, next.tokenLife, deps))
  await ring.load()
  return ring
}

class StoredKeyRing implements KeyRing {
  readonly verifying: RingKeys
  readonly maxAge: Seconds
  /** Reads the keys of the store. */
  readonly load: () => Promise<Stages>
  readonly #deps: KeyRingDeps
  readonly #settles: Seconds
  #records: readonly KeyRecord[] = []
  /** `undefined` if none of the secrets opens it. */
  #signing: SigningKey | undefined

  constructor(deps: KeyRingDeps) {
    const { maxAge, settles } = publicationOf(deps.every)
    this.#deps = deps
    this.#settles = settles
    this.maxAge = maxAge
    this.load = serialize(() => this.#load())
    this.verifying = new RingKeys(deps.clock, debounce(this.load, deps.wait))
  }

  published() {
    return this.verifying.published()
  }

  signing(): SigningKey {
    if (this.#signing !== undefined) return this.#signing
    throw configError(
      'Another process sealed the signing key with a secret that is not known here: give every process the same secrets (WATCHWORD_SECRET, WATCHWORD_OLD_SECRETS).',
    )
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
      'another process rotated the keys at this moment; look with: watchword keys list',
    )
  }

  async rotateWhenDue() {
    const turn = await this.#rotateIfDue()
    if (turn !== undefined) await this.#deps.keys.flush(this.#deps.clock())
    const due = this.#dueAt(stagesOf(this.#records))
    return { turn, left: seconds(Math.max(0, due - this.#deps.clock())) }
  }

  async reseal(): Promise<number> {
    const { current, next } = stagesOf(await this.#deps.keys.list())
    let count = 0
    for (const key of [current, next]) if (await this.#reseal(key)) count++
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
    this.#signing = openKey(stages.current, this.#deps.secrets)
    return stages
  }

  async #rotateSettled(waits: RotateOptions['waits']) {
    const { clock, wait } = this.#deps
    const left = settlesIn(await this.load(), this.#settles, clock())
    if (left > 0) {
      waits?.(left)
      await wait(left)
    }
    return this.#turn(await this.load())
  }

  /** What leaked the current key leaked the next one: both are replaced, and no retired key verifies any more. */
  async #replaceAll() {
    await this.#turn(await this.load())
    const rotated = await this.#turn(await this.load())
    await this.#deps.keys.endRetiring(this.#deps.clock())
    return rotated
  }

  /** The cached records are at most a second old, so the store is read only when they say that it is time. */
  async #rotateIfDue() {
    if (!this.#isDue(stagesOf(this.#records))) return undefined
    const stages = await this.load()
    return this.#isDue(stages) ? this.#turn(stages) : undefined
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
  async #turn({ current, next }: Stages): Promise<RotationResult | undefined> {
    const { keys, clock, secrets } = this.#deps
    // A key that cannot be opened must not become current.
    openKey(next, secrets)
    const fresh = makeKey('next', next.algorithm, next.tokenLife, this.#deps)
    // Processes that have not learned of it yet go on signing with the key that retires.
    const verifiesUntil = after(after(clock(), current.tokenLife), this.#settles)
    const turn = { current: current.id, next: next.id, fresh, verifiesUntil }
    const isTurned = await keys.rotate(turn)
    await this.load()
    if (!isTurned) return undefined
    return { current: next.id, retiring: current.id, next: fresh.id }
  }

  /** @returns whether the key was sealed with another secret than the first */
  async #reseal({ id, sealed }: KeyRecord): Promise<boolean> {
    const { keys, secrets, random } = this.#deps
    const [newest] = secrets
    if (newest === undefined || isSealedBy(newest, sealed, id)) return false
    const resealed = seal(unseal(sealed, id, secrets), id, secrets, random)
    return keys.reseal(id, sealed, resealed)
  }
}

const summaryOf = (key: KeyRecord): KeySummary => ({
  id: key.id,
  algorithm: key.algorithm,
  stage: key.stage,
  createdAt: key.createdAt,
  verifiesUntil: key.verifiesUntil,
})

/** What signs, and what will. */
interface Stages {
  readonly current: KeyRecord
  readonly next: KeyRecord
}

const stagesOf = (records: readonly KeyRecord[]): Stages => ({
  current: stageOf(records, 'current'),
  next: stageOf(records, 'next'),
})

/** The seconds until every copy of the key set has the next key. Of the first two keys there never was a set without one. */
function settlesIn(
  { current, next }: Stages,
  settles: Seconds,
  now: UnixSeconds,
): Seconds {
  if (next.createdAt <= current.createdAt) return seconds(0)
  // No longer than that, whatever clocks say.
  return seconds(Math.min(settles, Math.max(0, next.createdAt + settles - now)))
}

const openKey = (
  { id, algorithm, sealed }: KeyRecord,
  secrets: readonly Secret[],
): SigningKey => importSigningKey(algorithm, unseal(sealed, id, secrets), { kid: id })

/** The public keys of a ring, each until it has retired for long enough. */
class RingKeys implements KeySource {
  readonly #clock: Clock
  readonly #readAgain: () => Promise<unknown>
  readonly #keys = new KeySet([])
  #records: readonly KeyRecord[] = []
  #state = ''
  /** When the next key is to go. */
  #until: number = Number.POSITIVE_INFINITY

  /** @param readAgain replaces the keys by those of the store */
  constructor(clock: Clock, readAgain: () => Promise<unknown>) {
    this.#clock = clock
    this.#readAgain = readAgain
  }

  replace(records: readonly KeyRecord[]): void {
    const state = records.map(({ id, verifiesUntil }) => `${id} ${verifiesUntil}`).join()
    if (state === this.#state) return
    this.#state = state
    this.#keep(records)
  }

  #keep(records: readonly KeyRecord[]): void {
    const now = this.#clock()
    this.#records = records.filter(
      ({ verifiesUntil }) => verifiesUntil === undefined || now < verifiesUntil,
    )
    this.#until = Math.min(
      ...this.#records.map(
        ({ verifiesUntil }) => verifiesUntil ?? Number.POSITIVE_INFINITY,
      ),
    )
    this.#keys.replace(this.#records.map(verifyingKeyOf))
  }

  get version(): number {
    return this.#today().version
  }

  get algorithms(): ReadonlySet<Algorithm> {
    return this.#today().algorithms
  }

  /** A key that is not known here may be one that another process has made a moment ago. */
  find(kid: string | undefined): Awaitable<VerifyingKey | undefined> {
    const key = this.#today().find(kid)
    if (key !== undefined || kid === undefined || !THUMBPRINT.test(kid)) return key
    return this.#findAnew(kid)
  }

  async #findAnew(kid: string): Promise<VerifyingKey | undefined> {
    try {
      await this.#readAgain()
    } catch (error) {
      // They have been read, and it is the one that signs that cannot be opened: what is checked needs none of that.
      if (!(error instanceof AuthError && error.code === 'invalid_config')) throw error
    }
    return this.#today().find(kid)
  }

  published(): { readonly keys: readonly PublicJwk[] } {
    return this.#today().jwks()
  }

  #today(): KeySet {
    if (this.#until < Number.POSITIVE_INFINITY && this.#clock() >= this.#until)
      this.#keep(this.#records)
    return this.#keys
  }
}

/** The form of our key ids: the SHA-256 of the public part. Other ids are never looked up. */
const THUMBPRINT = /^[\w-]{43}$/

function firstKeys(deps: KeyRingDeps): readonly KeyRecord[] {
  const now = deps.clock()
  return (['current', 'next'] as const).map((stage) =>
    makeKey(stage, deps.algorithm ?? DEFAULT_ALGORITHM, deps.longestLife, {
      ...deps,
      clock: () => now,
    }),
  )
}

/** The ring of a configured key, which is rotated by its owner. */
export function fixedKeyRing(
  signing: SigningKey | undefined,
  verifying: KeySource,
): KeyRing {
  const published =
    verifying instanceof KeySet
      ? verifying
      : new KeySet(signing === undefined ? [] : [signing.verifying])
  const elsewhere = (): never => {
    throw new AuthError(
      'invalid_config',
      'The signing key comes from tokens.signingKey: change it there.',
    )
  }
  return {
    verifying,
    published: () => published.jwks(),
    maxAge: GIVEN_MAX_AGE,
    signing: () => signing ?? elsewhere(),
    list: async () => [],
    rotate: async () => elsewhere(),
    rotateWhenDue: async () => ({ turn: undefined, left: NEVER }),
    reseal: async () => 0,
    reload: async () => {},
  }
}

function makeKey(
  stage: Stage,
  algorithm: Algorithm,
  tokenLife: Seconds,
  { secrets, random, clock }: Pick<KeyRingDeps, 'secrets' | 'random' | 'clock'>,
): KeyRecord {
  const { privatePem, publicJwk, kid } = generateKey(algorithm)
  const sealed = seal(privatePem, kid, secrets, random)
  return {
    id: kid,
    algorithm,
    stage,
    publicJwk,
    sealed,
    createdAt: clock(),
    tokenLife,
    verifiesUntil: undefined,
  }
}

const verifyingKeyOf = ({ algorithm, publicJwk, id }: KeyRecord): VerifyingKey =>
  importVerifyingKey(algorithm, publicJwk, { kid: id })

function stageOf(records: readonly KeyRecord[], stage: Stage): KeyRecord {
  const record = records.find((candidate) => candidate.stage === stage)
  if (record === undefined)
    throw new AuthError('invalid_config', `The database holds no ${stage} signing key.`)
  return record
}
