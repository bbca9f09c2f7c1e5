import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { watchword } from '../../src/index.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const LISTENING = new URL('listening.ts', import.meta.url).href

/** A database with ada, who has no roles, and grace, an editor. @returns the environment for a program that uses it */
export async function createUsers(t: TestContext): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-example-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const env = {
    WATCHWORD_DATABASE: join(folder, 'example.db'),
    WATCHWORD_SECRET: 'nB0sVxJ1nG8yW5tqCz3hLr7PfK2mAeUd4oXiTj6vQcE=',
  }
  const auth = watchword({
    database: env.WATCHWORD_DATABASE,
    secret: env.WATCHWORD_SECRET,
  })
  t.after(() => auth.close())
  await auth.users.create({ username: 'ada', password: PASSWORD })
  await auth.users.create({ username: 'grace', password: PASSWORD, roles: ['editor'] })
  await auth.close()
  return env
}

/** Starts a program and waits until it listens. It is killed at the end of the test. @returns its origin */
export async function start(
  t: TestContext,
  words: readonly string[],
  cwd: string,
  variables: Record<string, string>,
) {
  const child = spawn(process.execPath, ['--import', LISTENING, ...words], {
    cwd,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: '0',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk
    })
  }
  const ended = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const port = once(child, 'message').then(([message]) => message as number)
  return Promise.race([
    port.then((number) => `http://127.0.0.1:${number}`),
    ended.then(() => assert.fail(`the program exited early: ${printed}`)),
  ])
}

/** Checks what every example must do. */
export async function checkExample(origin: string): Promise<void> {
  const ada = await signIn(origin, 'ada')
  const grace = await signIn(origin, 'grace')

  const hello = await fetch(`${origin}/hello/`, { headers: ada })
  assert.deepEqual([hello.status, await hello.json()], [200, { hello: 'ada' }])
  const anonymous = await fetch(`${origin}/hello/`)
  assert.equal(anonymous.status, 401)
  assert.equal(anonymous.headers.get('www-authenticate'), 'Bearer realm="api"')
  assert.deepEqual(await anonymous.json(), {
    detail: 'Authentication credentials were not provided.',
  })

  const change = (headers: Record<string, string>) =>
    fetch(`${origin}/posts/7`, { method: 'PUT', headers })
  const denied = await change(ada)
  assert.equal(denied.status, 403)
  assert.deepEqual(await denied.json(), {
    detail: 'You do not have permission to perform this action.',
  })
  const changed = await change(grace)
  assert.deepEqual(
    [changed.status, await changed.json()],
    [200, { changed: '7', by: 'grace' }],
  )
  assert.equal((await fetch(`${origin}/nowhere/`)).status, 404)
}

async function signIn(
  origin: string,
  username: string,
): Promise<{ readonly authorization: string }> {
  const answer = await fetch(`${origin}/api/token/`, {
    method: 'POST',
    body: JSON.stringify({ username, password: PASSWORD }),
    headers: { 'content-type': 'application/json' },
    redirect: 'manual',
  })
  assert.equal(answer.status, 200)
  const { access } = (await answer.json()) as { access: string }
  return { authorization: `Bearer ${access}` }
}
