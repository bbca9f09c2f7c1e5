import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { AuthError } from '../base/errors.ts'
import { DJANGO_NAMES } from './django-names.ts'
import { parseSettings } from './settings.ts'

const key = 'conformance-key-0123456789abcdef-0123456789abcdef'

test('without options everything has its safe default', () => {
  const settings = parseSettings({}, {})
  assert.equal(settings.database, 'watchword.db')
  assert.equal(settings.keys.configured, undefined)
  assert.equal(settings.tokens.access, 300)
  assert.equal(settings.tokens.refresh, 86_400)
  assert.equal(settings.tokens.session, 30 * 86_400)
  assert.equal(settings.tokens.overlap, 10)
  assert.equal(settings.tokens.rotate && settings.tokens.blacklistAfterRotation, true)
  assert.equal(settings.tokens.checkRevoke, 'session')
  assert.deepEqual(
    settings.endpoints
      .map(({ name, path }) => `${name} ${path}`)
      .filter((each) => each.includes(' /api/')),
    [
      'obtain /api/token/',
      'refresh /api/token/refresh/',
      'verify /api/token/verify/',
      'blacklist /api/token/blacklist/',
    ],
  )
})

const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'

test('environment variables apply to options that are not given', () => {
  const env = { WATCHWORD_DATABASE: 'a.db', WATCHWORD_SECRET: SECRET }
  assert.equal(parseSettings({}, env).database, 'a.db')
  assert.equal(parseSettings({ database: 'b.db' }, env).database, 'b.db')
  assert.equal(parseSettings({}, env).secrets[0]?.reveal(), SECRET)
})

test('a session lives at least as long as a refresh token', () => {
  assert.equal(
    parseSettings({ tokens: { refresh: '60d' } }, {}).tokens.session,
    60 * 86_400,
  )
})

for (const [name, options, says] of [
  [
    'an unknown option',
    { tokens: { acess: '5m' } },
    'There is no option "tokens.acess". Did you mean "tokens.access"?',
  ],
  [
    "a name of Simple JWT's",
    { tokens: { ACCESS_TOKEN_LIFETIME: 300 } },
    'There is no option "ACCESS_TOKEN_LIFETIME". Use tokens.access instead.',
  ],
  [
    'N23: a removed name of Simple JWT',
    { SECRET_KEY: 'x' },
    'There is no option "SECRET_KEY". Use tokens.signingKey instead.',
  ],
  [
    'a lifetime of 0',
    { tokens: { access: 0 } },
    'tokens.access must be from 1 to 86400 seconds.',
  ],
  [
    'a negative lifetime',
    { tokens: { access: -1 } },
    'tokens.access must be from 1 to 86400 seconds.',
  ],
  [
    'an endless lifetime',
    { tokens: { refresh: 1e308 } },
    'tokens.refresh must be from 1 to 31622400 seconds.',
  ],
  [
    'N26: a leeway in words',
    { tokens: { leeway: '10' } },
    'tokens.leeway must be a duration such as',
  ],
  [
    'an overlap of more than five minutes',
    { tokens: { overlap: '6m' } },
    'tokens.overlap must be from 0 to 300 seconds.',
  ],
  [
    'a limit of lost answers of more than an hour',
    { tokens: { lostAnswer: '61m' } },
    'tokens.lostAnswer must be from 0 to 3600 seconds.',
  ],
  [
    'lost answers of sessions that no reuse ends',
    { tokens: { reuse: 'reject', lostAnswer: '1m' } },
    'tokens.lostAnswer requires tokens.reuse to be "revoke": otherwise the late use of a stolen token revokes nothing. Set tokens.lostAnswer to 0, or remove tokens.reuse.',
  ],
  [
    'access tokens that outlive refresh tokens',
    { tokens: { access: '1h', refresh: '1m' } },
    'tokens.refresh must be longer than tokens.access: change one of them.',
  ],
  [
    'N25: no type claim',
    { tokens: { typeClaim: null } },
    'tokens.typeClaim must be a string.',
  ],
  ['no id claim', { tokens: { jtiClaim: null } }, 'tokens.jtiClaim must be a string.'],
  [
    'a database that is not a string',
    { database: { ports: {} } },
    'database must be a file, "sqlite::memory:" or "postgres://…".',
  ],
  [
    'two claims of one name',
    { tokens: { jtiClaim: 'user_id' } },
    'The names of claims must differ',
  ],
  [
    'algorithm none',
    { tokens: { algorithm: 'none' } },
    'tokens.algorithm must be one of',
  ],
  [
    'X06: blacklisting rotated tokens with sessions off',
    { tokens: { sessions: false, rotate: true, blacklistAfterRotation: true } },
    'tokens.blacklistAfterRotation needs tokens.sessions',
  ],
  [
    'rotation with sessions off',
    { tokens: { sessions: false, rotate: true } },
    'tokens.blacklistAfterRotation needs tokens.sessions',
  ],
  [
    'X07: the blacklist endpoint with sessions off',
    { tokens: { sessions: false }, endpoints: { blacklist: true } },
    'tokens.sessions must be true for sign-out: set it to true, or leave endpoints.blacklist out.',
  ],
  [
    'an issuer over plain http',
    { tokens: { issuer: 'http://auth.example' } },
    'tokens.issuer must begin with https://',
  ],
  [
    'an issuer with a fragment',
    { tokens: { issuer: 'https://auth.example/#x' } },
    'tokens.issuer must not contain "#"',
  ],
  [
    'a short secret',
    { secret: 'short' },
    'secret (WATCHWORD_SECRET) cannot be used: it has 5 bytes and needs 32',
  ],
  [
    'a rule that is no function',
    { users: { rule: true } },
    'users.rule must be a function.',
  ],
] as const) {
  test(`${name} is rejected with what to write`, () => {
    assert.throws(
      () => parseSettings(options, {}),
      (error) =>
        error instanceof AuthError &&
        error.code === 'invalid_config' &&
        error.message.includes(says),
    )
  })
}

test('no message contains a value, because it may be a key', () => {
  for (const options of [
    { secret: key.slice(0, 20) },
    { tokens: { algorithm: key } },
    { database: 7, tokens: { signingKey: [key] } },
  ]) {
    assert.throws(
      () => parseSettings(options, {}),
      (error: Error) => !error.message.includes(key.slice(0, 12)),
    )
  }
})

test('the documentation has every setting of Simple JWT and Django with its option', () => {
  const [page = '', ...others] = ['tokens', 'from-django', 'browser-sessions'].map(
    (name) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8'),
  )
  const removed = [
    'AUTH_HEADER_TYPE',
    'AUTH_TOKEN_CLASS',
    'SECRET_KEY',
    'TOKEN_BACKEND_CLASS',
  ]
  for (const [theirs, ours] of Object.entries(DJANGO_NAMES)) {
    if (removed.includes(theirs) || theirs.endsWith('_SERIALIZER')) continue
    if (/^(DEFAULT|NUM|SESSION|CSRF)_/.test(theirs)) {
      assert.ok(
        [page, ...others].some((each) => each.includes(`\`${theirs}\``)),
        theirs,
      )
      continue
    }
    assert.match(
      page,
      new RegExp(`\`${theirs}\` (?:\\||is) \`${ours.replace(/[.[\]():]/g, '\\$&')}\``),
      theirs,
    )
  }
})
