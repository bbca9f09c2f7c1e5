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
  /** @throws Refusal `config_refused` where the keys are not ours to rotate */
  rotate(): Promise<{ readonly current: string; readonly retiring: string; readonly next: string }>
  /** Reads the keys again: another process may have rotated them. */
  reload(): Promise<void>
}

export interface RingWorld {
  readonly keys: Keys
  readonly secrets: readonly Secret[]
  readonly algorithm: Algorithm
  /** How long the longest-lived token lives, leeway included: so long a retired key verifies. */
  readonly longestLife: Seconds
  readonly clock: Clock
  readonly random: Random
}

/** The ring of keys that the store keeps: next, current, retiring (K9). Makes the first ones where there are none. */
export async function openKeyRing(world: RingWorld): Promise<KeyRing> {
  const { keys, algorithm, clock, longestLife } = world
  const keySet = new KeySet([])
  let loaded = ''
  let signing: SigningKey | undefined

  const load = async (): Promise<readonly KeyRecord[]> => {
    const records = await keys.list()
    const state = records.map(({ id, stage }) => `${id} ${stage}`).join()
    if (state !== loaded) {
      const current = stageOf(records, 'current')
      signing = importSigningKey(current.algorithm, unseal(current.sealed, current.id, world.secrets), {
        kid: current.id,
      })
      keySet.replace(records.map(verifyingKeyOf))
      loaded = state
    }
    return records
  }

  const rotate = async (): Promise<{ current: string; retiring: string; next: string }> => {
    const records = await load()
    const [current, next] = [stageOf(records, 'current'), stageOf(records, 'next')]
    const fresh = makeKey('next', world)
    const verifiesUntil = after(clock(), longestLife)
    const turned = await keys.rotate({ current: current.id, next: next.id, fresh, verifiesUntil })
    await load()
    if (!turned)
      throw new Refusal('busy', 'another process rotated the keys at this moment; look with: watchword keys list')
    return { current: next.id, retiring: current.id, next: fresh.id }
  }

  if ((await keys.list()).length === 0) await keys.seed([makeKey('current', world), makeKey('next', world)])
  // Another algorithm was chosen since: the key that is next was made for the old one, so two turns bring the new one up.
  while (stageOf(await load(), 'current').algorithm !== algorithm) await rotate()

  return {
    verifying: keySet,
    published: () => keySet.jwks(),
    signing: () => signing!,
    list: async () =>
      (await keys.list()).map(({ id, algorithm, stage, createdAt, verifiesUntil }) => ({
        id,
        algorithm,
        stage,
        createdAt,
        verifiesUntil,
      })),
    rotate,
    reload: async () => void (await load()),
  }
}

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

function makeKey(stage: Stage, { algorithm, secrets, random, clock }: RingWorld): KeyRecord {
  const { privatePem, publicJwk, kid } = generateKey(algorithm)
  return {
    id: kid,
    algorithm,
    stage,
    publicJwk,
    sealed: seal(privatePem, kid, secrets, random),
    createdAt: clock(),
    verifiesUntil: undefined,
  }
}

const verifyingKeyOf = ({ algorithm, publicJwk, id }: KeyRecord): VerifyingKey =>
  importVerifyingKey(algorithm, publicJwk, { kid: id })

function stageOf(records: readonly KeyRecord[], stage: Stage): KeyRecord {
  const record = records.find((candidate) => candidate.stage === stage)
  if (record === undefined) throw new Refusal('config_refused', `The database holds no ${stage} signing key.`)
  return record
}
