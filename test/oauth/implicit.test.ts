import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { answerIn, REDIRECT, withUser } from './consent.ts'
import { URL_OF_APP } from './setup.ts'

const OLD = { id: 'old', proof: 'none', scopes: ['openid', 'posts:read'] } as const

const SCOPES = { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' }

/** ada, and an old application. */
async function open(t: TestContext, implicitGrant: readonly string[] = ['old']) {
  const app = await withUser(t, {
    oauth: { scopes: SCOPES, access: '5m', implicitGrant },
  })
  const client = await app.shop(OLD)
  await app.signedIn()
  const asked = { response_type: 'token', code_challenge: undefined }
  const page = await app.browser.open(
    app.address(client, { ...asked, code_challenge_method: undefined }),
  )
  const fragment = async (): Promise<URLSearchParams> => {
    const { path } = await app.browser.submit({ button: 'Allow' })
    assert.ok(path.startsWith(`${REDIRECT}#`), path)
    return new URLSearchParams(path.split('#')[1])
  }
  return { ...app, client, page, fragment }
}

test('an application that implicitGrant lists gets its token in the fragment', async (t) => {
  const { page, fragment, guarded, auth, ada, clock } = await open(t)
  assert.equal(page.heading, 'Allow Shop to use your account?')
  const answer = await fragment()
  assert.deepEqual(
    [...answer.keys()],
    ['access_token', 'expires_in', 'token_type', 'scope', 'state', 'iss'],
  )
  assert.equal(answer.get('iss'), URL_OF_APP)
  const token = answer.get('access_token') ?? ''
  const { status, principal } = await guarded(token)
  assert.deepEqual([status, principal?.user?.id], [200, ada.id])
  const sessions = await auth.sessions.list(ada.id)
  const [session] = sessions.filter(({ clientId }) => clientId === 'old')
  assert.equal(Number(session?.expiresAt) - clock.now(), 300)
  clock.advance('5m')
  assert.equal((await guarded(token)).status, 401)
})

test('the token ends with its session, and with a disabled application', async (t) => {
  const { fragment, guarded, auth } = await open(t)
  const token = (await fragment()).get('access_token') ?? ''
  await auth.clients.disable('old')
  assert.equal((await guarded(token)).status, 401)
})

test('every other application is refused, and needs PKCE for a code', async (t) => {
  const { page } = await open(t, ['another'])
  assert.equal(answerIn(page).get('error'), 'unsupported_response_type')
  const listed = await open(t)
  const asked = { response_type: 'code', code_challenge: undefined }
  const code = await listed.browser.open(listed.address(listed.client, asked))
  assert.equal(answerIn(code).get('error_description'), 'Code challenge required.')
})

test('a user who does not agree gives no token', async (t) => {
  const { browser, auth, ada } = await open(t)
  const answer = answerIn(await browser.submit({ button: 'Do not allow' }))
  assert.equal(answer.get('error'), 'access_denied')
  const sessions = await auth.sessions.list(ada.id)
  assert.equal(sessions.filter(({ clientId }) => clientId === 'old').length, 0)
})

test('an application that must prove a key gets no token in an address', async (t) => {
  const app = await withUser(t, { oauth: { scopes: SCOPES, implicitGrant: ['bound'] } })
  const client = await app.shop({ ...OLD, id: 'bound', dpopBoundAccessTokens: true })
  await app.signedIn()
  const page = await app.browser.open(app.address(client, { response_type: 'token' }))
  assert.equal(answerIn(page).get('error'), 'unsupported_response_type')
})
