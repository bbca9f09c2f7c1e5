import { createSecretKey, randomBytes } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify, SignJWT } from 'jose'
import { systemClock } from '../src/base/clock.ts'
import { importSecret, KeySet, sign, verifier } from '../src/jwt/index.ts'
import { fresh, manyClaims, manyTokens } from './claims.ts'
import { type Finding, measure } from './measure.ts'
import { jsonwebtoken } from './peers.ts'
import { working, workingAsync } from './work.ts'

/** More than a default cache would hold. */
const MANY = 20_000
/** The default size of the cache of `fast-jwt`. */
const CACHED = 1_000

const ROUNDS = 31
const unit = 'thousand a second of one core'

/** HS256: signing, and verifying new and cached tokens. */
export async function* hs256(): AsyncGenerator<Finding> {
  const secret = randomBytes(48)
  const key = importSecret('HS256', secret)
  const keys = new KeySet([key.verifying])
  const keyObject = createSecretKey(secret)
  const cryptoKey = await importJWK(
    { kty: 'oct', k: secret.toString('base64url') },
    'HS256',
  )
  const algorithms = ['HS256']

  const tokens = manyTokens(MANY, key)
  const ours = verifier({ keys, clock: systemClock })
  const fast = createVerifier({ key: secret, algorithms: ['HS256'], cache: false })
  yield await measure({
    asks: 'HS256 verify, 20,000 different tokens in turn, no cache',
    unit,
    rounds: ROUNDS,
    contestants: [
      { name: 'watchword', run: working(tokens, (token) => ours.verify(token)) },
      { name: 'fast-jwt', run: working(tokens, (token) => fast(token)) },
      {
        name: 'jose',
        run: workingAsync(tokens, (token) => jwtVerify(token, cryptoKey, { algorithms })),
      },
      {
        name: 'jsonwebtoken',
        run: working(tokens, (token) =>
          jsonwebtoken.verify(token, keyObject, { algorithms }),
        ),
      },
    ],
    bars: [
      { of: 'watchword', to: 'fast-jwt', atLeast: 1.5 },
      { of: 'watchword', to: 'jose', atLeast: 8 },
      { of: 'watchword', to: 'jsonwebtoken', atLeast: 2 },
    ],
  })

  const cached = manyTokens(CACHED, key)
  const again = fresh(cached)
  const oursCached = verifier({ keys, clock: systemClock, cache: MANY })
  const fastCached = createVerifier({ key: secret, algorithms: ['HS256'], cache: true })
  for (const token of cached) {
    oursCached.verify(token)
    fastCached(token)
  }
  yield await measure({
    asks: 'HS256 verify, 1,000 tokens in turn, all in the cache',
    unit,
    rounds: ROUNDS,
    contestants: [
      {
        name: 'watchword',
        run: working(again, (token) => oursCached.verify(token), 512),
      },
      { name: 'fast-jwt', run: working(again, (token) => fastCached(token), 512) },
    ],
    bars: [{ of: 'watchword', to: 'fast-jwt', atLeast: 4 }],
  })

  const claims = manyClaims(MANY)
  const fastSign = createSigner({ key: secret, algorithm: 'HS256' })
  yield await measure({
    asks: 'HS256 sign',
    unit,
    rounds: ROUNDS,
    contestants: [
      { name: 'watchword', run: working(claims, (each) => sign(each, key)) },
      { name: 'fast-jwt', run: working(claims, (each) => fastSign(each)) },
      {
        name: 'jose',
        run: workingAsync(claims, (each) =>
          new SignJWT(each)
            .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
            .sign(cryptoKey),
        ),
      },
      {
        name: 'jsonwebtoken',
        run: working(claims, (each) =>
          jsonwebtoken.sign(each, keyObject, { algorithm: 'HS256' }),
        ),
      },
    ],
    bars: [
      { of: 'watchword', to: 'fast-jwt', atLeast: 1.5 },
      { of: 'watchword', to: 'jose' },
      { of: 'watchword', to: 'jsonwebtoken' },
    ],
  })
}
