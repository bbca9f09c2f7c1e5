import assert from 'node:assert/strict'
import { test } from 'node:test'
import { django, noDjango } from './django.ts'
import { ours } from './ours.ts'

/** Every password hasher of Django that is not deprecated, by its name in Django's notation. */
const HASHERS = {
  pbkdf2_sha256: 'PBKDF2PasswordHasher',
  pbkdf2_sha1: 'PBKDF2SHA1PasswordHasher',
  argon2: 'Argon2PasswordHasher',
  scrypt: 'ScryptPasswordHasher',
  bcrypt_sha256: 'BCryptSHA256PasswordHasher',
  bcrypt: 'BCryptPasswordHasher',
}
/** An ordinary one, one outside ASCII with outer spaces, and the longest of which bcrypt reads all bytes. */
const PASSWORDS = ['Golden-Fleece-8', ' pässwört→ß 12', `${'long'.repeat(17)}tail`]

const seeded = Object.keys(HASHERS).flatMap((hasher, i) =>
  PASSWORDS.map((password, j) => ({
    id: 10 * (i + 1) + j,
    username: `${hasher}-${j}`,
    password,
    hasher,
  })),
)

test('a password hash that Django wrote is accepted here, and the hash that replaces it is accepted by Django', {
  skip: noDjango,
}, async (t) => {
  // With the default iteration counts, as in production.
  const theirs = await django(
    t,
    {
      SETTINGS: {
        PASSWORD_HASHERS: Object.values(HASHERS).map(
          (name) => `django.contrib.auth.hashers.${name}`,
        ),
      },
    },
    { ORACLE_SEED: JSON.stringify({ users: seeded }), ORACLE_PBKDF2_ITERATIONS: '' },
  )
  const users = await Promise.all(
    seeded.map(async (user) => ({ ...user, hash: await theirs.hashOf(user.id) })),
  )
  const here = await ours(t, users, HS256)

  for (const { id, username, password, hasher, hash } of users) {
    await t.test(username, async () => {
      assert.ok(hash.startsWith(`${hasher}$`), hash)
      assert.equal(
        (
          await here.post('/api/token/', {
            username,
            password: `${password.slice(0, -1)}!`,
          })
        ).status,
        401,
      )
      assert.equal(await here.hashOf(id), hash)
      assert.equal((await here.post('/api/token/', { username, password })).status, 200)

      const written = (await here.hashOf(id))!
      assert.ok(written.startsWith('argon2$argon2id$'), written)
      assert.equal(
        (await theirs.post(`/_oracle/users/${username}/`, { password_hash: written }))
          .status,
        204,
      )
      // Simple JWT strips the password, so a user whose password has outer spaces cannot sign in there (D2).
      const isTrimmed = password === password.trim()
      assert.equal(
        (await theirs.post('/api/token/', { username, password })).status,
        isTrimmed ? 200 : 401,
      )
    })
  }

  await t.test(
    'a password that is longer than bcrypt reads is rejected (P2)',
    async () => {
      const [row] = users.filter(({ hasher }) => hasher === 'bcrypt').slice(-1)
      const long = {
        ...row!,
        username: 'too-long',
        id: 1000,
        password: `${PASSWORDS[2]}!`,
      }
      await theirs.post(`/_oracle/users/${long.username}/`, {
        id: long.id,
        password: long.password,
        hasher: 'bcrypt',
      })
      const hash = await theirs.hashOf(long.id)
      const there = await ours(t, [{ ...long, hash }], HS256)

      assert.ok(hash.startsWith('bcrypt$'), hash)
      assert.equal((await there.post('/api/token/', long)).status, 401)
      assert.equal((await theirs.post('/api/token/', long)).status, 200)
    },
  )
})

const HS256 = {
  algorithm: 'HS256',
  signingKey: 'a key of at least thirty-two characters',
} as const
