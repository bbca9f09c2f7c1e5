import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { days, minutes } from '../../src/base/clock.ts'
import type {
  CodeDigest,
  CodeId,
  PresentedCode,
  StoredCode,
} from '../../src/features/codes/code.ts'
import type {
  ClientId,
  SecretDigest,
  StoredClient,
} from '../../src/features/oauth/client.ts'
import type { InstanceStore } from '../../src/features.ts'
import type { SessionId } from '../../src/sessions/session.ts'
import { aSession, at, NOON, vitor } from '../sessions/setup.ts'
import type { FreshDatabase } from './sqlite.ts'

/** Callers at once, distributed over four stores, as in four processes. */
const CALLERS = 24

/** An application that has tokens for itself. */
export const reports: StoredClient = {
  id: 'reports' as ClientId,
  name: 'Nightly reports',
  proof: 'secret',
  grants: ['client_credentials'],
  scopes: ['reports:read'],
  resources: ['https://api.example.com'],
  audiences: ['https://reports.example.com'],
  redirectUris: [],
  postLogoutRedirectUris: [],
  backchannelLogoutUri: undefined,
  backchannelLogoutSessionRequired: false,
  keys: [],
  jwksUri: undefined,
  skipConsent: false,
  dpopBoundAccessTokens: false,
  requirePushedAuthorizationRequests: true,
  subjectType: 'pairwise',
  sectorIdentifierUri: 'https://reports.example.com/redirect-uris.json',
  createdAt: NOON,
  previousSecretUntil: undefined,
  disabledAt: undefined,
  secret: 'first' as SecretDigest,
  previousSecret: undefined,
  sessionId: 'own-1' as SessionId,
  registrationToken: undefined,
  documentUntil: undefined,
}

const shop: StoredClient = {
  ...reports,
  id: 'shop' as ClientId,
  proof: 'private_key_jwt',
  secret: undefined,
  keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }],
  jwksUri: 'https://shop.example.com/keys',
  redirectUris: ['https://shop.example.com/cb'],
  skipConsent: true,
  dpopBoundAccessTokens: true,
  requirePushedAuthorizationRequests: false,
  subjectType: 'public',
  sectorIdentifierUri: undefined,
  createdAt: at(NOON, 1),
}

const grantOf = (clientId: string) => ({
  clientId,
  scopes: ['openid', 'email'],
  resource: ['https://api.example.com'],
})

const authorizationCode = (): StoredCode => ({
  id: 'c1' as CodeId,
  purpose: 'oauth_code',
  form: 'link',
  target: 'c1',
  user: { ...vitor, epoch: 0, email: undefined, phone: undefined },
  digest: 'right' as CodeDigest,
  payload: { client: 'shop' },
  attempts: 0,
  maxAttempts: undefined,
  createdAt: NOON,
  expiresAt: at(NOON, minutes(1)),
  redeemedAt: undefined,
})

const presentedAs = ({ digest }: StoredCode): PresentedCode => ({
  purpose: 'oauth_code',
  form: 'link',
  target: undefined,
  digests: [digest],
})

