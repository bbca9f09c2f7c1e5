import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as openid from 'openid-client'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { agree, browserAt, REDIRECT, relyingParty, type Send } from './code-flow.ts'
import { userOf } from './consent.ts'
import { DATABASES } from './databases.ts'
import {
  applicationAt,
  assertNamesNoUser,
  commonTo,
  everythingGiven,
  FORUM_AT,
  SHOP_APP_AT,
  SHOP_AT,
  serviceOf,
  signIn,
} from './pairwise.ts'
import { claimsOf, headerOf, OPTIONS, providerOf, URL_OF_APP } from './setup.ts'

const optionsFor = (database: string) => ({
  ...OPTIONS,
  database,
  secret: 'a secret of the tests of applications, long enough',
})

const subOf = (token: string): string => String(claimsOf(token).sub)

for (const [database, open] of DATABASES) {
  test(`${database}: two processes give the applications of a sector the same names, and those of others none in common`, async (t) => {
    const opened = await open(t)
    if (opened.skip !== undefined) return t.skip(opened.skip)
    const build = async () => {
      const auth = buildWatchword(optionsFor(opened.url))
      cleanUp(t, () => auth.close())
      return userOf(providerOf({ auth }))
    }
    const first = await build()
    const other = await build()
    const [shop, shopApp, forum] = await Promise.all([
      applicationAt(first, SHOP_AT),
      applicationAt(other, SHOP_APP_AT),
      applicationAt(first, FORUM_AT),
    ])
    const service = await serviceOf(first)
    const atShop = await everythingGiven(first, shop, service)
    const atForum = await everythingGiven(other, forum, service)
    const [access = '', refresh = '', id = ''] = atShop
    const kids = [access, refresh, id, atForum[0] ?? ''].map((each) => headerOf(each).kid)
    assert.deepEqual(commonTo(atShop, atForum, kids), [])
    assertNamesNoUser([...atShop, ...atForum], first.ada.id)
    for (const process of [first, other]) {
      const tokens = await signIn(process, shopApp)
      assert.equal(subOf(tokens.id), subOf(id))
      const found = await first.guarded(tokens.access)
      assert.equal(found.principal?.user?.id, first.ada.id)
      await other.auth.clients.update(shopApp.id, { name: 'Shop app' })
    }
  })

  test(`${database}: openid-client signs in with pairwise applications, refreshes, reads the user and revokes`, async (t) => {
    const opened = await open(t)
    if (opened.skip !== undefined) return t.skip(opened.skip)
    const auth = buildWatchword(optionsFor(opened.url))
    cleanUp(t, () => auth.close())
    const app = await userOf(providerOf({ auth }))
    const send: Send = (request) => auth.handler(request)
    const subs: string[] = []
    for (const sector of ['one.example', 'two.example']) {
      const { client, secret } = await auth.clients.create({
        name: sector,
        redirectUris: [REDIRECT],
        scopes: ['openid', 'email', 'posts:read'],
        subjectType: 'pairwise',
        sectorIdentifierUri: `https://${sector}/sector.json`,
      })
      const { config, begin } = await relyingParty(URL_OF_APP, { client, secret }, send)
      const { address, redeem } = await begin()
      const tokens = await redeem(await agree(browserAt(URL_OF_APP, send), address))
      const sub = tokens.claims()?.sub ?? ''
      subs.push(sub)
      const info = await openid.fetchUserInfo(config, tokens.access_token, sub)
      assert.equal(info.email, 'ada@example.com')
      const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
      assert.equal(next.claims()?.sub, sub)
      await openid.fetchUserInfo(config, next.access_token, sub)
      await openid.tokenRevocation(config, next.refresh_token ?? '')
      await assert.rejects(openid.refreshTokenGrant(config, next.refresh_token ?? ''), {
        error: 'invalid_grant',
      })
      await assert.rejects(openid.fetchUserInfo(config, next.access_token, sub))
    }
    assert.equal(new Set([...subs, app.ada.id]).size, 3)
  })
}
