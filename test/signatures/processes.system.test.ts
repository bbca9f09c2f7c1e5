import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSigner, httpbis } from 'http-message-signatures'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { forkedServer } from '../services/forked-server.ts'
import { ORIGIN, optionsFor } from './processes.ts'

const PROCESSES = 4
const PROGRAM = new URL('server-process.ts', import.meta.url)

type Headers = Readonly<Record<string, string>>

interface Key {
  readonly id: string
  readonly secret: string
}

/** RFC 9421, as another library signs. */
async function signed({ id, secret }: Key): Promise<Headers> {
  const { headers } = await httpbis.signMessage(
    {
      key: createSigner(secret, 'hmac-sha256', id),
      fields: ['@method', '@target-uri'],
      params: ['created', 'keyid', 'nonce'],
      paramValues: { nonce: randomUUID() },
    },
    { method: 'GET', url: `${ORIGIN}/notes`, headers: {} },
  )
  return headers as Headers
}

/** The draft before it. */
async function signedAsDraft({ id, secret }: Key): Promise<Headers> {
  const date = new Date().toUTCString()
  const text = `(request-target): get /notes\ndate: ${date}`
  const signature = createHmac('sha256', secret).update(text).digest('base64')
  const authorization = `Signature keyId="${id}",algorithm="hmac-sha256",headers="(request-target) date",signature="${signature}"`
  return { date, authorization }
}

for (const [scheme, sign] of [
  ['httpSignature', signed],
  ['draftCavage', signedAsDraft],
] as const) {
  test(`${scheme}: of forty copies of a request to four processes one is accepted`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-signed-'))
    cleanUp(t, async () => rmSync(folder, { recursive: true, force: true }))
    const database = join(folder, 'watchword.db')
    const auth = buildWatchword(optionsFor(database))
    cleanUp(t, () => auth.close())
    await auth.migrate()
    const ada = await auth.users.create({ username: 'ada' })
    const { key, secret } = await auth.signingKeys.create({ userId: ada.id })
    const addresses = await Promise.all(
      Array.from({ length: PROCESSES }, () => forkedServer(t, PROGRAM, [database])),
    )
    const headers = await sign({ id: key.id, secret: String(secret) })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        fetch(`${addresses[i % PROCESSES]}/notes`, { headers }),
      ),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    assert.deepEqual(statuses, [200, ...Array(39).fill(401)])
  })
}
