import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { testBrowser, tokenIn, wordsOf } from '../pages/site.ts'
import { PASSWORD, withUser } from './consent.ts'
import type { Answered } from './setup.ts'

/** ada, who has let in Shop. */
async function connected(t: TestContext) {
  const app = await withUser(t, { accounts: true })
  await app.signedIn()
  const letIn = async (name: string, scope = 'openid posts:read') => {
    const client = await app.shop({ name })
    const code = (await app.agree(client, { scope })).get('code') ?? ''
    const { body } = await app.exchange(client, { code })
    return {
      client,
      access: String(body.access_token),
      refresh: String(body.refresh_token),
    }
  }
  const headersOf = async (login = 'ada') => {
    const user = await app.auth.users.find(login)
    const { access } = await app.auth.signIn(user?.id ?? '')
    return { authorization: `Bearer ${access}` }
  }
  const list = async (login?: string) => {
    const headers = await headersOf(login)
    const answer = await app.send('GET', '/auth/applications/', { headers })
    return listOf(answer)
  }
  const remove = async (id: string, login?: string) =>
    app.send('DELETE', `/auth/applications/${id}/`, { headers: await headersOf(login) })
  return { ...app, letIn, headersOf, list, remove }
}

const listOf = ({ status, text }: Answered): readonly Record<string, never>[] => {
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

test('the page of the account lists applications, and disconnects one', async (t) => {
  const { letIn, browser, clock, auth, ada, refresh } = await connected(t)
  const shop = await letIn('Shop <b>')
  clock.advance(60)
  const games = await letIn('Games', 'email')
  clock.advance('2d')

  const account = await browser.open('/account/')

  assert.match(account.text, /href="\/account\/#applications"/)
  assert.doesNotMatch(account.text, /Shop <b>/)
  const words = wordsOf(account)
  assert.match(words, /It may: Know who you are, Read your posts Connected since/)
  assert.match(words, /Games It may: See your email address/)
  const actions = [...account.text.matchAll(/action="(\/account\/applications\/[^"]+)"/g)]
  assert.equal(actions.length, 2)

  // The latest is the first.
  const [, action = ''] = actions[0] ?? []
  const done = await browser.submit({ action })
  assert.equal(done.path, '/account/?done=application_disconnected')
  assert.match(wordsOf(done), /The application is disconnected\./)
  assert.doesNotMatch(wordsOf(done), /Games/)
  assert.equal((await refresh(games.client, games.refresh)).status, 400)
  assert.equal((await refresh(shop.client, shop.refresh)).status, 200)
  const events = await auth.events.list({ kind: 'consent_revoked' })
  assert.equal(events.length, 1)
  assert.equal(events[0]?.userId, ada.id)
  assert.deepEqual(events[0]?.detail, { client: games.client.id })
})

test('sessions of applications are not among the devices', async (t) => {
  const { letIn, browser } = await connected(t)
  await letIn('Shop')
  const { text } = await browser.open('/account/')
  const [, sessions = ''] = /id="sessions"(.*?)<\/section>/s.exec(text) ?? []
  assert.equal(sessions.match(/<li>/g)?.length, 1)
  assert.match(sessions, /this device/)
  assert.doesNotMatch(text, /action="\/account\/sessions\/[^"]/)
})

test('the section is in German, too', async (t) => {
  const { letIn, browser } = await connected(t)
  await letIn('Shop', 'openid')
  const page = await browser.open('/account/', { 'accept-language': 'de' })
  assert.match(wordsOf(page), /Verbundene Anwendungen/)
  assert.match(
    wordsOf(page),
    /Sie darf: Wissen, wer Sie sind Verbunden seit .*noch nicht/,
  )
})

test('a form without its token disconnects nothing', async (t) => {
  const { letIn, browser, list } = await connected(t)
  await letIn('Shop')
  const [shop] = await list()
  const path = `/account/applications/${shop?.id}/disconnect/`
  for (const csrfmiddlewaretoken of ['', 'x'.repeat(64)])
    assert.equal((await browser.post(path, { csrfmiddlewaretoken })).status, 403)
  assert.equal((await list()).length, 1)
})

test('an application with several sessions is one, and disconnected as a whole', async (t) => {
  const { letIn, agree, exchange, refresh, list, remove, clock, auth } =
    await connected(t)
  const { client, refresh: first } = await letIn('Shop', 'openid')
  clock.advance(60)
  const code = (await agree(client, { scope: 'posts:read', prompt: 'consent' })).get(
    'code',
  )
  const { body } = await exchange(client, { code: code ?? '' })

  const [shop, ...others] = await list()
  assert.deepEqual(others, [])
  assert.deepEqual(shop, {
    id: shop?.id,
    client_id: client.id,
    name: 'Shop',
    scopes: ['posts:read', 'openid'],
    created_at: shop?.created_at,
    last_used_at: null,
  })
  assert.equal((await remove(String(shop?.id))).status, 204)
  assert.deepEqual(await list(), [])
  for (const token of [first, String(body.refresh_token)])
    assert.equal((await refresh(client, token)).status, 400)
  assert.equal((await auth.events.list({ kind: 'consent_revoked' })).length, 2)
  assert.equal((await remove(String(shop?.id))).status, 404)
})

test("nobody disconnects another user's application, or a session of no application", async (t) => {
  const { letIn, list, remove, auth, ada } = await connected(t)
  await auth.users.create({ username: 'eve', password: PASSWORD })
  await letIn('Shop')
  const [shop] = await list()
  assert.deepEqual(await list('eve'), [])
  assert.equal((await remove(String(shop?.id), 'eve')).status, 404)
  const browser = testBrowser(auth)
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: 'eve', password: PASSWORD })
  const action = `/account/applications/${shop?.id}/disconnect/`
  const csrfmiddlewaretoken = tokenIn((await browser.open('/account/')).text)
  assert.equal((await browser.post(action, { csrfmiddlewaretoken })).status, 404)

  const own = (await auth.sessions.list(ada.id)).find(({ clientId }) => !clientId)
  assert.equal((await remove(String(own?.id))).status, 404)
  assert.equal((await list()).length, 1)
  assert.equal((await auth.events.list({ kind: 'consent_revoked' })).length, 0)
})

test('neither an application nor a stranger lists or disconnects applications, nor does who acts as the user disconnect one', async (t) => {
  const { letIn, send, list, auth, ada } = await connected(t)
  const { access } = await letIn('Shop')
  const [shop] = await list()
  const requests = [
    ['GET', '/auth/applications/'],
    ['DELETE', `/auth/applications/${shop?.id}/`],
  ] as const
  for (const [method, path] of requests) {
    assert.equal((await send(method, path)).status, 401)
    const headers = { authorization: `Bearer ${access}` }
    assert.equal((await send(method, path, { headers })).status, 403)
  }
  const { id: actor } = await auth.users.create({ username: 'support', staff: true })
  const impersonated = await auth.signIn(ada.id, { actor })
  const headers = { authorization: `Bearer ${impersonated.access}` }
  assert.equal((await send('DELETE', requests[1][1], { headers })).status, 403)
  assert.equal((await list()).length, 1)
})
