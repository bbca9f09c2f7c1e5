import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { statelessBearer } from '../../src/authentication/bearer.ts'
import type { TokenOptions } from '../../src/settings/options.ts'
import type { User } from '../../src/users/user.ts'
import { opened } from '../conformance/forge.ts'
import { type Answer, type Django, django, noDjango, textIn } from './django.ts'
import { bearing, type Ours, ours } from './ours.ts'

/** A signing key and a verifying key, generated for each run. */
interface Keys {
  readonly signing: string
  readonly verifying: string | undefined
}

const pems = ({
  privateKey,
  publicKey,
}: {
  privateKey: KeyObject
  publicKey: KeyObject
}): Keys => ({
  signing: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  verifying: publicKey.export({ type: 'spki', format: 'pem' }) as string,
})
const KEYS = {
  HS256: () => ({
    signing: 'a key that both sides share, of more than thirty-two bytes',
    verifying: undefined,
  }),
  RS256: () => pems(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  ES256: () => pems(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  EdDSA: () => pems(generateKeyPairSync('ed25519')),
} as const satisfies { readonly [algorithm: string]: () => Keys }

const AUDIENCE = 'api.example.test'
const ISSUER = 'https://issuer.example.test'
const CAROL = { username: 'carol', password: 'Staff-Room-33', staff: true, id: 3 }

/** Custom claims of carol's tokens, on both sides. */
const CLAIMS = {
  username: 'carol',
  is_staff: true,
  is_superuser: false,
  groups: ['editors'],
}
const claims = ({ username, staff, superuser }: User): object => ({
  username,
  is_staff: staff,
  is_superuser: superuser,
  groups: ['editors'],
})

for (const algorithm of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
  test(`${algorithm}: with audience, issuer and claims, tokens of each side are valid on the other`, {
    skip: noDjango,
  }, async (t) => {
    const keys = KEYS[algorithm]()
    const theirs = await django(
      t,
      {
        SIMPLE_JWT: {
          ALGORITHM: algorithm,
          SIGNING_KEY: keys.signing,
          ...(keys.verifying === undefined ? {} : { VERIFYING_KEY: keys.verifying }),
          AUDIENCE,
          ISSUER,
          TOKEN_OBTAIN_SERIALIZER: 'oracle.tokens.ClaimsTokenObtainPairSerializer',
        },
      },
      SEED,
    )
    const options: TokenOptions = {
      algorithm,
      signingKey: keys.signing,
      audience: AUDIENCE,
      issuer: ISSUER,
      claims,
    }
    const here = await ours(t, [await known(theirs)], options)
    await assertExchanged(theirs, here)
    await assertClaimsCross(theirs, here)
    await assertStrangersRefused(
      theirs,
      here,
      await ours(t, [await known(theirs)], { ...options, audience: 'another' }),
    )
    await assertStrangersRefused(
      theirs,
      here,
      await ours(t, [await known(theirs)], { ...options, issuer: `${ISSUER}.evil` }),
    )
  })
}

test('HS256: on the defaults of both, tokens of each side are valid on the other', {
  skip: noDjango,
}, async (t) => {
  const { signing } = KEYS.HS256()
  const theirs = await django(t, { SIMPLE_JWT: { SIGNING_KEY: signing } }, SEED)
  const here = await ours(t, [await known(theirs)], {
    algorithm: 'HS256',
    signingKey: signing,
  })
  await assertExchanged(theirs, here)

  const another = await ours(t, [await known(theirs)], {
    algorithm: 'HS256',
    signingKey: `another ${signing}`,
  })
  await assertStrangersRefused(theirs, here, another)
})

const SEED = {
  ORACLE_PBKDF2_ITERATIONS: '1000',
  ORACLE_SEED: JSON.stringify({
    groups: [{ name: 'editors' }],
    users: [{ ...CAROL, is_staff: true, groups: ['editors'] }],
  }),
}

/** Carol as in Django, her password hash included. */
async function known(
  theirs: Django,
): Promise<{ id: number; username: string; hash: string; staff: boolean }> {
  return { ...CAROL, hash: await theirs.hashOf(CAROL.id) }
}

/** Each side accepts, verifies and refreshes the other's tokens, and accepts back what the other made of its own. */
async function assertExchanged(theirs: Django, here: Ours): Promise<void> {
  const { foreign, own, madeHere, madeThere } = await pairs(theirs, here)
  for (const [side, answer] of [
    [here, foreign],
    [theirs, own],
  ] as const) {
    for (const member of ['refresh', 'access'])
      assert.equal(
        (await side.post('/api/token/verify/', { token: answer.body[member] })).status,
        200,
      )
  }
  for (const answer of [foreign, madeThere]) {
    const { user } = await here.auth.require(bearing(textIn(answer, 'access')))
    assert.equal(user.username, CAROL.username)
  }
  for (const answer of [own, madeHere]) {
    const { status, body } = await theirs.get('/whoami/', textIn(answer, 'access'))
    assert.deepEqual(
      [status, body.username, body.by],
      [200, CAROL.username, 'JWTAuthentication'],
    )
  }

  const { refresh } = foreign.body
  assert.equal((await here.post('/api/token/blacklist/', { refresh })).status, 200)
  assert.equal(
    (await here.post('/api/token/refresh/', { refresh })).body.detail,
    'Token is blacklisted',
  )
  await assert.rejects(here.auth.require(bearing(textIn(madeHere, 'access'))), {
    code: 'revoked',
  })
}

/** A pair of each side, and the pair that the other side refreshed it to. */
async function pairs(
  theirs: Django,
  here: Ours,
): Promise<Record<'foreign' | 'own' | 'madeHere' | 'madeThere', Answer>> {
  const foreign = await theirs.post('/api/token/', CAROL)
  const own = await here.post('/api/token/', CAROL)
  const madeHere = await here.post('/api/token/refresh/', {
    refresh: foreign.body.refresh,
  })
  const madeThere = await theirs.post('/api/token/refresh/', {
    refresh: own.body.refresh,
  })
  const all = { foreign, own, madeHere, madeThere }
  for (const [name, { status, body }] of Object.entries(all))
    assert.equal(status, 200, `${name}: ${JSON.stringify(body)}`)
  return all
}

/** Custom claims are the same on both sides, survive a refresh on the other, and make the token user. */
async function assertClaimsCross(theirs: Django, here: Ours): Promise<void> {
  for (const answer of Object.values(await pairs(theirs, here))) {
    const access = textIn(answer, 'access')
    const { username, is_staff, is_superuser, groups, aud, iss } = opened(access)!.claims
    assert.deepEqual(
      { username, is_staff, is_superuser, groups, aud, iss },
      { ...CLAIMS, aud: AUDIENCE, iss: ISSUER },
    )
    const { user } = await here.auth.require(bearing(access), {
      schemes: [statelessBearer()],
    })
    assert.deepEqual([user.username, user.staff, user.superuser], ['carol', true, false])
    const { body } = await theirs.get('/whoami/stateless/', access)
    assert.deepEqual(
      [body.username, body.is_staff, body.is_superuser],
      ['carol', true, false],
    )
  }
}

/** Neither side accepts the tokens of an instance that differs in one setting. */
async function assertStrangersRefused(
  theirs: Django,
  here: Ours,
  other: Ours,
): Promise<void> {
  const otherPair = await other.post('/api/token/', CAROL)
  const foreign = await theirs.post('/api/token/', CAROL)
  const invalid = { detail: 'Token is invalid', code: 'token_not_valid' }
  for (const side of [theirs, here]) {
    const answers = [
      await side.post('/api/token/refresh/', { refresh: otherPair.body.refresh }),
      await side.post('/api/token/verify/', { token: otherPair.body.access }),
    ]
    for (const { status, body } of answers)
      assert.deepEqual([status, body], [401, invalid])
  }
  assert.equal((await theirs.get('/whoami/', textIn(otherPair, 'access'))).status, 401)
  await assert.rejects(other.auth.require(bearing(textIn(foreign, 'access'))), {
    status: 401,
  })
}
