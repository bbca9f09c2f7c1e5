import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { TestContext } from 'node:test'
import type { BrowserContext, Frame, Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { mount, serves } from '../../../src/adapters/node.ts'
import { type TestOptions, testInstance } from '../../../src/testing/index.ts'
import { openBrowser } from '../../services/chromium.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const ADA = { username: 'ada', password: PASSWORD }
export const BOB = { username: 'bob', password: PASSWORD }
export const REFRESH = '/api/token/refresh/'

const bundles = new Map<string, Promise<string>>()

/** The code of a page, from a file beside this one. Each is built once. */
export function bundle(file: string): Promise<string> {
  const code = bundles.get(file) ?? built(file)
  bundles.set(file, code)
  return code
}

async function built(file: string): Promise<string> {
  const bundled = await rolldown({
    input: resolve(import.meta.dirname, file),
    platform: 'browser',
    transform: {
      define: {
        'process.env.NODE_ENV': '"development"',
        __VUE_OPTIONS_API__: 'true',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'true',
      },
    },
    resolve: { alias: { vue: resolve('node_modules/vue/dist/vue.esm-bundler.js') } },
    logLevel: 'silent',
  })
  const { output } = await bundled.generate({ format: 'esm' })
  await bundled.close()
  return output[0].code
}

/** Waits until an expression is true. Playwright's own would need `unsafe-eval`. */
export async function waitFor(
  page: Page | Frame,
  expression: string,
  most = 5000,
): Promise<void> {
  const end = Date.now() + most
  while (!(await page.evaluate(expression))) {
    assert.ok(Date.now() < end, `not within ${most} ms: ${expression}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export interface Site {
  readonly auth: ReturnType<typeof testInstance>['auth']
  readonly clock: ReturnType<typeof testInstance>['clock']
  readonly origin: string
  readonly context: BrowserContext
  /** Milliseconds before a request is answered. */
  readonly delays: Map<string, number>
  /** Paths whose next answers are lost. */
  readonly lost: Map<string, number>
  readonly faults: string[]
  readonly pages: Map<string, string>
  count(path: string): number
  open(script?: string, at?: string): Promise<Page>
  sessions(): Promise<number>
}

const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self'"

/** The real server and Chromium; `undefined` if that is not installed. */
export async function openSite(
  t: TestContext,
  options: TestOptions = {},
  file = 'page.ts',
  host = 'localhost',
): Promise<Site | undefined> {
  const browser = await openBrowser(t)
  if (browser === undefined) return undefined
  const code = await bundle(file)
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://${host}:${port}`
  // An instance has plain http on this machine alone.
  const url = `http://localhost:${port}`
  const { auth, clock } = testInstance({ url, accounts: true, ...options })
  await auth.users.create(ADA)
  await auth.users.create(BOB)
  const guard = mount(server, auth)
  const hello = guard((request, response) =>
    json(response, { hello: request.auth.user.username }),
  )
  const counts = new Map<string, number>()
  const delays = new Map<string, number>()
  const lost = new Map<string, number>()
  const pages = new Map<string, string>()
  // Before the instance's own listener: what happens on the way.
  const [serve] = server.listeners('request') as ((...args: unknown[]) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    response.setHeader('date', new Date(clock.now() * 1000).toUTCString())
    const path = (request.url ?? '').split('?')[0] ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    const loses = lost.get(path) ?? 0
    if (loses > 0) {
      lost.set(path, loses - 1)
      response.end = () => response.destroy() as never
    }
    const run = () => {
      if (serves(auth, request)) serve?.(request, response)
      else if (path === '/hello/') hello(request, response)
      else sendPage(path, response)
    }
    setTimeout(run, delays.get(path) ?? 0)
  })
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await auth.close()
  })

  function sendPage(path: string, response: ServerResponse): void {
    if (path === '/page.js') {
      response
        .setHeader('content-type', 'text/javascript')
        // A sandboxed frame has an origin of its own.
        .setHeader('access-control-allow-origin', '*')
        .end(code)
      return
    }
    response.setHeader('content-type', 'text/html')
    if (path !== '/inner/') response.setHeader('content-security-policy', CSP)
    response.end(
      `<!doctype html><title>Page</title><body>${pages.get(path) ?? ''}<script type="module" src="/page.js"></script>`,
    )
  }

  const context = await browser.newContext({ baseURL: origin })
  const faults: string[] = []
  await context.addInitScript(
    `addEventListener('unhandledrejection', ({ reason }) => console.error('unhandled: ' + reason))`,
  )
  async function open(script = '', at = '/'): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('console', (line) => {
      if (/unhandled|Content Security|hydrat/i.test(line.text())) faults.push(line.text())
    })
    await page.goto(at)
    await waitFor(page, 'globalThis.createClient !== undefined')
    if (script) await page.evaluate(`globalThis.client = ${script}`)
    return page
  }

  const sessions = async (): Promise<number> => {
    const { id = '' } = (await auth.users.find('ada')) ?? {}
    const all = await auth.sessions.list(id)
    return all.filter(({ revokeReason }) => revokeReason === undefined).length
  }
  const count = (path: string): number => counts.get(path) ?? 0
  return {
    auth,
    clock,
    origin,
    context,
    delays,
    lost,
    faults,
    pages,
    count,
    open,
    sessions,
  }
}

function json(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
}
