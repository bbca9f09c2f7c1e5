import type { UnixSeconds } from '../../src/base/clock.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'
import {
  generateKey,
  importSecret,
  importSigningKey,
  type SigningKey,
} from '../../src/jwt/index.ts'
import { foreignSessionId } from '../../src/sessions/foreign-session-id.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { type Attack, type Corpus, profileOf } from './corpus.ts'
import { ALICE, instanceOf, type TestInstance } from './instance.ts'
import { malleated } from './malleated.ts'
import { outcomeFaults, outcomeOfAsync, type Verdict } from './verdict.ts'

/**
 * Revokes the session of one token, then presents another token. Each `jti` of the corpus gets a session, and its tokens are
 * signed again with the session's id. How the two tokens differ is kept: by the header, not at all, or by the form of the
 * signature.
 */
export async function judgeRevocation(
  attack: Attack<'revocation'>,
  corpus: Corpus,
): Promise<Verdict> {
  const { id, kind, reason, revoke, token } = attack
  const profile = profileOf(corpus, attack.profile)
  const { text, key } = keyFor(profile.algorithms[0] as Algorithm)
  const instance = await instanceOf(profile, corpus.now, { signingKey: text })
  try {
    const [revoked, presented] = await Promise.all(
      [revoke, token].map((each) =>
        reissue(each, key, instance, corpus.now as UnixSeconds),
      ),
    )
    const isOtherForm = signedPart(revoke) === signedPart(token) && revoke !== token
    const shown = isOtherForm ? malleated(presented!.token, key.alg) : presented!.token
    const before = await outcomeOfAsync(() => instance.auth.require(bearing(shown)))
    await instance.auth.sessions.revoke(revoked!.session)
    const outcome = await outcomeOfAsync(() => instance.auth.require(bearing(shown)))
    // The rejection counts only if the token was valid before.
    const faults = [
      ...outcomeFaults(before, { expect: 'accept' }),
      ...outcomeFaults(outcome, attack),
    ]
    return { id, kind, reason, faults }
  } finally {
    await instance.close()
  }
}

const SECRET =
  'a secret for signing of the attacks, which is as long as the longest of the three has to be'

function keyFor(alg: Algorithm): { readonly text: string; readonly key: SigningKey } {
  if (ALGORITHMS[alg].kind === 'hmac')
    return { text: SECRET, key: importSecret(alg, SECRET) }
  const { privatePem } = generateKey(alg)
  return { text: privatePem, key: importSigningKey(alg, privatePem) }
}

const signedPart = (token: string): string => token.slice(0, token.lastIndexOf('.'))

async function reissue(
  token: string,
  key: SigningKey,
  { store }: TestInstance,
  now: UnixSeconds,
): Promise<{ readonly token: string; readonly session: SessionId }> {
  const [header = '', payload = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const session = foreignSessionId(claims.jti)
  await store.ports.sessions.adopt({
    id: session,
    userId: ALICE.id,
    jti: claims.jti,
    createdAt: now,
    expiresAt: claims.exp,
    idleExpiresAt: claims.exp,
    epoch: 0,
  })
  const signed = `${header}.${Buffer.from(JSON.stringify({ ...claims, sid: session })).toString('base64url')}`
  return { token: `${signed}.${key.sign(signed)}`, session }
}

const bearing = (token: string): AuthRequest => ({
  method: 'GET',
  url: '/protected',
  address: '127.0.0.1',
  secure: false,
  header: (name) => (name === 'authorization' ? `Bearer ${token}` : undefined),
  body: async () => Buffer.alloc(0),
})
