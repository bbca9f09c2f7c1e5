import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seconds, UnixSeconds } from '../base/clock.ts'
import { cachedToken, TokenCache } from './cache.ts'
import {
  type Algorithm,
  type Claims,
  generateKey,
  importSecret,
  importSigningKey,
  KeySet,
  type SigningKey,
  sign,
  type VerifierOptions,
  verifier,
} from './index.ts'

const NOW = 1_893_456_000
const SECRET = 'a secret that is as long as it has to be'
const mine = importSecret('HS256', SECRET, { kid: 'a' })
const another = importSecret('HS256', SECRET.toUpperCase(), { kid: 'b' })

/** A verifier with a cache, a clock that can be moved, and a counter of verified signatures. */
function setUp(
  options: Partial<VerifierOptions<KeySet>> = {},
  { key = mine }: { readonly key?: SigningKey } = {},
) {
  let now = NOW
  let checked = 0
  const counted = (each: SigningKey) => ({
    ...each.verifying,
    verifyText(signed: string, signature: string): boolean {
      checked++
      return each.verifying.verifyText(signed, signature)
    },
  })
  const keys = new KeySet([counted(key)])
  const { verify } = verifier({
    keys,
    clock: () => now as UnixSeconds,
    cache: 64,
    ...options,
  })
  return {
    verify,
    replace: (...next: readonly SigningKey[]) => keys.replace(next.map(counted)),
    at: (moment: number) => {
      now = moment
    },
    /** Number of signatures verified during `work`. */
    checks(work: () => unknown): number {
      const before = checked
      work()
      return checked - before
    },
  }
}

const claims = {
  exp: NOW + 300,
  iat: NOW - 10,
  jti: 'one',
  iss: 'me',
  aud: 'you',
  roles: ['reader'],
}
const rejectedAs = (code: string) => ({ name: 'AuthError', code })

test('cache: the second time the signature is not verified, and the claims are the same', () => {
  const { verify, checks } = setUp()
  const token = sign(claims, mine)
  assert.equal(
    checks(() => verify(token)),
    1,
  )
  assert.equal(
    checks(() => assert.deepEqual({ ...verify(token) }, claims)),
    0,
  )
})

test('cache: claims cannot be changed by a caller', () => {
  const { verify } = setUp()
  const token = sign(claims, mine)
  for (let i = 0; i < 3; i++) {
    const given = verify(token) as { roles: string[]; jti: string }
    assert.throws(() => given.roles.push('admin'), TypeError)
    assert.throws(() => {
      given.jti = 'two'
    }, TypeError)
    assert.throws(() => Object.setPrototypeOf(given, { admin: true }), TypeError)
    assert.deepEqual({ ...verify(token) }, claims)
  }
})

for (const [what, leeway, last] of [
  ['its exp', 0, 299],
  ['its exp and the leeway', 30, 329],
] as const) {
  test(`cache: a token is cached until ${what}`, () => {
    const { verify, at, checks } = setUp({ leeway: leeway as Seconds })
    const token = sign(claims, mine)
    verify(token)
    at(NOW + last + 0.999)
    assert.equal(
      checks(() => verify(token)),
      0,
    )
    at(NOW + last + 1)
    assert.throws(() => verify(token), rejectedAs('expired'))
    at(NOW)
    verify(token)
  })
}

for (const [name, moment] of [
  ['iat', NOW - 10],
  ['nbf', NOW - 5],
] as const) {
  test(`cache: with a clock that is set back a token is invalid before its ${name}`, () => {
    const { verify, at } = setUp()
    const token = sign(
      {
        ...claims,
        nbf: NOW - 5,
        iat: name === 'iat' ? NOW - 5 : NOW - 10,
        [name]: moment,
      },
      mine,
    )
    verify(token)
    at(NOW - 6)
    assert.throws(() => verify(token), rejectedAs('not_yet_valid'))
  })
}

test('cache: a token is rejected after its key is replaced, even by one of the same kid', () => {
  const { verify, replace } = setUp()
  const token = sign(claims, mine)
  const namesake = importSecret('HS256', SECRET.toUpperCase(), { kid: 'a' })
  verify(token)
  replace(namesake)
  assert.throws(() => verify(token), rejectedAs('bad_signature'))
  replace(another)
  assert.throws(() => verify(token), rejectedAs('unknown_key'))
  replace()
  assert.throws(() => verify(token), rejectedAs('unsupported_alg'))
  replace(another, mine)
  verify(token)
})

