import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import { malleated } from '../attacks/malleated.ts'
import { type Changes, finished, signature } from './change.ts'
import { macOf, signedBy } from './draft.ts'
import type { KeyCase } from './keys.ts'
import { rawSignature } from './signing.ts'

const proper = (signed: Buffer, { alg, signing }: KeyCase): Buffer =>
  rawSignature(alg, signing, signed)

/** Replacements of the signature. */
export const SIGNATURES: Changes = {
  'signature: an attacker’s': (draft) => {
    draft.sign = signedBy(({ attacker }) => attacker)
  },
  'signature: under another algorithm': signature((signed, { alg, signing }, chance) => {
    const related = (Object.keys(ALGORITHMS) as Algorithm[]).filter((other) =>
      isRelated(other, alg),
    )
    return rawSignature(
      related.length === 0 ? alg : chance.pick(related),
      signing,
      signed,
    )
  }),
  'signature: with the public key as a secret': (draft, chance) => {
    const alg = chance.pick(['HS256', 'HS384', 'HS512'] as const)
    draft.header.alg = alg
    draft.sign = macOf(ALGORITHMS[alg].hash, ({ text }) => text)
  },
  'signature: salt of another length': signature((signed, { alg, signing }, chance) =>
    rawSignature(alg, signing, signed, chance.pick([0, 8, 20, 94])),
  ),
  'signature: of another payload': signature((_, key) =>
    proper(Buffer.from('e30.e30'), key),
  ),
  'signature: random': signature((signed, key, chance) =>
    chance.bytes(proper(signed, key).length),
  ),
  'signature: zeros': signature((signed, key) =>
    Buffer.alloc(proper(signed, key).length),
  ),
  'signature: one byte': signature((_, __, chance) => chance.bytes(1)),
  'signature: longer': signature((signed, key, chance) =>
    Buffer.concat([proper(signed, key), chance.bytes(1)]),
  ),
  'signature: shorter': signature((signed, key) => proper(signed, key).subarray(1)),
  'signature: zero in front': signature((signed, key) =>
    Buffer.concat([Buffer.alloc(1), proper(signed, key)]),
  ),
  'signature: a bit changed': signature((signed, key, chance) => {
    const made = proper(signed, key)
    made[chance.int(made.length)]! ^= 1 << chance.int(8)
    return made
  }),
  'signature: the other form of ECDSA': (draft, chance) => {
    const { alg } = draft.key
    if (ALGORITHMS[alg].kind === 'ec')
      finished((token) => malleated(token, alg))(draft, chance)
  },
}

/** Algorithms that one key could be used with if it were not bound to one. */
function isRelated(alg: Algorithm, other: Algorithm): boolean {
  const [a, b] = [ALGORITHMS[alg].kind, ALGORITHMS[other].kind]
  return alg !== other && a === b && (a === 'rsa' || a === 'hmac')
}
