import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import express from 'express'
import { mount } from '../../src/adapters/express.ts'
import { apiToken, bearer } from '../../src/authentication.ts'
import { testInstance } from '../../src/testing/index.ts'
import { openTab } from '../browser/inspect.ts'
import { withoutTools } from './tools.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const [, viewers = ''] = readFileSync('docs/openapi.md', 'utf8').split('## Viewers')

/** Of Redoc and Scalar, which need hundreds of packages, the programs are tried by hand before a release. */
const PROGRAMS = new Map(
  [...viewers.matchAll(/^\*\*([^*]+)\*\*[^`]*`[^`]+`[^`]*```js\n(.*?)^```$/gms)].map(
    ([, name = '', program = '']) => [name, program],
  ),
)

/** An application with the viewer of the documentation at `/docs`. */
async function served(t: TestContext, viewer: string): Promise<string> {
  const folder = mkdtempSync(join(import.meta.dirname, '.place-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'viewer.mjs')
  writeFileSync(file, PROGRAMS.get(viewer) ?? assert.fail(`no program of ${viewer}`))
  // The package of Swagger UI brings a global for browsers.
  t.after(() => void Reflect.deleteProperty(globalThis, 'CSS'))
  const program = (await import(file)) as { readonly viewer: express.RequestHandler }
  const { auth } = testInstance({
    browsableApi: true,
    authentication: [bearer(), apiToken()],
  })
  t.after(() => auth.close())
  await auth.users.create({ username: 'ada', password: PASSWORD })
  const app = express()
  const guard = mount(app, auth)
  app.get(
    '/notes/',
    guard({ describe: { summary: 'Notes' } }, (req, res) => {
      res.json({ of: req.auth.user.username })
    }),
  )
  app.use('/docs', program.viewer)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

const viewed = (
  name: string,
  viewer: string,
  run: (
    url: string,
    tab: NonNullable<Awaited<ReturnType<typeof openTab>>>,
  ) => Promise<void>,
) =>
  test(name, { skip: withoutTools, timeout: 120_000 }, async (t) => {
    const tab = await openTab(t)
    if (tab === undefined) return t.skip('Chromium is not installed')
    await run(await served(t, viewer), tab)
    assert.deepEqual(tab.faults, [])
  })

viewed(
  'Swagger UI shows the document, signs in, refreshes and calls a route (OA-22)',
  'Swagger UI',
  async (url, { page }) => {
    await page.goto(`${url}/docs/`)
    const send = async (path: string, body?: object): Promise<string> => {
      const block = page.locator('.opblock', {
        has: page.locator(`[data-path="${path}"]`),
      })
      await block.locator('.opblock-summary').first().click()
      await block.locator('.try-out__btn').click()
      if (body !== undefined)
        await block.locator('textarea.body-param__text').fill(JSON.stringify(body))
      await block.locator('.execute').click()
      const live = block.locator('.live-responses-table')
      await live.locator('.response-col_status', { hasText: '200' }).waitFor()
      return (
        (await live.locator('.highlight-code, .microlight').first().textContent()) ?? ''
      )
    }
    const tokens = await send('/api/token/', { username: 'ada', password: PASSWORD })
    const [, refresh = ''] = /"refresh":\s*"([^"]+)"/.exec(tokens) ?? []
    const refreshed = await send('/api/token/refresh/', { refresh })
    const [, access = ''] = /"access":\s*"([^"]+)"/.exec(refreshed) ?? []
    await page.locator('.btn.authorize').first().click()
    const form = page.locator('.auth-container', { hasText: 'bearer' })
    await form.locator('input').fill(access)
    await form.locator('button.authorize').click()
    await page.locator('.btn-done').first().click()
    assert.match(await send('/notes/'), /"of":\s*"ada"/)
  },
)

viewed('RapiDoc shows the document (OA-22)', 'RapiDoc', async (url, { page }) => {
  await page.goto(`${url}/docs/`)
  await page.getByText('Sign in with a password').first().waitFor()
  await page.getByText('The OpenAPI document').first().waitFor()
})
