import {
  createPrivateKey,
  createPublicKey,
  sign as signOnce,
  verify as verifyOnce,
} from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose'
import { systemClock } from '../src/base/clock.ts'
import {
  generateKey,
  importSigningKey,
  KeySet,
  sign,
  verifier,
} from '../src/jwt/index.ts'
import { type AccessClaims, manyClaims, manyTokens } from './claims.ts'
import { type Bar, type Contestant, type Finding, measure } from './measure.ts'
import { jsonwebtoken } from './peers.ts'
import { working, workingAsync } from './work.ts'

type Alg = 'RS256' | 'ES256' | 'EdDSA'

const ROUNDS = 25
const MANY = 2_000
const unit = 'thousand a second of one core'

/** Signatures of an asymmetric key, beside the same signatures by `node:crypto` alone. */
export async function* asymmetric(): AsyncGenerator<Finding> {
  for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
    const { signing, verifying, leftOut } = await contestantsOf(alg)
    yield await measure({
      asks: `${alg} sign`,
      unit,
      rounds: ROUNDS,
      contestants: signing,
      bars: [{ of: 'watchword', to: 'node:crypto', atLeast: 0.9 }, ...notBehind(signing)],
      leftOut,
    })
    const beyondFast =
      alg === 'EdDSA' ? [] : [{ of: 'watchword', to: 'fast-jwt', atLeast: 1.3 }]
    yield await measure({
      asks: `${alg} verify, 2,000 different tokens in turn, no cache`,
      unit,
      rounds: ROUNDS,
      contestants: verifying,
      bars: [
        { of: 'watchword', to: 'node:crypto', atLeast: 0.8 },
        ...beyondFast,
        ...notBehind(verifying).filter(
          ({ to }) => beyondFast.length === 0 || to !== 'fast-jwt',
        ),
      ],
      leftOut,
    })
  }
}

const notBehind = (contestants: readonly Contestant[]): readonly Bar[] =>
  contestants
    .map(({ name }) => name)
    .filter((name) => name !== 'watchword' && name !== 'node:crypto')
    .map((to) => ({ of: 'watchword', to, atLeast: 1 }))

interface Sides {
  readonly signing: readonly Contestant[]
  readonly verifying: readonly Contestant[]
  readonly leftOut: readonly string[]
}

async function contestantsOf(alg: Alg): Promise<Sides> {
  const { privatePem } = generateKey(alg)
  const publicPem = createPublicKey(privatePem)
    .export({ format: 'pem', type: 'spki' })
    .toString()
  const key = importSigningKey(alg, privatePem)
  const ours = verifier({ keys: new KeySet([key.verifying]), clock: systemClock })
  const claims = manyClaims(MANY)
  const tokens = manyTokens(MANY, key)
  const bare = bareCalls(alg, privatePem, publicPem, tokens)
  const fastSign = createSigner({ key: privatePem, algorithm: alg })
  const fast = createVerifier({ key: publicPem, algorithms: [alg], cache: false })
  const joseKeys = {
    private: await importPKCS8(privatePem, alg),
    public: await importSPKI(publicPem, alg),
  }
  const signWithJose = (each: AccessClaims): Promise<string> =>
    new SignJWT(each).setProtectedHeader({ alg, typ: 'JWT' }).sign(joseKeys.private)
  const algorithms = [alg]
  const classic = classicCalls(alg, privatePem, publicPem)
  return {
    signing: [
      { name: 'watchword', run: working(claims, (each) => sign(each, key), 4) },
      { name: 'node:crypto', run: working(bare.signed, bare.sign, 4) },
      { name: 'fast-jwt', run: working(claims, (each) => fastSign(each), 4) },
      { name: 'jose', run: workingAsync(claims, signWithJose, 4) },
      ...(classic === undefined
        ? []
        : [{ name: 'jsonwebtoken', run: working(claims, classic.sign, 4) }]),
    ],
    verifying: [
      { name: 'watchword', run: working(tokens, (token) => ours.verify(token), 16) },
      { name: 'node:crypto', run: working(bare.pairs, bare.verify, 16) },
      { name: 'fast-jwt', run: working(tokens, (token) => fast(token), 16) },
      {
        name: 'jose',
        run: workingAsync(tokens, (token) =>
          jwtVerify(token, joseKeys.public, { algorithms }),
        ),
      },
      ...(classic === undefined
        ? []
        : [{ name: 'jsonwebtoken', run: working(tokens, classic.verify, 16) }]),
    ],
    leftOut: classic === undefined ? [`jsonwebtoken: it has no ${alg}`] : [],
  }
}

/** One call of `node:crypto` without an options object, on bytes in memory; for ES256 with DER, the form of OpenSSL. */
function bareCalls(
  alg: Alg,
  privatePem: string,
  publicPem: string,
  tokens: readonly string[],
) {
  const hash = alg === 'EdDSA' ? null : 'sha256'
  const [privateKey, publicKey] = [
    createPrivateKey(privatePem),
    createPublicKey(publicPem),
  ]
  const signed = tokens.map((token) =>
    Buffer.from(token.slice(0, token.lastIndexOf('.'))),
  )
  const pairs = signed.map((bytes) => ({
    bytes,
    signature: signOnce(hash, bytes, privateKey),
  }))
  return {
    signed,
    pairs,
    sign: (bytes: Buffer) => signOnce(hash, bytes, privateKey),
    verify({ bytes, signature }: (typeof pairs)[number]): true {
      if (!verifyOnce(hash, bytes, publicKey, signature))
        throw new Error('its own signature is not valid')
      return true
    },
  }
}

function classicCalls(alg: Alg, privatePem: string, publicPem: string) {
  if (alg === 'EdDSA') return undefined
  const [privateKey, publicKey] = [
    createPrivateKey(privatePem),
    createPublicKey(publicPem),
  ]
  return {
    sign: (claims: object) => jsonwebtoken.sign(claims, privateKey, { algorithm: alg }),
    verify: (token: string) =>
      jsonwebtoken.verify(token, publicKey, { algorithms: [alg] }),
  }
}
