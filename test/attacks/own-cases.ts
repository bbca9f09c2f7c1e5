import { signed } from '../conformance/forge.ts'
import type { JsonObject } from '../conformance/recording.ts'
import {
  type Attack,
  type Corpus,
  type HttpAttack,
  profileOf,
  readOAuthCases,
} from './corpus.ts'

/** A corpus, the cases about OAuth, and cases about faults that it does not have. */
export const withOwnCases = (corpus: Corpus): Corpus => ({
  ...corpus,
  cases: [...corpus.cases, ...readOAuthCases(), ...ownCases(corpus)],
})

/** In the format of the corpus, each kind of attack with its control. */
const ownCases = (corpus: Corpus): readonly Attack[] => [
  ...fieldTwice(),
  ...accessType(corpus),
  ...longId(corpus),
  ...zeroInFront(corpus),
]

const HTTP = {
  kind: 'request',
  profile: 'hs256',
  method: 'POST',
  headers: [['Content-Type', 'application/json']],
} as const

/** Rule H14: two readers of the body might take another value each. */
function fieldTwice(): readonly Attack[] {
  const bodies: readonly (readonly [string, string])[] = [
    ['a name twice', '{"username":"bob","username":"alice","password":"x"}'],
    ['the same name twice', '{"username":"alice","username":"alice","password":"x"}'],
    [
      'a name twice, once escaped',
      '{"username":"a","usern\\u0061me":"b","password":"x"}',
    ],
    ['a password twice', '{"username":"alice","password":"y","password":"x"}'],
  ]
  return bodies.map(([reason, body], i) => ({
    ...HTTP,
    id: `own-twice-${i + 1}`,
    path: '{obtain}',
    expect: 'reject',
    http: { status: [400] },
    reason,
    body,
  }))
}

/** Rule J14: the header `typ` of an access token on a token of another kind. */
function accessType(corpus: Corpus): readonly Attack[] {
  const asked = (typ: string, status: number): HttpAttack => ({
    ...HTTP,
    path: '{verify}',
    http: { status: [status] },
    body: JSON.stringify({ token: token(corpus, { token_type: 'refresh' }, typ) }),
  })
  return [
    {
      ...HTTP,
      ...asked('JWT', 200),
      id: 'own-typ-1',
      expect: 'accept',
      reason: 'control: a refresh token',
    },
    ...['at+jwt', 'AT+JWT', 'application/at+jwt'].map((typ, i) => ({
      ...HTTP,
      ...asked(typ, 401),
      id: `own-typ-${i + 2}`,
      expect: 'reject' as const,
      reason: `typ ${typ} on a refresh token`,
    })),
  ]
}

/** An id is a key of stores and caches. */
const longId = (corpus: Corpus): readonly Attack[] =>
  (
    [
      [255, 'accept'],
      [256, 'reject'],
      [2000, 'reject'],
    ] as const
  ).map(([length, expect], i) => ({
    kind: 'token',
    id: `own-jti-${i + 1}`,
    profile: 'hs256',
    expect,
    ...(expect === 'reject' && { error: ['invalid_claim'] }),
    reason: `a jti of ${length} characters`,
    token: token(corpus, { token_type: 'access', jti: 'q'.repeat(length) }),
  }))

/** Rule K6: another spelling of a key has another thumbprint. */
function zeroInFront(corpus: Corpus): readonly Attack[] {
  const [jwk = {}] = profileOf(corpus, 'rs256').keys
  const padded = (member: string): string =>
    Buffer.concat([
      Buffer.alloc(1),
      Buffer.from(String(jwk[member]), 'base64url'),
    ]).toString('base64url')
  const key = { kind: 'key', purpose: 'verify' } as const
  return [
    { ...key, id: 'own-zero-1', expect: 'accept', reason: 'control: an RSA key', jwk },
    ...['n', 'e'].map((member, i) => ({
      ...key,
      id: `own-zero-${i + 2}`,
      expect: 'reject' as const,
      error: ['key_refused'],
      reason: `a zero byte in front of ${member}`,
      jwk: { ...jwk, [member]: padded(member) },
    })),
  ]
}

/** A token that is valid but for these claims and this header. */
function token(corpus: Corpus, claims: JsonObject, typ = 'JWT'): string {
  const { keys, issuer = '', audience = '' } = profileOf(corpus, 'hs256')
  const times = { iat: corpus.now, exp: corpus.now + 300 }
  const payload = {
    jti: 'a1',
    user_id: '1',
    iss: issuer,
    aud: audience,
    ...times,
    ...claims,
  }
  const key = Buffer.from(String(keys[0]?.k), 'base64url')
  const header = { alg: 'HS256', typ, kid: String(keys[0]?.kid) }
  return signed(header, JSON.stringify(payload), 'HS256', key)
}
