import { createPublicKey } from 'node:crypto'
import { ALGORITHMS } from '../../src/jwt/algorithms.ts'
import {
  type Changes,
  claim,
  header,
  ODD,
  withoutClaim,
  withoutHeader,
} from './change.ts'
import { AUDIENCE, ISSUER, NOW, signedBy } from './draft.ts'

const ALGS = [
  'none',
  'None',
  'NONE',
  '',
  'HS255',
  'hs256',
  'HS256 ',
  ...Object.keys(ALGORITHMS),
  ...ODD,
]
const TYPES = [
  'jwt',
  'at+jwt',
  'AT+JWT',
  'application/jwt',
  'application/at+jwt',
  'JOSE',
  'logout+jwt',
  'text/jwt',
]

/** Changes of the header. */
export const HEADERS: Changes = {
  'header: alg': header('alg', ALGS),
  'header: no alg': withoutHeader('alg'),
  'header: kid': header('kid', [
    'other',
    'HS256-1',
    '../../dev/null',
    "' OR 1=1 --",
    'k'.repeat(300),
    ...ODD,
  ]),
  'header: no kid': withoutHeader('kid'),
  'header: typ': header('typ', [...TYPES, ...ODD]),
  'header: no typ': withoutHeader('typ'),
  'header: crit': header('crit', [['exp'], ['b64'], ['alg'], ['x', 'x'], 'exp', ...ODD]),
  'header: b64': header('b64', [true, false, 'false', null, 0]),
  'header: critical b64': (draft, chance) =>
    Object.assign(draft.header, { crit: ['b64'], b64: chance.once(2) }),
  'header: zip': header('zip', ['DEF', null, '', 1]),
  'header: a key of its own': (draft) => {
    const { attacker } = draft.key
    const shown = attacker.type === 'secret' ? attacker : createPublicKey(attacker)
    Object.assign(draft.header, {
      jwk: shown.export({ format: 'jwk' }),
      jku: 'https://evil.example/jwks.json',
    })
    draft.sign = signedBy((key) => key.attacker)
  },
  'header: x5u and x5c': (draft) =>
    Object.assign(draft.header, { x5u: 'https://evil.example/x', x5c: ['AAAA'] }),
  'header: unknown member': header('foo', ODD),
  'header: cty': header('cty', ['JWT', 'text/plain', ...ODD]),
}

const DATES = [
  NOW - 1,
  NOW,
  NOW + 1,
  NOW + 0.5,
  NOW - 0.5,
  0,
  -1,
  253_402_300_799,
  253_402_300_800,
  1e15,
  1e308,
  ...ODD,
]
const ISSUERS = [
  `${ISSUER}/`,
  ISSUER.toUpperCase(),
  [ISSUER],
  [ISSUER, 'x'],
  `${ISSUER}.evil`,
  ...ODD,
]
const AUDIENCES = [
  [AUDIENCE],
  ['x', AUDIENCE],
  [AUDIENCE, 1],
  [[AUDIENCE]],
  `${AUDIENCE} x`,
  [AUDIENCE, null],
  { 0: AUDIENCE },
  ...ODD,
]

/** Changes of the claims. */
export const CLAIMS: Changes = {
  'claim: exp': claim('exp', DATES),
  'claim: nbf': claim('nbf', DATES),
  'claim: iat': claim('iat', DATES),
  'claim: iss': claim('iss', ISSUERS),
  'claim: aud': claim('aud', AUDIENCES),
  'claim: sub': claim('sub', ODD),
  'claim: jti': claim('jti', ODD),
  'claim: no exp': withoutClaim('exp'),
  'claim: no iat': withoutClaim('iat'),
  'claim: no iss': withoutClaim('iss'),
  'claim: no aud': withoutClaim('aud'),
  'claim: no jti': withoutClaim('jti'),
  'claim: any': (draft, chance) =>
    Object.assign(draft.claims, {
      [chance.pick(['__proto', 'a b', '', 'é'])]: chance.pick(ODD),
    }),
  'claim: long': claim('long', ['x'.repeat(5000), 'x'.repeat(7000)]),
}
