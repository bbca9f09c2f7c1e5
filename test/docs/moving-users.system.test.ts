import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { User } from '../../src/users/user.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { BIN } from '../cli/folder.ts'
import { aDatabase, run } from '../services/postgres.ts'
import { folderOf } from './starting.ts'

const PAGE = readFileSync('docs/moving-users.md', 'utf8')

/** The part of the page under a heading. */
const partOf = (heading: string): string =>
  PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? assert.fail(heading)

const blockOf = (part: string, language: string): string =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(part)?.[1] ??
  assert.fail(language)

/** Runs the line of a part that imports, after its program was written to the file that it names. */
async function runPart(
  t: TestContext,
  heading: string,
  prepare: (folder: string, line: string) => string,
  env: Readonly<Record<string, string>> = {},
) {
  const folder = folderOf(t)
  const part = partOf(heading)
  const [, name] = /^```js\n\/\/ (\S+)/m.exec(part) ?? []
  if (name !== undefined) writeFileSync(join(folder, name), blockOf(part, 'js'))
  const line = prepare(folder, blockOf(part, 'sh'))
  const words = line
    .replace('npx watchword', `'${process.execPath}' '${BIN}'`)
    .replaceAll(/\bnode (?=\w)/g, `'${process.execPath}' `)
  await promisify(execFile)('sh', ['-ec', words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  const auth = buildWatchword({
    database: join(folder, 'watchword.db'),
    secret: 'a secret of a test, long enough for it',
  })
  cleanUp(t, () => auth.close())
  return auth
}

const readHashes = (file: string) =>
  (
    JSON.parse(readFileSync(resolve('test/data/passwords', file), 'utf8')) as {
      hashes: readonly {
        readonly origin?: string
        readonly what: string
        readonly password: string
        readonly hash: unknown
      }[]
    }
  ).hashes

const hashWhere = (file: string, what: string) =>
  readHashes(file).find((each) => each.what === what) ?? assert.fail(what)

const told = (user: User | undefined) => {
  const { username, email, emailVerifiedAt, active, staff } = user!
  const { joinedAt, lastLoginAt, attributes } = user!
  return {
    username,
    email,
    emailVerifiedAt,
    active,
    staff,
    joinedAt,
    lastLoginAt,
    attributes,
  }
}

const JOINED = 1_714_979_289.123
const ISO = '2024-05-06T07:08:09.123Z'

test('the program for Django imports users of dumpdata', async (t) => {
  const { password, hash } = hashWhere('django-hashes.json', 'plain')
  const rows = [
    {
      model: 'auth.user',
      pk: 7,
      fields: {
        username: 'ada',
        email: 'ada@example.com',
        password: hash,
        is_active: true,
        is_staff: true,
        is_superuser: false,
        date_joined: ISO,
        last_login: null,
        first_name: 'Ada',
        last_name: 'L.',
        groups: [],
      },
    },
  ]
  const auth = await runPart(t, 'From Django', (folder, line) => {
    writeFileSync(
      join(folder, 'dump'),
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    )
    return line.replace(/^python .*? \|/, 'cat dump |')
  })

  assert.deepEqual(told(await auth.users.find({ id: '7' })), {
    username: 'ada',
    email: 'ada@example.com',
    emailVerifiedAt: undefined,
    active: true,
    staff: true,
    joinedAt: JOINED,
    lastLoginAt: undefined,
    attributes: { first_name: 'Ada', last_name: 'L.' },
  })
  assert.equal(await auth.users.checkPassword('7', password), true)
})

test('the program for better-auth imports users of its database', async (t) => {
  const { password, hash } = readHashes('imported-hashes.json').find(({ origin }) =>
    origin?.startsWith('better-auth'),
  )!
  const auth = await runPart(t, 'From better-auth', (folder, line) => {
    const db = new DatabaseSync(join(folder, 'sqlite.db'))
    db.exec(`
      create table user (id text primary key, name text, email text, emailVerified integer, createdAt date, updatedAt date);
      create table account (id text primary key, accountId text, providerId text, userId text, password text);
      insert into user values ('aB3', 'Ada', 'ada@example.com', 1, '${ISO}', '${ISO}'), ('cD4', 'Bea', 'bea@example.com', 0, '${ISO}', '${ISO}');
      insert into account values ('1', 'aB3', 'credential', 'aB3', '${hash}'), ('2', '99', 'github', 'cD4', null)`)
    db.close()
    return line
  })

  assert.partialDeepStrictEqual(told(await auth.users.find({ id: 'aB3' })), {
    username: 'ada@example.com',
    email: 'ada@example.com',
    emailVerifiedAt: JOINED,
    joinedAt: JOINED,
    attributes: { name: 'Ada' },
  })
  assert.equal(await auth.users.checkPassword('aB3', password), true)
  assert.equal(await auth.users.checkPassword('cD4', password), false)
})

test('the program for Keycloak imports users of an export', async (t) => {
  const { password, hash } = hashWhere('imported-hashes.json', 'argon2')
  const credentials = [{ type: 'otp' }, { type: 'password', ...(hash as object) }]
  const users = [
    {
      id: 'b6012192-75c2-488e-b76b-bdd487bc7315',
      createdTimestamp: JOINED * 1000,
      username: 'ada',
      email: 'ada@example.com',
      firstName: 'Ada',
      lastName: 'L.',
      enabled: true,
      emailVerified: true,
      credentials,
    },
    { id: '2', username: 'service-account-x', serviceAccountClientId: 'x' },
    { id: '3', username: 'bea', enabled: false, createdTimestamp: 0 },
  ]
  const auth = await runPart(t, 'From Keycloak', (folder, line) => {
    writeFileSync(
      join(folder, 'shop-users-0.json'),
      JSON.stringify({ realm: 'shop', users }),
    )
    return line.replace(/^bin\/kc.*\n/, '').replace('export/', '')
  })

  const ada = await auth.users.find('ada')
  assert.partialDeepStrictEqual(told(ada), {
    email: 'ada@example.com',
    emailVerifiedAt: JOINED,
    active: true,
    joinedAt: JOINED,
    attributes: { first_name: 'Ada', last_name: 'L.' },
  })
  assert.equal(await auth.users.checkPassword(ada!.id, password), true)
  assert.equal((await auth.users.find('bea'))?.active, false)
  assert.equal(await auth.users.count(), 2)
})

test('the query for Supabase imports users of its database', async (t) => {
  const database = await aDatabase()
  if (typeof database === 'string') return t.skip(database)
  cleanUp(t, database.drop)
  const { password, hash } = hashWhere('imported-hashes.json', '2a, plain')
  for (const statement of [
    'create schema auth',
    `create table auth.users (id uuid, email varchar(255), encrypted_password varchar(255), created_at timestamptz,
       last_sign_in_at timestamptz, email_confirmed_at timestamptz, raw_user_meta_data jsonb, deleted_at timestamptz)`,
    `insert into auth.users values
       ('7b1d4d0c-0f4e-4f7e-9d53-0c5f3a1f2e11', 'ada@example.com', '${hash}', '${ISO}', '${ISO}', '${ISO}', '{"name": "Ada"}', null),
       ('7b1d4d0c-0f4e-4f7e-9d53-0c5f3a1f2e12', null, '', '${ISO}', null, null, null, null)`,
  ])
    await run(database.url, statement)
  const auth = await runPart(t, 'From Supabase', (_, line) => line, {
    SUPABASE_DB_URL: database.url,
  })

  const ada = await auth.users.find({ email: 'ada@example.com' })
  assert.partialDeepStrictEqual(told(ada), {
    emailVerifiedAt: JOINED,
    joinedAt: JOINED,
    lastLoginAt: JOINED,
    attributes: { name: 'Ada' },
  })
  assert.equal(await auth.users.checkPassword(ada!.id, password), true)
  assert.equal(await auth.users.count(), 1)
})
