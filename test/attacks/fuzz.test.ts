import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import {
  importKeySet,
  importSecret,
  importSigningKey,
  importVerifyingKey,
  KeySet,
  thumbprintOf,
  verifier,
  verifySignature,
} from '../../src/jwt/index.ts'
import { CHANGES } from '../differential/changes.ts'
import { aDraft, NOW, textOf } from '../differential/draft.ts'
import { keyCases } from '../differential/keys.ts'
import { Chance } from '../differential/random.ts'
import { anything, anythingPlain } from './anything.ts'
import { malleated } from './malleated.ts'
import { changedPrototypes } from './side-effects.ts'
import { timed } from './token.ts'
import { outcomeOf } from './verdict.ts'

const COUNT = Number(process.env.WATCHWORD_FUZZ ?? 10_000)
const SEED = Number(process.env.WATCHWORD_SEED ?? Date.now() % 2 ** 31)

/** A verifier that accepts values of any type. */
const BELIEVES = process.env.WATCHWORD_SABOTAGE === 'accept-all'

/** Time limit of one input, in milliseconds. */
const PATIENCE = 50

const clock = (): UnixSeconds => NOW as UnixSeconds

/** Runs `work`, which may throw nothing but an AuthError, within the time limit. @returns the outcome or the fault */
function tried(work: () => unknown): {
  readonly value?: unknown
  readonly fault?: string
} {
  const [outcome, millis] = timed(() => outcomeOf(BELIEVES ? () => '' : work), PATIENCE)
  if (millis > PATIENCE) return { fault: `took ${millis} ms, three times` }
  if (outcome.kind === 'broken')
    return { fault: `threw what is no refusal: ${outcome.error}` }
  return outcome.kind === 'accepted' ? { value: outcome.value } : {}
}

/** A value as a string, if it has one. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 200) ?? typeof value
  } catch {
    return typeof value
  }
}

test('fuzz: any value in place of a token is rejected with an AuthError', (t) => {
  t.diagnostic(`WATCHWORD_SEED=${SEED}`)
  const chance = new Chance(SEED)
  const keys = new KeySet([keyCases(chance)[0]!.ours])
  const judges = [
    verifier({ keys, clock }).verify,
    verifier({ keys, clock, cache: 8 }).verify,
    (token: string) => verifySignature(token, keys),
  ]
  for (let i = 0; i < COUNT; i++) {
    const value = anything(chance)
    const { value: claims, fault } = tried(() => chance.pick(judges)(value as string))
    assert.equal(
      fault ?? (claims === undefined ? undefined : 'is accepted'),
      undefined,
      `#${i} ${shown(value)}`,
    )
  }
})

test('fuzz: a changed token is accepted only if it is as issued, or the other form of an ECDSA signature', (t) => {
  t.diagnostic(`WATCHWORD_SEED=${SEED}`)
  const chance = new Chance(SEED)
  const keys = keyCases(chance).map((key) => ({ key, verify: judgeOf(key.ours) }))
  const names = Object.keys(CHANGES).filter((name) => name.startsWith('text: '))
  let accepted = 0
  for (let i = 0; i < COUNT; i++) {
    const { key, verify } = chance.pick(
      keys.filter(({ key: { alg } }) => !/^[RP]S|^ES[35]/.test(alg) || chance.once(40)),
    )
    const draft = aDraft(key, chance)
    const issued = textOf(draft)
    const name = chance.pick(names)
    CHANGES[name]!(draft, chance)
    const token = draft.finish.reduce((text, change) => change(text), issued)
    // The second time, the cache may answer.
    for (const presented of [issued, token, issued]) {
      const { value, fault } = tried(() => verify(presented))
      assert.equal(fault, undefined, `#${i} ${name} ${presented}`)
      const isOurs = presented === issued
      assert.equal(
        value !== undefined,
        isOurs || isOtherForm(presented, issued, key.alg),
        `#${i} ${name} ${presented}`,
      )
    }
    accepted++
  }
  assert.equal(accepted, COUNT)
})

const judgeOf = (key: Parameters<typeof KeySet.prototype.replace>[0][number]) =>
  verifier({ keys: new KeySet([key]), clock, cache: 4 }).verify

const isOtherForm = (token: string, issued: string, alg: Algorithm): boolean =>
  ALGORITHMS[alg].kind === 'ec' && token === malleated(issued, alg)

test('fuzz: any value in place of a key is imported or rejected with an AuthError', (t) => {
  t.diagnostic(`WATCHWORD_SEED=${SEED}`)
  const chance = new Chance(SEED)
  const algs = [
    ...Object.keys(ALGORITHMS),
    undefined,
    'none',
    'constructor',
  ] as Algorithm[]
  const imports: readonly ((value: never, alg: Algorithm) => unknown)[] = [
    (value) => importKeySet(value),
    (value) => thumbprintOf(value),
    (value, alg) => importVerifyingKey(alg, value),
    (value, alg) => importSigningKey(alg, value),
    (value, alg) => importSecret(alg, value),
    (value, alg) => importVerifyingKey(alg, value, { allowWeak: true }),
  ]
  const faults = new Map<string, string>()
  for (let i = 0; i < COUNT; i++) {
    const [value, alg, which] = [
      anythingPlain(chance),
      chance.pick(algs),
      chance.int(imports.length),
    ]
    const { fault } = tried(() => imports[which]!(value as never, alg))
    if (fault !== undefined) faults.set(`${which} ${fault}`, `${alg} ${shown(value)}`)
  }
  assert.deepEqual([...faults], [])
})

test('fuzz: no shared prototype is changed, and no listener is left', () => {
  const listening = () =>
    process.eventNames().map((event) => [event, process.listenerCount(event)])
  const before = listening()
  const chance = new Chance(SEED)
  const { verify } = verifier({
    keys: new KeySet([keyCases(chance)[0]!.ours]),
    clock,
    cache: 8,
  })
  for (let i = 0; i < 1000; i++) tried(() => verify(anything(chance) as string))
  assert.deepEqual(listening(), before)
  assert.deepEqual(changedPrototypes(), [])
})
