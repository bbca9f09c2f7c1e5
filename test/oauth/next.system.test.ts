import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { built, endpoints, NEXT, withoutNext } from '../adapters/next/project.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { freePort } from '../services/free-port.ts'
import { createAda, optionsFor, runCodeFlow } from './code-flow.ts'
import { DATABASES } from './databases.ts'

const LISTENING = new URL('../examples/listening.ts', import.meta.url).href

const ROUTE = `import { auth } from '@root/auth.ts'
  import { handlers } from '@src/adapters/next.ts'
  export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = handlers(auth)`

const routeAt = (path: string): readonly [string, string] => [
  `app/${path}/route.ts`,
  ROUTE.replace('@root', '../'.repeat(path.split('/').length + 1).slice(0, -1)),
]

/** A project with the endpoints and the pages of a provider. */
const PROJECT = {
  ...endpoints({ skipTrailingSlashRedirect: true }),
  'auth.ts': `import { buildWatchword } from '@adapters/../build-watchword.ts'
    export const auth = buildWatchword(JSON.parse(process.env.SETTING ?? '{}'))`,
  ...Object.fromEntries(
    ['oauth/[...watchword]', '.well-known/openid-configuration'].map(routeAt),
  ),
}

let project: Promise<string> | undefined

for (const [database, open] of DATABASES)
  test(`next, ${database}: openid-client runs the code flow`, {
    skip: withoutNext,
    timeout: 600_000,
  }, async (t) => {
    const opened = await open(t)
    if (opened.skip !== undefined) return t.skip(opened.skip)
    project ??= built(PROJECT)
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const options = optionsFor(opened.url, url)
    const auth = buildWatchword(options)
    cleanUp(t, () => auth.close())
    const { id } = await createAda(auth)
    const child = spawn(
      process.execPath,
      ['--import', LISTENING, NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)],
      {
        cwd: await project,
        env: {
          ...process.env,
          NODE_ENV: 'production',
          NEXT_TELEMETRY_DISABLED: '1',
          SETTING: JSON.stringify(options),
        },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    )
    const ended = once(child, 'close')
    cleanUp(t, async () => {
      child.kill('SIGKILL')
      await ended
    })
    await Promise.race([
      once(child, 'message'),
      ended.then(() => assert.fail('Next ended early')),
    ])
    await runCodeFlow(url, auth, id)
  })
