import { createLocalJWKSet, jwtVerify } from 'jose'
import { generateKey, importSigningKey, sign } from '../src/jwt/index.ts'
import { verifier } from '../src/verify/index.ts'
import { fresh, manyClaims } from './claims.ts'
import { type Finding, measure } from './measure.ts'
import { workingAsync } from './work.ts'

const ROUNDS = 25
const MANY = 2_000
const unit = 'thousand a second of one core'
const issuer = 'https://auth.example.com'
const audience = 'api'

/** `watchword/verify` with WebCrypto: new and cached tokens. */
export async function* verify(): AsyncGenerator<Finding> {
  for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { privatePem, kid } = generateKey(alg)
    const key = importSigningKey(alg, privatePem, { kid })
    const set = { keys: [key.verifying.jwk] }
    const tokens = fresh(
      manyClaims(MANY).map((claims) =>
        sign({ ...claims, iss: issuer, aud: audience }, key),
      ),
    )
    const options = { issuer, audience, fetch: async () => Response.json(set) }
    const [unseen, seen] = [verifier({ ...options, cache: 0 }), verifier(options)]
    const theirs = createLocalJWKSet(set as Parameters<typeof createLocalJWKSet>[0])
    const jose = {
      name: 'jose',
      run: workingAsync(tokens, (token) =>
        jwtVerify(token, theirs, { issuer, audience }),
      ),
    }
    yield await measure({
      asks: `watchword/verify ${alg}, 2,000 different tokens in turn, no cache`,
      unit,
      rounds: ROUNDS,
      contestants: [
        { name: 'watchword', run: workingAsync(tokens, (token) => unseen.check(token)) },
        jose,
      ],
      bars: [{ of: 'watchword', to: 'jose', atLeast: 1 }],
    })
    yield await measure({
      asks: `watchword/verify ${alg}, the same tokens again`,
      unit,
      rounds: ROUNDS,
      contestants: [
        { name: 'watchword', run: workingAsync(tokens, (token) => seen.check(token)) },
        jose,
      ],
      bars: [{ of: 'watchword', to: 'jose', atLeast: 10 }],
    })
  }
}
