import type { Awaitable } from '../base/awaitable.ts'
import {
  after,
  type Clock,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
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

/** A key as a person is shown it. */
export type KeySummary = Pick<
  KeyRecord,
  'id' | 'algorithm' | 'stage' | 'createdAt' | 'verifiesUntil'
>

/** The keys an instance signs and verifies with. */
export interface KeyRing {
  /** Whoever verifies holds this; its contents change under it. */
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
   * @throws AuthError `invalid_config` where the keys are not ours to rotate; `busy` where another process did at this moment
   */
  rotate(options?: RotateOptions): Promise<RotationResult>
  /**
   * The same where the time has come: for the next key, or for another algorithm. Of several processes one does it.
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
  /** Told how long it waits, where it does. */
  readonly waits?: (length: Seconds) => void
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
  /** What the keys are to be for; `undefined`: what they are for already, where there are none ES256. */
  readonly algorithm: Algorithm | undefined
  /** How long a key signs; `undefined`: until somebody rotates it. */
  readonly every: Seconds | undefined
  /** How long the longest-lived token of these terms lives, leeway included. */
  readonly longestLife: Seconds
  readonly clock: Clock
  readonly random: Random
  wait(length: Seconds): Promise<unknown>
}

const DEFAULT_ALGORITHM = 'ES256'
const NEVER = seconds(Number.POSITIVE_INFINITY)

/** The ring of keys that the store keeps: next, current, retiring (K9). Makes the first ones where there are none. */
export async function openKeyRing(deps: KeyRingDeps): Promise<KeyRing> {
  const { keys, clock, longestLife, secrets, random } = deps
  const { maxAge, settles } = publicationOf(deps.every)
  let known: readonly KeyRecord[] = []
  let signing: SigningKey | undefined

  const load = serialize(async (): Promise<Stages> => {
    known = await keys.list()
    verifying.replace(known)
    const stages = stagesOf(known)
    if (signing?.kid !== stages.current.id) {
      signing = undefined
      signing = openKey(stages.current, secrets)
    }
    return stages
  })
  const verifying = new RingKeys(clock, debounce(load, deps.wait))

  /** @returns `undefined`: another process turned the ring at this moment */
  const turn = async ({ current, next }: Stages): Promise<RotationResult | undefined> => {
    // What cannot be opened must not become what signs.
    openKey(next, secrets)
    const fresh = makeKey('next', next.algorithm, next.tokenLife, deps)
    // Until all have heard of it, others go on to sign with the key that retires.
    const verifiesUntil = after(after(clock(), current.tokenLife), settles)
    const turned = await keys.rotate({
      current: current.id,
      next: next.id,
      fresh,
      verifiesUntil,
    })
    await load()
    return turned ? { current: next.id, retiring: current.id, next: fresh.id } : undefined
  }

  /** When the next key was published, what signed began to sign: so old is the current key at work. */
  const dueAt = ({ current, next }: Stages): UnixSeconds => {
    const isAnother =
      next.algorithm === deps.algorithm && current.algorithm !== deps.algorithm
    return after(next.createdAt, isAnother ? settles : (deps.every ?? NEVER))
  }

  if ((await keys.list()).length === 0) await keys.seed(firstKeys(deps))
  await keys.extend(longestLife)
  const { next } = await load()
  openKey(next, secrets)
  if (deps.algorithm !== undefined && next.algorithm !== deps.algorithm) {
    // Of several processes that start together one does it.
    await keys.replaceNext(next.id, makeKey('next', deps.algorithm, next.tokenLife, deps))
    await load()
  }

  return {
    verifying,
    published: () => verifying.published(),
    maxAge,
    signing: () => signing ?? sealedElsewhere(),
    list: async () =>
      (await keys.list()).map(({ id, algorithm, stage, createdAt, verifiesUntil }) => ({
        id,
        algorithm,
        stage,
        createdAt,
        verifiesUntil,
      })),
    async rotate({ leaked = false, waits } = {}) {
      const left = leaked ? seconds(0) : settlesIn(await load(), settles, clock())
      if (left > 0) {
        waits?.(left)
        await deps.wait(left)
      }
      // What is next lies beside what is current, and so does what has retired.
      if (leaked) await turn(await load())
      const turned = await turn(await load())
      if (leaked) await keys.endRetiring(clock())
      await load()
      if (turned !== undefined) return turned
      throw new AuthError(
        'busy',
        'another process rotated the keys at this moment; look with: watchword keys list',
      )
    },
    async rotateWhenDue() {
      // What is known here is followed within a second, so nobody is asked until it has come.
      const isDue = (stages: Stages): boolean => clock() >= dueAt(stages)
      let turned: RotationResult | undefined
      if (isDue(stagesOf(known))) {
        const stages = await load()
        if (isDue(stages)) turned = await turn(stages)
        if (turned !== undefined) await keys.flush(clock())
      }
      return {
        turn: turned,
        left: seconds(Math.max(0, dueAt(stagesOf(known)) - clock())),
      }
    },
    async reseal() {
      let count = 0
      for (const { id, sealed } of Object.values(stagesOf(await keys.list()))) {
        if (isSealedBy(secrets[0]!, sealed, id)) continue
        const anew = seal(unseal(sealed, id, secrets), id, secrets, random)
        if (await keys.reseal(id, sealed, anew)) count++
      }
      return count
    },
    reload: async () => void (await load()),
  }
}

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

const sealedElsewhere = (): never => {
  throw new AuthError(
    'invalid_config',
    'another process sealed the signing key with a secret that is not known here',
  )
}

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

/** How our keys are called: the SHA-256 of their public part. Nobody is asked for others. */
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

/** The ring of a key that the settings gave. It is rotated where it is kept. */
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
