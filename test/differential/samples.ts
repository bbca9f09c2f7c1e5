import { CHANGES } from './changes.ts'
import { aDraft, textOf } from './draft.ts'
import { judgesOf, type Words } from './judges.ts'
import { keyCases } from './keys.ts'
import { Chance } from './random.ts'

export interface Sample extends Words {
  /** Its number in the run: with the seed it finds the token again. */
  readonly index: number
  readonly token: string
  readonly alg: string
  readonly kid: string
  /** The changes to a valid token. Empty: it is valid. */
  readonly trail: readonly string[]
}

const NAMES = Object.keys(CHANGES)

/** Tokens in parallel: jose waits for other threads. */
const AT_ONCE = 32

/** Generates tokens and verifies each with every implementation. */
export async function* samples(seed: number, count: number): AsyncGenerator<Sample> {
  const chance = new Chance(seed)
  const keys = keyCases(chance)
    .map((key) => ({ key, judges: judgesOf(key) }))
    .flatMap((each) => Array(shareOf(each.key.alg)).fill(each) as (typeof each)[])
  for (let start = 0; start < count; start += AT_ONCE) {
    const drawn = Array.from({ length: Math.min(AT_ONCE, count - start) }, (_, i) => {
      const { key, judges } = chance.pick(keys)
      const draft = aDraft(key, chance)
      for (const name of changesFor(chance)) {
        CHANGES[name]!(draft, chance)
        draft.trail.push(name)
      }
      const token = textOf(draft)
      return {
        index: start + i,
        token,
        alg: key.alg,
        kid: key.kid,
        trail: draft.trail,
        words: judges(token),
      }
    })
    for (const { words, ...sample } of drawn) yield { ...sample, ...(await words) }
  }
}

/** Fast algorithms are picked more often: RSA and the long curves take a hundred times as long. */
const shareOf = (alg: string): number =>
  alg.startsWith('HS') || alg === 'ES256' || alg === 'EdDSA' ? 6 : 1

/** One token in eight is valid, most have one change, some have two. */
function changesFor(chance: Chance): string[] {
  const how = chance.int(8)
  if (how === 0) return []
  return how < 6 ? [chance.pick(NAMES)] : [chance.pick(NAMES), chance.pick(NAMES)]
}