/** Applications and their sessions: what is kept, and what happens once. */
export function clientTests(database: string, fresh: FreshDatabase): void {
  const on = (
    title: string,
    body: (
      ports: InstanceStore['ports'],
      stores: readonly InstanceStore[],
    ) => Promise<void>,
  ) =>
    test(`${database}: ${title}`, async (t: TestContext) => {
      const place = await fresh(t)
      if (typeof place === 'string') return t.skip(place)
      const stores: InstanceStore[] = []
      for (let n = 0; n < 4; n++) stores.push(await place.open())
      await body(stores[0]!.ports, stores)
    })
  const each = <T>(
    stores: readonly InstanceStore[],
    ask: (ports: InstanceStore['ports'], n: number) => Promise<T>,
  ): Promise<T[]> =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => ask(stores[n % 4]!.ports, n)))

  on(
    'the document of an application replaces what it said before',
    async ({ clients }) => {
      const id = 'https://app.example/client.json' as ClientId
      const first = { ...shop, id, documentUntil: at(NOON, 60) }
      assert.deepEqual(await clients.storeDocument(first), first)
      await clients.disable(id, at(NOON, 1))
      const next = {
        ...first,
        name: 'New',
        createdAt: at(NOON, 9),
        documentUntil: at(NOON, 90),
      }
      const kept = { disabledAt: at(NOON, 1), createdAt: first.createdAt }
      assert.deepEqual(await clients.storeDocument(next), { ...next, ...kept })

      await clients.insert(reports)
      const taken = { ...first, id: reports.id }
      assert.deepEqual(await clients.storeDocument(taken), reports)
    },
  )

  on('only the token of a registration changes it', async ({ clients }) => {
    const registrationToken = 'digest' as SecretDigest
    await clients.insert({ ...shop, registrationToken })
    const changed = { ...shop, registrationToken, name: 'Renamed', scopes: ['a'] }
    assert.equal(
      await clients.changeRegistered({ ...changed, registrationToken: undefined }),
      false,
    )
    const other = 'other' as SecretDigest
    assert.equal(
      await clients.changeRegistered({ ...changed, registrationToken: other }),
      false,
    )
    assert.equal(await clients.changeRegistered(changed), true)
    assert.deepEqual(await clients.find('shop'), changed)
  })

  on(
    'of concurrent answers to a device one decides, and one of its polls redeems it',
    async ({ users, codes }, stores) => {
      await users.insert(vitor)
      const asked = { ...authorizationCode(), purpose: 'oauth_device' } as const
      await codes.issue({ ...asked, user: undefined })
      const presented = { ...presentedAs(asked), purpose: 'oauth_device' } as const
      const now = at(NOON, 1)

      const answers = await each(stores, async (ports, n) => {
        if (n % 2 === 0) {
          const denied = await ports.codes.attempt(presented, now, 'redeem')
          return denied === undefined ? undefined : 'denied'
        }
        const id = `approval ${n}` as CodeId
        const purpose = 'oauth_device_grant'
        const approval = { ...authorizationCode(), id, purpose, target: 'c1' } as const
        const isDone = await ports.deviceRequests.approve(presented, approval, now)
        return isDone ? 'approved' : undefined
      })

      const [decision, ...others] = answers.filter((answer) => answer !== undefined)
      assert.deepEqual(others, [])
      const approval = { ...presented, purpose: 'oauth_device_grant' } as const
      const isApproved = (await codes.find(approval)) !== undefined
      assert.equal(isApproved, decision === 'approved')
    },
  )

  on(
    'of concurrent changes of an application one is made',
    async ({ clients }, stores) => {
      for (const before of [reports, shop]) {
        await clients.insert(before)
        const replaced = await each(stores, (ports, n) =>
          ports.clients.replace(before, { ...before, name: `Reports ${n}`, scopes: [] }),
        )
        assert.equal(replaced.filter(Boolean).length, 1)
        const after = await clients.find(before.id)
        assert.equal(after?.name, `Reports ${replaced.indexOf(true)}`)
        assert.deepEqual(after, { ...before, name: after?.name ?? '', scopes: [] })
      }
    },
  )

  on('the live sessions of an application are found', async (ports) => {
    await ports.users.insert(vitor)
    const grant = grantOf('shop')
    await ports.sessions.adopt(aSession('one', { grant }))
    await ports.sessions.adopt(aSession('two', { grant }))
    await ports.sessions.adopt(aSession('x', { grant: grantOf('x') }))
    await ports.sessions.revoke('two' as SessionId, 'admin', at(NOON, 1))
    assert.deepEqual(await ports.consents.live(shop.id), [
      {
        id: 'one',
        hasUser: true,
        scopes: grant.scopes,
        resources: grant.resource,
        isBound: false,
      },
    ])
  })

  on(
    'of concurrent processes one tells an application of a sign-out',
    async (ports, stores) => {
      await ports.users.insert(vitor)
      const grant = grantOf('shop')
      for (const id of ['mine', 'other', 'twice']) {
        await ports.sessions.adopt(aSession(`browser-${id}`))
        await ports.sessions.adopt(aSession(id, { grant }))
        await ports.logins.insert({
          id: id as SessionId,
          clientId: shop.id,
          subject: vitor.id,
          browserId: `browser-${id}` as SessionId,
          expiresAt: at(NOON, days(30)),
        })
      }
      const now = at(NOON, 10)
      await ports.sessions.revoke('browser-mine' as SessionId, 'logout', now)
      await ports.sessions.revoke('twice' as SessionId, 'reuse', now)
      await each(stores, (process) => process.logins.markEnded(NOON, now))
      const due = await ports.logins.due(now, 10)
      assert.deepEqual(
        due.map(({ id, attempts }) => [id, attempts]),
        [['mine', 0]],
      )
      const claimed = await each(stores, (process) =>
        process.logins.claim(due[0]!, at(now, 30)),
      )
      assert.equal(claimed.filter(Boolean).length, 1)
      assert.deepEqual(await ports.logins.due(now, 10), [])
      await ports.logins.postpone('mine' as SessionId, at(now, 5))
      assert.equal((await ports.logins.due(at(now, 5), 10))[0]?.attempts, 1)
      await ports.logins.markEnded(NOON, at(now, 6))
      assert.equal((await ports.logins.due(at(now, 5), 10))[0]?.endedAt, now)
      assert.equal(await ports.logins.flush(at(NOON, days(31)), 10), 2)
      await ports.logins.delete('mine' as SessionId)
      assert.deepEqual(await ports.logins.due(at(NOON, days(31)), 10), [])
    },
  )

  on('an application is found as it was registered', async ({ clients }) => {
    assert.equal(await clients.insert(reports), true)
    assert.equal(await clients.insert(shop), true)
    assert.equal(await clients.insert({ ...reports, name: 'Another' }), false)

    assert.deepEqual(await clients.find('reports'), reports)
    assert.deepEqual(await clients.list(), [shop, reports])
    assert.equal(await clients.find('nobody'), undefined)
    assert.equal(await clients.find('\0'), undefined)
  })

  on(
    'of concurrent new secrets one replaces the old one',
    async ({ clients }, stores) => {
      await clients.insert(reports)
      const previousUntil = at(NOON, days(1))

      const replaced = await each(stores, (ports, n) =>
        ports.clients.replaceSecret(reports, {
          secret: `next ${n}` as SecretDigest,
          previousUntil,
          sessionId: `own-${n}` as SessionId,
        }),
      )

      assert.equal(replaced.filter(Boolean).length, 1)
      const n = replaced.indexOf(true)
      assert.deepEqual(await clients.find('reports'), {
        ...reports,
        secret: `next ${n}`,
        previousSecret: 'first',
        previousSecretUntil: previousUntil,
        sessionId: `own-${n}`,
      })
    },
  )

  on('a disabled application gets no secret until it is enabled', async ({ clients }) => {
    await clients.insert(reports)
    assert.equal(await clients.disable(reports.id, NOON), true)
    assert.equal(await clients.disable(reports.id, at(NOON, 9)), false)

    const next = {
      secret: 'next' as SecretDigest,
      previousUntil: NOON,
      sessionId: 'own-2' as SessionId,
    }
    assert.equal(await clients.replaceSecret(reports, next), false)
    assert.deepEqual(await clients.find('reports'), { ...reports, disabledAt: NOON })
    assert.equal(await clients.enable(reports.id), true)
    assert.equal(await clients.enable(reports.id), false)
    assert.equal(await clients.enable(shop.id), false)
    assert.deepEqual(await clients.find('reports'), reports)
    assert.equal(await clients.delete(reports.id), true)
    assert.equal(await clients.find('reports'), undefined)
  })

  on(
    `of ${CALLERS * 2} redemptions of a code at once one opens its session`,
    async (ports, stores) => {
      await ports.users.insert(vitor)
      const code = authorizationCode()
      await ports.codes.issue(code)
      const redeem = (store: InstanceStore['ports'], id: string) =>
        store.grants.redeem(
          presentedAs(code),
          aSession(id, { grant: grantOf('shop') }),
          at(NOON, 1),
        )

      const redeemed = await Promise.all([
        ...(await each(stores, (each, n) => redeem(each, `a${n}`))),
        ...(await each(stores, (each, n) => redeem(each, `b${n}`))),
      ])

      assert.equal(redeemed.filter(Boolean).length, 1)
      const sessions = await ports.sessions.list(vitor.id)
      assert.equal(sessions.length, 1)
      assert.equal(sessions[0]?.clientId, 'shop')
    },
  )

  on('a code whose session cannot be opened is not redeemed', async (ports) => {
    await ports.users.insert(vitor)
    const code = authorizationCode()
    await ports.codes.issue(code)
    const session = aSession('s', { grant: grantOf('shop') })
    const wrong = { ...session, epoch: 7 }
    assert.equal(await ports.grants.redeem(presentedAs(code), wrong, NOON), false)
    assert.equal(await ports.sessions.find('s' as SessionId), undefined)
    assert.equal((await ports.codes.find(presentedAs(code)))?.redeemedAt, undefined)

    assert.equal(await ports.grants.redeem(presentedAs(code), session, NOON), true)
    assert.equal((await ports.codes.find(presentedAs(code)))?.redeemedAt, NOON)
  })

  on('a code of a user who has changed is not redeemed', async (ports) => {
    await ports.users.insert(vitor)
    const code = authorizationCode()
    await ports.codes.issue(code)
    await ports.users.change(vitor.id, { active: false })
    const session = aSession('s', { grant: grantOf('shop') })
    assert.equal(await ports.grants.redeem(presentedAs(code), session, NOON), false)
    assert.deepEqual(await ports.sessions.list(vitor.id), [])
  })

  on('a session shows its application', async ({ users, sessions }) => {
    await users.insert(vitor)
    await sessions.open(aSession('s', { grant: grantOf('shop') }), { active: true })
    await sessions.open(aSession('t'), { active: true })

    const [consent, signIn] = (await sessions.list(vitor.id)).toSorted((a, b) =>
      a.id.localeCompare(b.id),
    )
    assert.equal(consent?.clientId, 'shop')
    assert.deepEqual(consent?.scopes, ['openid', 'email'])
    assert.deepEqual(consent?.resource, ['https://api.example.com'])
    assert.equal(signIn?.clientId, undefined)
    assert.deepEqual(signIn?.scopes, [])
  })

  on(
    'the session of an own token of an application is deleted once it is revoked, that of a user when it ends',
    async (ports) => {
      const { users, sessions } = ports
      await users.insert(vitor)
      const grant = grantOf('shop')
      const expiresAt = at(NOON, 1e9)
      const lasting = { grant, expiresAt }
      await sessions.open(aSession('consent', lasting), { active: true })
      for (const id of ['first', 'second', 'live'])
        await sessions.adopt(aSession(id, { ...lasting, userId: undefined }))
      // Of a token of another issuer.
      const { grant: _, ...foreign } = lasting
      await sessions.adopt(aSession('foreign', { ...foreign, userId: undefined }))
      for (const id of ['consent', 'first', 'foreign'])
        await sessions.revoke(id as SessionId, 'admin', at(NOON, 10))
      await sessions.revokeAllOfClient('shop', 'admin', at(NOON, 20), {
        except: 'live' as SessionId,
      })
      // Again, which changes nothing.
      await sessions.revoke('first' as SessionId, 'admin', at(NOON, 90))

      assert.equal(await sessions.flush(at(NOON, 10), 10), 0)
      assert.equal(await sessions.flush(at(NOON, 11), 10), 1)
      assert.equal(await sessions.find('first' as SessionId), undefined)
      assert.equal(await sessions.flush(at(NOON, 21), 10), 1)
      assert.equal(await sessions.find('second' as SessionId), undefined)
      assert.equal(await sessions.flush(at(NOON, 1000), 10), 0)
      const consent = await sessions.find('consent' as SessionId)
      assert.equal(consent?.session.expiresAt, expiresAt)
    },
  )

  on('all sessions of an application are revoked, and no other', async (ports) => {
    const { users, sessions } = ports
    await users.insert(vitor)
    const grant = grantOf('shop')
    await sessions.open(aSession('consent', { grant }), { active: true })
    await sessions.open(aSession('sign-in'), { active: true })
    for (const id of ['own-1', 'own-2'])
      await sessions.adopt(aSession(id, { userId: undefined, grant }))
    await sessions.adopt(aSession('other', { grant: grantOf('reports') }))

    const own = await sessions.revokeAllOfClient('shop', 'admin', NOON, {
      except: 'own-2' as SessionId,
    })
    assert.deepEqual(own, ['own-1'])
    const rest = await sessions.revokeAllOfClient('shop', 'admin', at(NOON, 1))
    assert.deepEqual([...rest].sort(), ['consent', 'own-2'])
    assert.deepEqual(await sessions.revokeAllOfClient('shop', 'admin', NOON), [])
    for (const id of ['sign-in', 'other'])
      assert.equal(
        (await sessions.find(id as SessionId))?.session.revokedAt,
        undefined,
        id,
      )
  })
}
