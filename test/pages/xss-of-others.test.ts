import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { oidc } from '../../src/index.ts'
import { CHALLENGE, VERIFIER } from '../oauth/consent.ts'
import { CLIENT, fakeProvider, type Person } from '../social/provider.ts'
import { PASSWORD, pageApp } from './setup.ts'
import { escaped, isMarkupIn, XSS } from './xss.ts'

const CALLBACK = 'https://shop.example.com/cb'

/** The name of the scope, and of the provider, whose words are an attack. */
const named = (kind: string, n: number): string => `${kind}${n}`

const each = <T>(make: (attack: string, n: number) => T): readonly T[] => XSS.map(make)

/** An instance whose applications, scopes, providers and people are called as attacks. */
async function app(t: TestContext) {
  const clock = { now: () => 0 }
  const provider = await fakeProvider(() => clock.now())
  t.after(() => provider[Symbol.asyncDispose]())
  const ofProvider = (label: string) => oidc(provider.issuer, { ...CLIENT, label })
  const it = await pageApp({
    console: true,
    oauth: {
      scopes: Object.fromEntries(each((attack, n) => [named('s', n), attack])),
    },
    social: Object.fromEntries(
      each((attack, n) => [named('p', n), ofProvider(attack.slice(0, 100))]),
    ),
  })
  t.after(() => it[Symbol.asyncDispose]())
  clock.now = () => it.instance.clock.now()
  const { auth } = it.instance
  const boss = { username: 'boss', password: PASSWORD, staff: true, superuser: true }
  await auth.users.create(boss)
  const scopes = each((_, n) => named('s', n))
  const clients = await Promise.all(
    each((name) => auth.clients.create({ name, redirectUris: [CALLBACK], scopes })),
  )
  return { ...it, auth, provider, clients, scopes }
}

type App = Awaited<ReturnType<typeof app>>

/** @param shown whether all the attacks are to be there, as text */
function assertText(page: string, where: string, shown: readonly string[] = []): void {
  // Entities are how pages show the others.
  for (const attack of XSS.filter((each) => !each.startsWith('&')))
    assert.ok(!isMarkupIn(page, attack), `${where}: ${attack}`)
  for (const attack of shown)
    assert.ok(page.includes(escaped(attack)), `${where} shows ${attack}`)
}

async function signIn({ browser }: App, login: string): Promise<void> {
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login, password: PASSWORD })
}

const authorizePath = (id: string, more: Readonly<Record<string, string>> = {}) =>
  `/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: CALLBACK,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  })}`

/** The application gets its tokens. */
async function connect({ auth, browser }: App, id: string, secret: string) {
  const answer = await browser.submit({ button: 'Allow' })
  const [, refresh = ''] = /content="0;url=([^"]*)"/.exec(answer.text) ?? []
  const { searchParams } = new URL(refresh || answer.path, 'https://app.example.com')
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  })
  const headers = { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  const url = 'https://app.example.com/oauth/token'
  const { status } = await auth.handler(
    new Request(url, { method: 'POST', headers, body }),
  )
  assert.equal(status, 200)
}

test('names and scopes of applications are text on every page', async (t) => {
  const it = await app(t)
  const { browser, clients, scopes } = it
  await signIn(it, 'ada')
  for (const [n, { client, secret = '' }] of clients.entries()) {
    const scope = scopes.join(' ')
    const { text } = await browser.open(authorizePath(client.id, { scope }))
    assertText(text, `consent ${n}`, XSS)
    await connect(it, client.id, secret)
  }
  assertText((await browser.open('/account/')).text, 'account', XSS)
  browser.cookies.clear()
  await signIn(it, 'boss')
  const list = await browser.open('/console/applications/')
  assertText(list.text, 'console', XSS)
  for (const { client } of clients) {
    const path = `/console/applications/show/?id=${client.id}`
    assertText((await browser.open(path)).text, path, [client.name])
  }
  assertText((await browser.open('/console/events/')).text, 'events')
})

test('what an application sends is text on the pages that refuse it', async (t) => {
  const { browser, clients } = await app(t)
  const id = clients[0]?.client.id ?? ''
  for (const attack of XSS)
    for (const path of [
      authorizePath(attack),
      authorizePath(id, { redirect_uri: attack }),
      authorizePath(id, { state: attack, scope: attack, response_type: attack }),
      authorizePath(id, { prompt: attack, nonce: attack, claims: attack }),
      `/oauth/logout?${new URLSearchParams({ id_token_hint: attack, state: attack })}`,
      `/oauth/logout?${new URLSearchParams({ client_id: attack })}`,
    ])
      assertText((await browser.open(path)).text, path)
})

test('names of providers and what they claim of people are text on every page', async (t) => {
  const it = await app(t)
  const { browser, provider } = it
  assertText((await browser.open('/account/sign-in/')).text, 'sign-in', XSS)
  assertText((await browser.open('/account/sign-up/')).text, 'sign-up', XSS)
  await signIn(it, 'ada')
  for (const [n, attack] of XSS.entries()) {
    const person: Person = {
      sub: `${attack}${n}`,
      email: `${n}@example.com`,
      email_verified: true,
      name: attack,
      preferred_username: attack,
      picture: attack,
    }
    const begun = await browser.open(`/account/connect/${named('p', n)}/`)
    const back = provider.agree(begun.path, person)
    const page = await browser.open(back.pathname + back.search)
    assert.match(page.path, /done=identity_connected/)
    assertText(page.text, `account ${n}`, [attack])
  }
  for (const attack of XSS)
    for (const name of ['error', 'error_description', 'state', 'code', 'iss']) {
      const query = new URLSearchParams({ state: 'x', [name]: attack })
      const path = `/auth/social/p0/callback/?${query}`
      assertText((await browser.open(path)).text, path)
    }
})
