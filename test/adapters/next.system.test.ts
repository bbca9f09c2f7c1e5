import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Setting, Started } from './adapter.ts'
import { built, endpoints, NEXT, whole, withoutNext } from './next/project.ts'
import { PASSWORD, seed } from './seed.ts'
import { testAdapter } from './test-adapter.ts'

const LISTENING = new URL('../examples/listening.ts', import.meta.url).href

/** Serves a built project. */
async function serve(folder: string, setting: Partial<Setting>): Promise<Started> {
  const child = spawn(
    process.execPath,
    ['--import', LISTENING, NEXT, 'start', '-H', '127.0.0.1'],
    {
      cwd: folder,
      env: {
        ...process.env,
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        PORT: '0',
        SETTING: JSON.stringify(setting),
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    },
  )
  const ended = once(child, 'close')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const [port] = await Promise.race([
    once(child, 'message'),
    ended.then(() => assert.fail('Next ended early')),
  ])
  return { url: `http://127.0.0.1:${port}`, stop }
}

const NEEDS_NEXT = { skip: withoutNext, timeout: 600_000 }

/** The project of most tests, built by the first one. */
let wholeProject = Promise.resolve('')
test('next: a project with all routes builds', NEEDS_NEXT, async () => {
  wholeProject = built(
    whole({ skipTrailingSlashRedirect: true, experimental: { authInterrupts: true } }),
  )
  assert.ok(existsSync(await wholeProject))
})

const NO_CORS = 'Next has no CORS of its own'
const ALONE = 'there is no middleware before a route handler'
if (withoutNext) test('next: the scenarios of all adapters', { skip: withoutNext })
else {
  testAdapter({
    name: 'next',
    errors: 'framework',
    lacks: {
      prefix: 'the path of a route handler is that of its file',
      parsers: ALONE,
      cors: NO_CORS,
      corsAfter: NO_CORS,
      address: 'Next hides the connection',
      headerLines: 'a Response joins the headers of one name',
      rawHeaders: 'Next shows the first of two Authorization headers',
      rawPath: 'Next normalizes the path before a route handler sees it',
      length: 'Next sends answers in chunks',
    },
    start: async (setting) => serve(await wholeProject, setting),
  })
}

/** A Next.js server with signed-in users. */
async function program(
  t: TestContext,
  folder: Promise<string>,
  setting: Partial<Setting> = {},
) {
  const place = mkdtempSync(join(tmpdir(), 'watchword-next-'))
  t.after(() => rmSync(place, { recursive: true, force: true }))
  const seeded = await seed(join(place, 'seeded.db'))
  const database = join(place, 'next.db')
  copyFileSync(seeded.file, database)
  const { url, stop } = await serve(await folder, { ...setting, database })
  t.after(stop)
  const ask = (path: string, token?: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, {
      redirect: 'manual',
      ...init,
      headers: {
        ...init.headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    })
  return { ...seeded, url, ask }
}

const shown = async (answer: Response): Promise<string | undefined> =>
  /<p>(.*?)<\/p>/.exec(await answer.text())?.[1]

test(
  'next: a page has the user of the request, and none for wrong credentials',
  NEEDS_NEXT,
  async (t) => {
    const { ask, ada } = await program(t, wholeProject)

    assert.equal(await shown(await ask('/current', ada)), 'ada')
    assert.equal(await shown(await ask('/current')), 'no user')
    assert.equal(await shown(await ask('/current', 'x')), 'no user')
  },
)

test('next: a page has the user of a session cookie', NEEDS_NEXT, async (t) => {
  const { ask } = await program(t, wholeProject)
  const body = JSON.stringify({ username: 'ada', password: PASSWORD })
  const headers = { 'content-type': 'application/json' }

  const signedIn = await ask('/auth/login/', undefined, { method: 'POST', headers, body })
  const cookie = signedIn.headers.getSetCookie().map((text) => text.replace(/;.*/, ''))

  assert.equal(signedIn.status, 200)
  assert.equal(
    await shown(
      await ask('/current', undefined, {
        headers: { cookie: cookie.join('; '), 'sec-fetch-site': 'same-origin' },
      }),
    ),
    'ada',
  )
  assert.equal(
    await shown(
      await ask('/current', undefined, {
        headers: { cookie: cookie.join('; '), origin: 'https://evil.example' },
      }),
    ),
    'no user',
  )
})

test(
  'next: a page with a requirement is rendered for authorized users, and others get 401 or 403',
  NEEDS_NEXT,
  async (t) => {
    const { ask, ada, bob } = await program(t, wholeProject)

    assert.equal(await shown(await ask('/required', ada)), 'ada')
    assert.equal((await ask('/required')).status, 401)
    assert.equal((await ask('/required', 'x')).status, 401)
    assert.equal((await ask('/required', bob)).status, 403)
  },
)

test(
  'next: with pages requireUser redirects who is not signed in to the page to sign in, and who is without a right gets 403',
  NEEDS_NEXT,
  async (t) => {
    const { ask, ada, bob } = await program(t, wholeProject, { redirects: true })
    const signIn = '/account/sign-in/?next=%2Fwelcome'

    const sent = await ask('/welcome')
    assert.equal(sent.status, 307)
    assert.equal(sent.headers.get('location'), signIn)
    assert.match(await (await ask(signIn)).text(), /<h1>Sign in<\/h1>/)
    assert.equal(await shown(await ask('/welcome', ada)), 'ada')
    assert.equal((await ask('/required')).headers.get('location'), '/account/sign-in/')
    assert.equal((await ask('/required', bob)).status, 403)
  },
)

test(
  'next: requireUser in a route handler admits no request of an invented method',
  NEEDS_NEXT,
  async (t) => {
    const { ask, bob } = await program(t, wholeProject)

    assert.equal((await ask('/by-method', bob, { method: 'DELETE' })).status, 500)
    assert.equal((await ask('/by-method', bob)).status, 500)
  },
)

test('next: redirect() works in a guarded handler', NEEDS_NEXT, async (t) => {
  const { ask, ada } = await program(t, wholeProject)

  const sent = await ask('/elsewhere/', ada)

  assert.equal(sent.status, 307)
  assert.equal(sent.headers.get('location'), '/bare/')
  assert.equal((await ask('/elsewhere/')).status, 401)
})

test('next: the bundle has the list of common passwords', NEEDS_NEXT, async (t) => {
  const { ask } = await program(t, wholeProject)
  const make = (password: string) =>
    ask('/made', undefined, {
      method: 'POST',
      body: JSON.stringify({ username: 'carol', password }),
    })

  assert.equal((await make('princess1')).status, 500)
  assert.deepEqual(await (await make('qhr4-7mzt-w2pd-x9kc')).json(), {
    username: 'carol',
  })
})

test(
  'next: without skipTrailingSlashRedirect a trailing slash is redirected',
  NEEDS_NEXT,
  async (t) => {
    const { ask, ada } = await program(t, built(endpoints({})))
    const verify = {
      method: 'POST',
      body: JSON.stringify({ token: ada }),
      headers: { 'content-type': 'application/json' },
    }

    const redirected = await ask('/api/token/verify/', undefined, verify)
    assert.equal(redirected.status, 308)
    assert.equal(redirected.headers.get('location'), '/api/token/verify')
    assert.equal((await ask('/api/token/verify', undefined, verify)).status, 200)
  },
)
