import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { folder } from '../cli/folder.ts'
import { PASSWORD, userOf } from './consent.ts'
import { applicationAt, FORUM_AT, SHOP_AT, signIn, tokensIn } from './pairwise.ts'
import { claimsOf, OPTIONS, providerOf } from './setup.ts'

const FIRST = 'a first secret of this test, which is long enough'
const SECOND = 'a second secret of this test, which is as long as that'

function aDatabase(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-pairwise-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
  return `sqlite:${folder}/db.sqlite`
}

type Secret = string | string[]

/** An instance with keys of its own for tokens, so that the secret is needed for the names of users alone. */
function open(t: TestContext, database: string, secret: Secret = FIRST, more = {}) {
  const oauth = { ...OPTIONS.oauth, ...more }
  const tokens = { signingKey: SIGNING_KEY, algorithm: 'ES256' } as const
  const auth = buildWatchword({ ...OPTIONS, oauth, tokens, database, secret })
  cleanUp(t, () => auth.close())
  return providerOf({ auth })
}

const SIGNING_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----`

const subOf = (token: string): string => String(claimsOf(token).sub)

test('two instances that need the key at once have one', async (t) => {
  for (let round = 0; round < 5; round++) {
    const database = aDatabase(t)
    const first = await userOf(open(t, database))
    const other = await userOf(open(t, database))
    const apps = [first, other, first, other]
    const clients = await Promise.all(apps.map((each) => applicationAt(each, SHOP_AT)))
    const subs: string[] = []
    for (const [index, client] of clients.entries()) {
      const app = apps[(index + round) % 2]
      if (app !== undefined) subs.push(subOf((await signIn(app, client)).id))
    }
    assert.equal(new Set(subs).size, 1)
  }
})

test('names stay the same after a restart, and with a new secret once the key is encrypted with it', async (t) => {
  const database = aDatabase(t)
  const app = await userOf(open(t, database))
  const client = await applicationAt(app, SHOP_AT)
  const before = subOf((await signIn(app, client)).id)
  await app.auth.close()
  const steps: readonly [Secret, number][] = [
    [FIRST, 0],
    [[SECOND, FIRST], 1],
    [SECOND, 0],
  ]
  for (const [secret, resealed] of steps) {
    const next = await userOf(open(t, database, secret))
    assert.equal(subOf((await signIn(next, client)).id), before, String(secret))
    assert.equal(await next.auth.keys.reseal(), resealed, String(secret))
    await next.auth.close()
  }
})

test('a secret that was lost stops the start, and no user gets another name', async (t) => {
  const database = aDatabase(t)
  const app = await userOf(open(t, database))
  const client = await applicationAt(app, SHOP_AT)
  const before = subOf((await signIn(app, client)).id)
  await app.auth.close()
  for (const more of [{}, { subjectType: 'pairwise' }]) {
    const lost = open(t, database, SECOND, more)
    await assert.rejects(lost.auth.users.find('ada'), (error) => {
      const { code, message } = error as { code: string; message: string }
      assert.equal(code, 'wrong_secret')
      assert.match(message, /key of pairwise subjects.*WATCHWORD_OLD_SECRETS/)
      return true
    })
  }
  const again = await userOf(open(t, database))
  assert.equal(subOf((await signIn(again, client)).id), before)
})

test('the command registers a pairwise application without the secret of the server', async (t) => {
  using here = folder()
  await here.run('migrate')
  const create = `client create Shop --redirect ${SHOP_AT} --scope openid --json`
  const wrong = await here.run(`${create} --subject-type other`)
  assert.match(wrong.err, /--subject-type: Must be one of public, pairwise/)
  const both = `--redirect ${FORUM_AT} --subject-type pairwise`
  assert.match((await here.run(`${create} ${both}`)).err, /--sector: A pairwise/)
  const made = await here.run(`${create} --subject-type pairwise`)
  assert.equal(made.code, 0, made.err)
  const { client_id: id, client_secret: secret, subject_type } = JSON.parse(made.out)
  assert.equal(subject_type, 'pairwise')
  const sector = 'https://group.example/sector.json'
  const updated = await here.run(`client update ${id} --sector ${sector}`)
  assert.equal(updated.code, 0, updated.err)
  const shown = await here.run(`client show ${id}`)
  assert.match(shown.out, /^names of users +pairwise, of the sector of https:\/\/group/m)
  assert.equal((await here.run(`client update ${id} --sector none`)).code, 0)

  const subs = []
  for (let i = 0; i < 2; i++) {
    const app = await userOf(open(t, `sqlite:${here.path}/watchword.db`))
    const client = { id, secret, redirect: SHOP_AT }
    subs.push(subOf((await signIn(app, client, { scope: 'openid' })).id))
    await app.auth.close()
  }
  assert.match(subs[0] ?? '', /^pairwise_/)
  assert.equal(subs[1], subs[0])
})

test('who acts as the user is named for the application, too', async (t) => {
  const database = aDatabase(t)
  const app = await userOf(open(t, database))
  const shop = await applicationAt(app, SHOP_AT)
  const forum = await applicationAt(app, FORUM_AT)
  const acts = []
  for (const client of [shop, forum]) {
    const { redirect } = client
    const answer = await app.agree(client, { redirect_uri: redirect })
    // No page lets staff who act as a user agree.
    using file = new DatabaseSync(database.replace('sqlite:', ''))
    file.exec("update sessions set actor = 'the-id-of-staff' where client_id is null")
    const fields = { code: answer.get('code') ?? '', redirect_uri: redirect }
    const { body } = await app.exchange(client, fields)
    const again = await app.refresh(client, String(body.refresh_token))
    const { access, refresh, id } = tokensIn(again.body)
    for (const token of [access, refresh, id, String(body.id_token)])
      assert.ok(!JSON.stringify(claimsOf(token)).includes('the-id-of-staff'))
    const { act } = claimsOf(id) as { act: { sub: string } }
    assert.deepEqual(claimsOf(access).act, act)
    acts.push(act.sub)
    file.exec('update sessions set actor = null where client_id is null')
  }
  assert.match(String(acts[0]), /^pairwise_/)
  assert.notEqual(acts[0], acts[1])
})

test('an instance without pairwise applications has no such key', async (t) => {
  const database = aDatabase(t)
  const app = await userOf(open(t, database))
  const { client } = await app.auth.clients.create({
    name: 'Open',
    redirectUris: [FORUM_AT],
    scopes: ['openid'],
  })
  assert.equal(client.subjectType, 'public')
  await app.auth.close()
  const next = open(t, database, SECOND)
  assert.equal((await next.auth.users.find('ada'))?.username, 'ada')
})

test('another instance has other names for the same user and sector', async (t) => {
  const subs = []
  for (let i = 0; i < 2; i++) {
    const { auth, ...app } = open(t, aDatabase(t))
    await auth.users.create({
      id: 'the-same-id',
      username: 'ada',
      password: PASSWORD,
    } as never)
    const user = await userOf({ auth, ...app })
    subs.push(subOf((await signIn(user, await applicationAt(user, SHOP_AT))).id))
  }
  assert.notEqual(subs[0], subs[1])
})
