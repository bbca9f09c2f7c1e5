import type { Chance } from '../differential/random.ts'

const hostile = (): object => ({
  toString() {
    throw new Error('toString was called')
  },
  valueOf() {
    throw new Error('valueOf was called')
  },
})

/** A proxy that throws at every operation. */
const trap = (): object =>
  new Proxy(Object.create(null), {
    get() {
      throw new Error('a member was read')
    },
    getPrototypeOf() {
      throw new Error('the prototype was read')
    },
  })

const MAKERS: readonly ((chance: Chance) => unknown)[] = [
  () => undefined,
  () => null,
  (chance) => chance.int(2 ** 31),
  () => Number.NaN,
  () => 10n,
  () => Symbol('token'),
  () => true,
  () => () => 'a.b.c',
  () => [],
  (chance) => Array.from({ length: chance.int(4) }, () => chance.text(3)),
  () => ['a.b.c'],
  () => new String('a.b.c'),
  () => Buffer.from('a.b.c'),
  () => new Uint8Array(3),
  () => new Date(Number.NaN),
  () => /a/,
  () => new Map([['alg', 'none']]),
  () => Promise.resolve('a.b.c'),
  () => Object.create(null),
  () => ({
    length: 5,
    indexOf: () => 1,
    slice: () => 'e30',
    split: () => ['e30', 'e30', 'e30'],
  }),
  (chance) => chance.text(chance.int(40)),
  (chance) =>
    `${chance.text(chance.int(20))}.${chance.text(chance.int(20))}.${chance.text(chance.int(20))}`,
  (chance) => chance.bytes(chance.int(60)).toString('latin1'),
  (chance) => chance.bytes(chance.int(60)).toString('utf16le'),
  (chance) => '.'.repeat(chance.int(10_000)),
  (chance) => 'e30.'.repeat(chance.int(3000)),
  (chance) => jwkLike(chance),
  (chance) => ({ keys: Array.from({ length: chance.int(4) }, () => jwkLike(chance)) }),
  (chance) => ({ keys: chance.pick([null, 1, 'x', {}, [null], [[]], ['x']]) }),
]

/** Objects that run code when they are read. JSON cannot contain one. */
const PROGRAMS: readonly ((chance: Chance) => unknown)[] = [() => hostile(), () => trap()]

/** A value of any type of JavaScript. */
export const anything = (chance: Chance): unknown =>
  chance.pick([...MAKERS, ...PROGRAMS])(chance)

/** A value of any type that runs no code. */
export const anythingPlain = (chance: Chance): unknown => chance.pick(MAKERS)(chance)

const ODD_MEMBERS: readonly unknown[] = [
  undefined,
  null,
  1,
  '',
  'AA',
  [],
  {},
  { toString: 1, valueOf: 1 },
  'constructor',
  '__proto__',
  'toString',
]
const PLAUSIBLE: { readonly [member: string]: readonly unknown[] } = {
  kty: ['RSA', 'EC', 'OKP', 'oct', 'constructor', 'hasOwnProperty'],
  crv: [
    'P-256',
    'P-384',
    'P-521',
    'Ed25519',
    'Ed448',
    'X25519',
    'constructor',
    'valueOf',
  ],
  alg: ['HS256', 'RS256', 'ES256', 'EdDSA', 'none', 'constructor'],
  use: ['sig', 'enc'],
  kid: ['a', 'b'.repeat(300)],
  key_ops: [['verify'], ['verify', 'verify'], ['sign']],
  n: ['AQAB', '_'.repeat(342)],
  e: ['AQAB', 'AQ', 'AA'],
  x: ['A'.repeat(43), 'AQ'],
  y: ['A'.repeat(43), 'AQ'],
  k: ['A'.repeat(43), 'AQ'],
  d: ['AQ'],
}

/** An object with many members of a key, and one that no key has. */
function jwkLike(chance: Chance): object {
  const members = Object.entries(PLAUSIBLE).filter(() => !chance.once(3))
  return Object.fromEntries(
    members.map(([name, values]) => [
      name,
      chance.pick(chance.once(4) ? ODD_MEMBERS : values),
    ]),
  )
}
