import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomUUID,
  timingSafeEqual,
  verify as verifyBare,
} from 'node:crypto'
import { createSigner, createVerifier, httpbis } from 'http-message-signatures'
import { importSecret, importVerifyingKey } from '../src/jwt/index.ts'
import { signaturesIn } from '../src/signatures/read-signatures.ts'
import type { SignatureAlgorithm } from '../src/signatures/signature-algorithms.ts'
import { signatureBase } from '../src/signatures/signature-base.ts'
import {
  checkPolicy,
  type SignatureKey,
  verifySignature,
} from '../src/signatures/verify-signature.ts'
import { type Finding, measure } from './measure.ts'
import { working, workingAsync } from './work.ts'

const ROUNDS = 15
const MANY = 500
const unit = 'thousand a second of one core'
const ORIGIN = 'https://api.example.com'
const TARGET = '/notes?page=2'
const NO_BODY = Buffer.alloc(0)

interface Signer {
  readonly alg: SignatureAlgorithm
  readonly signing: KeyObject
  /** The same secret, or the public key. */
  readonly verifying: KeyObject
}

const SIGNERS: readonly Signer[] = [
  pairOf('ed25519', generateKeyPairSync('ed25519')),
  pairOf('ecdsa-p256-sha256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  secretOf(createSecretKey(Buffer.from(randomUUID()))),
]

function pairOf(
  alg: SignatureAlgorithm,
  {
    privateKey,
    publicKey,
  }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): Signer {
  return { alg, signing: privateKey, verifying: publicKey }
}

function secretOf(key: KeyObject): Signer {
  return { alg: 'hmac-sha256', signing: key, verifying: key }
}

interface Sent {
  readonly method: 'GET'
  readonly url: string
  readonly headers: Record<string, string>
}

/** Requests with nonces of their own, as clients send them. */
const requestsBy = ({ alg, signing }: Signer): Promise<readonly Sent[]> =>
  Promise.all(
    Array.from({ length: MANY }, async () => {
      const message = { method: 'GET', url: ORIGIN + TARGET, headers: {} } as const
      const key = createSigner(keyFor(signing), alg, 'k')
      const { headers } = await httpbis.signMessage(
        {
          key,
          fields: ['@method', '@target-uri'],
          params: ['created', 'keyid', 'nonce'],
          paramValues: { nonce: randomUUID() },
        },
        message,
      )
      return { ...message, headers: headers as Record<string, string> }
    }),
  )

const keyFor = (key: KeyObject): KeyObject | Buffer =>
  key.type === 'secret' ? key.export() : key

function ourKey({ alg, verifying }: Signer): SignatureKey {
  if (alg === 'hmac-sha256')
    return { alg, key: importSecret('HS256', verifying).verifying }
  const jwk = verifying.export({ format: 'jwk' })
  const name = alg === 'ed25519' ? 'EdDSA' : 'ES256'
  return { alg, key: importVerifyingKey(name, jwk as never) }
}

const POLICY = {
  components: ['"@method"', '"@target-uri"'],
  params: ['created', 'keyid', 'nonce'],
  tag: undefined,
  maxAge: 300,
  leeway: 60,
} as const

/** As the scheme reads a request. Nothing that is signed here is a field. */
function readOf({ method, headers }: Sent) {
  const message = { method, origin: ORIGIN, target: TARGET, fields: [] }
  const [signature] = signaturesIn(headers['Signature-Input'], headers.Signature)
  if (signature === undefined) throw new Error('it is not signed')
  return { message, signature }
}

/** The cryptography alone, over what was prepared. */
function bare({ alg, verifying }: Signer, sent: readonly Sent[]): () => number {
  const prepared = sent.map((each) => {
    const { message, signature } = readOf(each)
    const base = Buffer.from(signatureBase(signature, message))
    return { base, bytes: signature.bytes }
  })
  const key = { key: verifying, dsaEncoding: 'ieee-p1363' } as const
  return working(prepared, ({ base, bytes }) => {
    hash('sha256', NO_BODY)
    if (alg === 'hmac-sha256')
      return timingSafeEqual(createHmac('sha256', verifying).update(base).digest(), bytes)
    return alg === 'ed25519'
      ? verifyBare(null, base, verifying, bytes)
      : verifyBare('sha256', base, key, bytes)
  })
}

/** Signed GETs (RFC 9421): reading, the policy and verifying, without the store. */
export async function* signatures(): AsyncGenerator<Finding> {
  for (const signer of SIGNERS) {
    const sent = await requestsBy(signer)
    const key = ourKey(signer)
    const now = Math.floor(Date.now() / 1000)
    const verifier = {
      keyLookup: async () => ({
        id: 'k',
        algs: [signer.alg],
        verify: createVerifier(keyFor(signer.verifying), signer.alg),
      }),
      requiredFields: ['@method', '@target-uri'],
    }
    yield await measure({
      asks: `a signed GET is verified: ${signer.alg}`,
      unit,
      rounds: ROUNDS,
      contestants: [
        {
          name: 'watchword',
          run: working(sent, (each) => {
            const { message, signature } = readOf(each)
            checkPolicy(signature, POLICY, now)
            verifySignature(signature, message, key)
            return hash('sha256', NO_BODY)
          }),
        },
        { name: 'cryptography alone', run: bare(signer, sent) },
        {
          name: 'http-message-signatures',
          run: workingAsync(sent, (each) => httpbis.verifyMessage(verifier, each)),
        },
      ],
      bars: [
        { of: 'cryptography alone', to: 'watchword', atMost: 1.5 },
        { of: 'watchword', to: 'http-message-signatures', atLeast: 2 },
      ],
    })
  }
}
