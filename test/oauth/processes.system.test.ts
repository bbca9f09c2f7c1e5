import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as ask, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import * as openid from 'openid-client'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { forkedServer } from '../services/forked-server.ts'
import {
  agree,
  browserAt,
  createAda,
  optionsFor,
  REDIRECT,
  register,
  relyingParty,
  type Send,
} from './code-flow.ts'
import { CHALLENGE, VERIFIER } from './consent.ts'
import { DATABASES } from './databases.ts'
import { basicOf } from './setup.ts'

/** What a proxy in front of the processes answers to. */
const URL_OF_APP = 'http://127.0.0.1:8999'

const PROGRAM = new URL('server-process.ts', import.meta.url)

/** A process that serves the database. @returns what sends a request to it */
async function aProcess(t: TestContext, database: string): Promise<Send> {
  const { port } = new URL(await forkedServer(t, PROGRAM, [database, URL_OF_APP]))
  return (request) => sendTo(Number(port), request)
}

/** As a proxy does, with the Host of its client, which `fetch` replaces. */
async function sendTo(port: number, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url)
  const sent = ask({
    host: '127.0.0.1',
    port,
    path: pathname + search,
    method: request.method,
    headers: { ...Object.fromEntries(request.headers), host },
  })
  sent.end(await request.text())
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const headers = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  const body = Buffer.concat(await answer.toArray())
  return new Response(body, { status: answer.statusCode ?? 500, headers })
}

/** Two processes, and what a proxy does that sends each request to the next one. */
async function twoProcesses(t: TestContext, database: string) {
  const auth = buildWatchword(optionsFor(database, URL_OF_APP))
  cleanUp(t, () => auth.close())
  const ada = await createAda(auth)
  const [first, second] = [await aProcess(t, database), await aProcess(t, database)]
  let turn = 0
  const inTurn: Send = (request) =>
    [first, second][turn++ % 2]?.(request) ?? fetch(request)
  return { auth, ada, first, second, inTurn }
}

const tokenRequest = (
  { client, secret = '' }: Awaited<ReturnType<typeof register>>,
  fields: Readonly<Record<string, string>>,
): Request =>
  new Request(`${URL_OF_APP}/oauth/token`, {
    method: 'POST',
    headers: { authorization: basicOf(client.id, secret) },
    body: new URLSearchParams(fields),
  })

interface Body {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly error?: string
}

const bodyOf = async (response: Response): Promise<Body> =>
  (await response.json()) as Body

for (const [database, open] of DATABASES) {
  test(`${database}, two processes: a code of one is redeemed by the other, and both refresh`, async (t) => {
    const opened = await open(t)
    if (opened.skip !== undefined) return t.skip(opened.skip)
    const { auth, ada, first, second, inTurn } = await twoProcesses(t, opened.url)
    const shop = await register(auth)
    const at = {
      first: await relyingParty(URL_OF_APP, shop, first),
      second: await relyingParty(URL_OF_APP, shop, second),
    }
    const { address, redeem } = await at.second.begin()
    const tokens = await redeem(await agree(browserAt(URL_OF_APP, first), address))
    assert.equal(tokens.claims()?.sub, ada.id)
    let refresh = tokens.refresh_token ?? ''
    for (const { config } of [at.first, at.second, at.first, at.second]) {
      const next = await openid.refreshTokenGrant(config, refresh)
      assert.notEqual(next.refresh_token, refresh)
      refresh = next.refresh_token ?? ''
    }

    const request = () =>
      tokenRequest(shop, { grant_type: 'refresh_token', refresh_token: refresh })
    const together = await Promise.all(
      Array.from({ length: 20 }, async () => bodyOf(await inTurn(request()))),
    )
    assert.deepEqual(
      together.filter(({ error }) => error !== undefined),
      [],
    )
    // Each successor continues the same session.
    const [one] = together
    const last = await openid.refreshTokenGrant(at.first.config, one?.refresh_token ?? '')
    const info = await openid.fetchUserInfo(at.second.config, last.access_token, ada.id)
    assert.equal(info.sub, ada.id)
    const granted = (await auth.sessions.list(ada.id)).filter((each) => each.clientId)
    assert.equal(granted.length, 1)

    await openid.tokenRevocation(at.first.config, last.refresh_token ?? '')
    await assert.rejects(
      openid.refreshTokenGrant(at.second.config, last.refresh_token ?? ''),
      { error: 'invalid_grant' },
    )
  })

  test(`${database}, two processes: of fifty exchanges of a code at once one succeeds, and its session is revoked`, async (t) => {
    const opened = await open(t)
    if (opened.skip !== undefined) return t.skip(opened.skip)
    const { auth, ada, inTurn } = await twoProcesses(t, opened.url)
    const shop = await register(auth)
    const browser = browserAt(URL_OF_APP, inTurn)
    const address = new URL('/oauth/authorize', URL_OF_APP)
    address.search = String(
      new URLSearchParams({
        response_type: 'code',
        client_id: shop.client.id,
        redirect_uri: REDIRECT,
        scope: 'openid posts:read',
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
      }),
    )
    const code = (await agree(browser, address)).searchParams.get('code') ?? ''
    const exchange = () =>
      tokenRequest(shop, {
        grant_type: 'authorization_code',
        redirect_uri: REDIRECT,
        code_verifier: VERIFIER,
        code,
      })
    const all = await Promise.all(
      Array.from({ length: 50 }, async () => bodyOf(await inTurn(exchange()))),
    )
    const granted = all.filter(({ access_token }) => access_token !== undefined)
    assert.equal(granted.length, 1)
    const errors = all.flatMap(({ error }) => error ?? [])
    assert.deepEqual(errors, Array(49).fill('invalid_grant'))
    const sessions = await auth.sessions.list(ada.id)
    const ofShop = sessions.filter(({ clientId }) => clientId === shop.client.id)
    assert.deepEqual(
      ofShop.map(({ revokeReason }) => revokeReason),
      ['reuse'],
    )
  })
}
