import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { hexId, systemRandom } from '../../src/base/random.ts'
import type {
  FeedPosition,
  RevokedSession,
  SessionId,
  Sessions,
} from '../../src/sessions/session.ts'
import { verifier } from '../../src/verify/index.ts'
import { buildWatchword } from '../build-watchword.ts'
import { at } from '../sessions/setup.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'

const PASSWORD = 'correct horse battery staple'

test('a verifying service learns of revoked sessions, also of tens of thousands', async (t) => {
  const store = sqliteStore({ file: ':memory:' })
  const others: RevokedSession[] = []
  const revokedSince: Sessions['revokedSince'] = async (from, limit) => {
    const rows = [
      ...(await store.ports.sessions.revokedSince(from, limit)),
      ...others.filter((each) => isBehind(each, from)),
    ]
    return rows
      .sort((a, b) => a.revokedAt - b.revokedAt || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
  }
  const auth = buildWatchword({
    store: withPorts(store, {
      sessions: { ...store.ports.sessions, revokedSince },
    }),
    log: () => {},
    secret: 'of no worth, since every instance of the tests has it',
    tokens: { issuer: 'https://auth.example', audience: 'api' },
    endpoints: { revocations: true },
  })
  t.after(() => auth.close())
  const signedIn = async (username: string) => {
    const { id } = await auth.users.create({ username, password: PASSWORD })
    const body = JSON.stringify({ username, password: PASSWORD })
    const headers = { 'Content-Type': 'application/json' }
    const answer = await auth.handler(
      new Request('https://auth.example/api/token/', { method: 'POST', body, headers }),
    )
    return { id, access: ((await answer.json()) as { access: string }).access }
  }
  let elapsed = 0
  const asked: string[] = []
  const elsewhere = verifier({
    issuer: 'https://auth.example',
    audience: 'api',
    revocations: true,
    elapsed: () => elapsed,
    fetch: (input, init) => {
      asked.push(String(input))
      return auth.handler(new Request(input, init))
    },
  })
  const [ada, vitor, eve] = [
    await signedIn('ada'),
    await signedIn('vitor'),
    await signedIn('eve'),
  ]
  await auth.sessions.revokeAll(ada.id)

  await assert.rejects(elsewhere.check(ada.access), { code: 'revoked' })
  await elsewhere.check(vitor.access)

  const now = systemClock()
  for (let n = 0; n < 25_000; n++)
    others.push({
      id: hexId(systemRandom) as SessionId,
      revokedAt: at(now, n / 1250 - 20),
    })
  await auth.sessions.revokeAll(vitor.id)
  // The published feed is a second old; what the service has is too old.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  elapsed += 31
  await assert.rejects(elsewhere.check(vitor.access), { code: 'revoked' })
  await elsewhere.check(eve.access)
  const pages = asked.filter((url) => url.includes('revocations'))
  assert.ok(pages.length >= 4, `${pages.length} pages`)
})

const isBehind = (
  one: RevokedSession,
  { revokedAt, id = '' as SessionId }: FeedPosition,
): boolean => one.revokedAt > revokedAt || (one.revokedAt === revokedAt && one.id > id)