test('cache: a header is read again when the keys change', () => {
  const ec = generateKey('ES256')
  const { verify, replace } = setUp()
  const token = sign(claims, mine)
  verify(token)
  verify(sign({ ...claims, jti: 'two' }, mine))
  replace(importSigningKey('ES256', ec.privatePem, { kid: 'a' }))
  assert.throws(() => verify(token), rejectedAs('unsupported_alg'))
  assert.throws(
    () => verify(sign({ ...claims, jti: 'three' }, mine)),
    rejectedAs('unsupported_alg'),
  )
})

test('cache: a rejected token is not cached', () => {
  const { verify, replace, at } = setUp()
  const [early, foreign] = [
    sign({ ...claims, nbf: NOW + 60 }, mine),
    sign(claims, another),
  ]
  for (let i = 0; i < 2; i++) {
    assert.throws(() => verify(early), rejectedAs('not_yet_valid'))
    assert.throws(() => verify(foreign), rejectedAs('unknown_key'))
  }
  at(NOW + 60)
  verify(early)
  replace(another, mine)
  verify(foreign)
})

test('cache: verifiers share nothing', () => {
  const keys = new KeySet([mine.verifying])
  const token = sign(claims, mine)
  const judge = (options: object) =>
    verifier({ keys, clock: () => NOW as UnixSeconds, cache: 64, ...options }).verify
  judge({ issuer: 'me', audience: 'you' })(token)
  assert.throws(() => judge({ issuer: 'other' })(token), rejectedAs('wrong_issuer'))
  assert.throws(() => judge({ audience: 'other' })(token), rejectedAs('wrong_audience'))
  assert.throws(() => judge({ types: ['at+jwt'] })(token), rejectedAs('wrong_type'))
  assert.throws(() => judge({ maxBytes: 64 })(token), rejectedAs('too_large'))
})

/** Strings that share with a cached token what a careless cache would compare. */
const NEIGHBOURS: { readonly [what: string]: (token: string, other: string) => string } =
  {
    'the same signature under other claims': (token, other) => withPart(token, 1, other),
    'the same signature and claims under another header': (token) =>
      withPart(token, 0, `${base64url('{"alg":"HS256","kid":"a"}')}..`),
    'the same header and claims under another signature': (token, other) =>
      withPart(token, 2, other),
    'a signature of which only the end is the same': (token) => {
      const dot = token.lastIndexOf('.') + 1
      return `${token.slice(0, dot)}${token[dot] === 'A' ? 'B' : 'A'}${token.slice(dot + 1)}`
    },
    'a signature of which only the last character differs': (token) =>
      token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A'),
    'a character more': (token) => `${token}A`,
    'a character less': (token) => token.slice(0, -1),
    'a character before it': (token) => `A${token}`,
    'a space after it': (token) => `${token} `,
    'a line break after it': (token) => `${token}\n`,
    'NUL after it': (token) => `${token}\0`,
    'the token twice': (token) => `${token}${token}`,
    'a segment more': (token) => `${token}.`,
    'letters of other case': (token) => token.toLowerCase(),
    'its beginning': (token) => token.slice(0, 40),
    'its end': (token) => token.slice(-40),
    nothing: () => '',
  }

const withPart = (token: string, index: number, other: string): string => {
  const parts = token.split('.')
  parts[index] = other.split('.')[index]!
  return parts.join('.')
}
const base64url = (text: string): string => Buffer.from(text).toString('base64url')

for (const [what, neighbour] of Object.entries(NEIGHBOURS)) {
  test(`cache: after a token was cached, ${what} has the outcome that it has without a cache`, () => {
    // With one slot, so that all tokens share it, and with many.
    for (const cache of [1, 64]) {
      const { verify } = setUp({ cache })
      const [token, other] = [sign(claims, mine), sign({ ...claims, jti: 'two' }, mine)]
      const text = neighbour(token, other)
      const cold = codeOf(() => setUp({ cache: 0 }).verify(text))
      verify(token)
      assert.equal(
        codeOf(() => verify(text)),
        cold,
      )
      assert.ok(['malformed', 'bad_signature'].includes(cold ?? ''), cold)
      assert.deepEqual({ ...verify(token) }, claims)
    }
  })
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { readonly code?: string }).code
  }
}

