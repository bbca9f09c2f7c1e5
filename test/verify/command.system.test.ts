import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { issuerOf } from '../../src/cli/issuer-options.ts'
import { verifier } from '../../src/verify/index.ts'
import { askJson, signIn } from '../server/client.ts'
import { startCommand, withAda } from '../server/command.ts'
import { stopwatch } from '../time.ts'

const ISSUER = 'https://auth.example'

test('the tokens of a server that the command started are verified in another service', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-verify-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'watchword.db')
  await withAda(database)
  const words = [
    '--port',
    '0',
    '--workers',
    '1',
    '--issuer',
    ISSUER,
    '--audience',
    'api, web',
  ]
  const server = await startCommand(t, { database, words })
  const base = `http://127.0.0.1:${server.port}`
  const tokens = verifier({
    issuer: ISSUER,
    audience: 'web',
    jwksUrl: `${base}/.well-known/jwks.json`,
    revocations: { url: `${base}/api/token/revocations/` },
  })
  const { access, refresh } = await signIn(server)
  assert.deepEqual((await tokens.check(access)).aud, ['api', 'web'])

  assert.equal((await askJson(server, '/api/token/blacklist/', { refresh })).status, 200)
  const refused = async (): Promise<string | undefined> => {
    const code = await tokens.check(access).then(
      () => undefined,
      (error: { code: string }) => error.code,
    )
    return code
  }
  using watch = stopwatch()
  while (watch.ms() < 5000 && (await refused()) === undefined) await sleep(100)
  assert.equal(await refused(), 'revoked')
})

test('--issuer without --audience, or the other way round, is rejected with what to add', () => {
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() })
  const deps = {
    env: {},
    stdin: Readable.from([]),
    stdout: quiet,
    stderr: quiet,
  } as unknown as Parameters<typeof issuerOf>[1]
  assert.throws(() => issuerOf({ issuer: ISSUER }, deps), /--issuer needs --audience/)
  assert.throws(() => issuerOf({ audience: 'api' }, deps), /--audience needs --issuer/)
  assert.deepEqual(issuerOf({}, deps), {})
  assert.deepEqual(
    issuerOf(
      {},
      { ...deps, env: { WATCHWORD_ISSUER: ISSUER, WATCHWORD_AUDIENCE: 'api' } },
    ),
    { tokens: { issuer: ISSUER, audience: ['api'] } },
  )
})
