import { after, type Clock, type Seconds } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { Refusal } from '../base/refusal.ts'
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
import type { KeyRecord, Keys, Stage } from './keys.ts'
import { seal, unseal } from './seal.ts'

/** A key as a person is shown it. */
export type KeySummary = Pick<KeyRecord, 'id' | 'algorithm' | 'stage' | 'createdAt' | 'verifiesUntil'>

/** The keys an instance signs and verifies with. */
export interface KeyRing {
  /** Whoever verifies holds this; its contents change under it. */
  readonly verifying: KeySource
  /** The public keys, for others to verify with. */
  published(): { readonly keys: readonly PublicJwk[] }
  signing(): SigningKey
  list(): Promise<readonly KeySummary[]>
  /**
   * @param leaked the keys may be known to others: all are replaced and verify nothing from now on
   * @throws Refusal `config_refused` where the keys are not ours to rotate; `busy` where another process did at this moment
   */
  rotate(options?: { readonly leaked?: boolean }): Promise<Turn>
  /** Reads the keys again: another process may have rotated them. */
  reload(): Promise<void>
}

/** The stages after a rotation, by key. */
export interface Turn {
  readonly current: string
  readonly retiring: string
  readonly next: string
}

export interface RingWorld {
  readonly keys: Keys
  readonly secrets: readonly Secret[]
  /** What the keys are to be for; `undefined`: what they are for already, where there are none ES256. */
  readonly algorithm: Algorithm | undefined
  /** How long the longest-lived token of these terms lives, leeway included. */
  readonly longestLife: Seconds
  readonly clock: Clock
  readonly random: Random
}

const DEFAULT_ALGORITHM = 'ES256'

/** The ring of keys that the store keeps: next, current, retiring (K9). Makes the first ones where there are none. */
export async function openKeyRing(world: RingWorld): Promise<KeyRing> {
  const { keys, clock, longestLife } = world
  const verifying = new RetiringKeys(clock)
  let loaded = ''
  let signing: SigningKey | undefined

  const load = async (): Promise<readonly KeyRecord[]> => {
    const records = await keys.list()
    const state = records.map(({ id, stage, verifiesUntil }) => `${id} ${stage} ${verifiesUntil}`).join()
    if (state !== loaded) {
      const current = stageOf(records, 'current')
      const pem = unseal(current.sealed, current.id, world.secrets)
      signing = importSigningKey(current.algorithm, pem, { kid: current.id })
      verifying.replace(records)
      loaded = state
    }
    return records
  }

  /** @returns `undefined`: another process turned the ring at this moment */
  const turn = async (algorithm?: Algorithm): Promise<Turn | undefined> => {
    const records = await load()
    const [current, next] = [stageOf(records, 'current'), stageOf(records, 'next')]
    const fresh = makeKey('next', algorithm ?? next.algorithm, next.tokenLife, world)
    const verifiesUntil = after(clock(), current.tokenLife)
    const turned = await keys.rotate({ current: current.id, next: next.id, fresh, verifiesUntil })
    await load()
    return turned ? { current: next.id, retiring: current.id, next: fresh.id } : undefined
  }

  if ((await keys.list()).length === 0) await keys.seed(firstKeys(world))
  await keys.extend(longestLife)
  await changeAlgorithm(world.algorithm, load, turn)

  return {
    verifying,
    published: () => verifying.published(),
    signing: () => signing!,
    list: async () =>
      (await keys.list()).map(({ id, algorithm, stage, createdAt, verifiesUntil }) => ({
        id,
        algorithm,
        stage,
        createdAt,
        verifiesUntil,
      })),
    async rotate({ leaked = false } = {}) {
      // What is next lies beside what is current, and so does what has retired.
      if (leaked) await turn(world.algorithm)
      const turned = await turn(world.algorithm)
      if (leaked) await keys.endRetiring(clock())
      await load()
      if (turned !== undefined) return turned
      throw new Refusal('busy', 'another process rotated the keys at this moment; look with: watchword keys list')
    },
    reload: async () => void (await load()),
  }
}

/**
 * Another algorithm was chosen since the keys were made: the key that is next is for the old one, so two turns bring the new
 * one up. Processes that start together do it once: whoever comes second finds it done.
 */
async function changeAlgorithm(
  algorithm: Algorithm | undefined,
  load: () => Promise<readonly KeyRecord[]>,
  turn: (algorithm?: Algorithm) => Promise<unknown>,
): Promise<void> {
  while (algorithm !== undefined && stageOf(await load(), 'current').algorithm !== algorithm) await turn(algorithm)
  await load()
}

/** The public keys of a ring, each until it has retired for long enough. */
class RetiringKeys implements KeySource {
  readonly #clock: Clock
  readonly #keys = new KeySet([])
  #records: readonly KeyRecord[] = []
  /** When the next key is to go. */
  #until: number = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  replace(records: readonly KeyRecord[]): void {
    const now = this.#clock()
    this.#records = records.filter(({ verifiesUntil }) => verifiesUntil === undefined || now < verifiesUntil)
    this.#until = Math.min(...this.#records.map(({ verifiesUntil }) => verifiesUntil ?? Number.POSITIVE_INFINITY))
    this.#keys.replace(this.#records.map(verifyingKeyOf))
  }

  get version(): number {
    return this.#today().version
  }

  get algorithms(): ReadonlySet<Algorithm> {
    return this.#today().algorithms
  }

  find(kid: string | undefined): VerifyingKey | undefined {
    return this.#today().find(kid)
  }

  published(): { readonly keys: readonly PublicJwk[] } {
    return this.#today().jwks()
  }

  #today(): KeySet {
    if (this.#until < Number.POSITIVE_INFINITY && this.#clock() >= this.#until) this.replace(this.#records)
    return this.#keys
  }
}

const firstKeys = (world: RingWorld): readonly KeyRecord[] =>
  (['current', 'next'] as const).map((stage) =>
    makeKey(stage, world.algorithm ?? DEFAULT_ALGORITHM, world.longestLife, world),
  )

/** The ring of a key that the settings gave. It is rotated where it is kept. */
export function givenKeyRing(signing: SigningKey | undefined, verifying: KeySource): KeyRing {
  const published =
    verifying instanceof KeySet ? verifying : new KeySet(signing === undefined ? [] : [signing.verifying])
  const elsewhere = (): never => {
    throw new Refusal('config_refused', 'The signing key comes from tokens.signingKey: change it there.')
  }
  return {
    verifying,
    published: () => published.jwks(),
    signing: () => signing ?? elsewhere(),
    list: async () => [],
    rotate: async () => elsewhere(),
    reload: async () => {},
  }
}

function makeKey(
  stage: Stage,
  algorithm: Algorithm,
  tokenLife: Seconds,
  { secrets, random, clock }: Pick<RingWorld, 'secrets' | 'random' | 'clock'>,
): KeyRecord {
  const { privatePem, publicJwk, kid } = generateKey(algorithm)
  const sealed = seal(privatePem, kid, secrets, random)
  return { id: kid, algorithm, stage, publicJwk, sealed, createdAt: clock(), tokenLife, verifiesUntil: undefined }
}

const verifyingKeyOf = ({ algorithm, publicJwk, id }: KeyRecord): VerifyingKey =>
  importVerifyingKey(algorithm, publicJwk, { kid: id })

function stageOf(records: readonly KeyRecord[], stage: Stage): KeyRecord {
  const record = records.find((candidate) => candidate.stage === stage)
  if (record === undefined) throw new Refusal('config_refused', `The database holds no ${stage} signing key.`)
  return record
}