for (const value of [
  undefined,
  null,
  1,
  {},
  [],
  Symbol('a'),
  new String('a.b.c'),
  { length: 9, charCodeAt: () => 65 },
]) {
  test(`cache: ${typeof value} in place of a token is malformed`, () => {
    const { verify } = setUp()
    verify(sign(claims, mine))
    assert.throws(() => verify(value as string), rejectedAs('malformed'))
  })
}

test('cache: each token has its own claims, at any size of the cache', () => {
  const tokens = Array.from({ length: 500 }, (_, i) =>
    sign({ ...claims, jti: `t${i}` }, mine),
  )
  for (const cache of [1, 2, 7, 128]) {
    const { verify } = setUp({ cache })
    for (let round = 0; round < 3; round++) {
      for (const [i, token] of tokens.entries()) assert.equal(verify(token).jti, `t${i}`)
    }
  }
})

test('cache: all tokens are still found after the cache has grown', () => {
  const cache = new TokenCache(20_000)
  const verified = { version: 1, leeway: 0 as Seconds }
  const tokens = Array.from({ length: 2000 }, (_, i) =>
    sign({ ...claims, jti: `t${i}` }, mine),
  )
  for (const token of tokens)
    cache.add({
      ...cachedToken(token, claims as Claims, verified),
      claims: claims as Claims,
    })
  const found = tokens.filter(
    (token) => cache.find(token, 1, () => NOW as UnixSeconds)?.encoded === token,
  )
  assert.equal(found.length, tokens.length)
})

test('cache: a token replaces the one that expires first', () => {
  const cache = new TokenCache(4)
  const verified = { version: 1, leeway: 0 as Seconds }
  const tokens = Array.from({ length: 5 }, (_, i) =>
    sign({ ...claims, jti: `t${i}` }, mine),
  )
  const lifetimes = [60, 20, 50, 40, 30]
  for (const [i, token] of tokens.entries()) {
    const expiring = { ...claims, exp: NOW + lifetimes[i]! } as Claims
    cache.add({ ...cachedToken(token, expiring, verified), claims: expiring })
  }
  const found = tokens.map(
    (token) => cache.find(token, 1, () => NOW as UnixSeconds) !== undefined,
  )
  assert.deepEqual(found, [true, false, true, true, true])
})

test('cache: a token that is verified again under other keys keeps its place', () => {
  const cache = new TokenCache(2)
  const [one, other] = ['one', 'other'].map((jti) => sign({ ...claims, jti }, mine))
  const add = (token: string, version: number): void =>
    cache.add({
      ...cachedToken(token, claims as Claims, { version, leeway: 0 as Seconds }),
      claims: claims as Claims,
    })
  add(one!, 1)
  add(other!, 2)
  add(one!, 2)
  for (const token of [one!, other!])
    assert.ok(cache.find(token, 2, () => NOW as UnixSeconds))
})

for (const [size, most] of [
  [1, 1],
  [5, 8],
  [64, 64],
] as const) {
  test(`cache: a cache of ${size} holds at most ${most} tokens`, () => {
    const cache = new TokenCache(size)
    const verified = { version: 1, leeway: 0 as Seconds }
    const tokens = Array.from({ length: 2000 }, (_, i) =>
      sign({ ...claims, jti: `t${i}` }, mine),
    )
    for (const token of tokens)
      cache.add({
        ...cachedToken(token, claims as Claims, verified),
        claims: claims as Claims,
      })
    const found = tokens.filter(
      (token) => cache.find(token, 1, () => NOW as UnixSeconds) !== undefined,
    )
    assert.ok(found.length > 0 && found.length <= most, `${found.length}`)
  })
}

for (const alg of ['ES256', 'EdDSA', 'RS256'] as const satisfies readonly Algorithm[]) {
  test(`cache: ${alg}: a hit verifies no signature, and a changed token is verified`, () => {
    const key = importSigningKey(alg, generateKey(alg).privatePem, { kid: 'a' })
    const { verify, checks } = setUp({}, { key })
    const [token, other] = [sign(claims, key), sign({ ...claims, jti: 'two' }, key)]
    verify(token)
    assert.equal(
      checks(() => verify(token)),
      0,
    )
    const forged = withPart(token, 1, other)
    assert.equal(
      checks(() => assert.throws(() => verify(forged), rejectedAs('bad_signature'))),
      1,
    )
  })
}
