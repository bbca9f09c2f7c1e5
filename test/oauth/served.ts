import { createServer } from 'node:http'
import type { TestContext } from 'node:test'
import { mount } from '../../src/adapters/node.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import { buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'
import { testBrowser } from '../pages/site.ts'
import { freePort } from '../services/free-port.ts'
import { createAda, optionsFor, register } from './code-flow.ts'
import { PASSWORD } from './consent.ts'

type Handle = (request: Request) => Promise<Response>

/** A provider on this machine, its user ada, and her browser. */
export async function served(t: TestContext) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const auth = buildWatchword(optionsFor('sqlite::memory:', url))
  const server = createServer()
  mount(server, auth)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  cleanUp(t, () => auth.close())
  cleanUp(t, () => {
    server.closeAllConnections()
    server.close()
  })
  return {
    auth,
    url,
    ada: await createAda(auth),
    register: async (input: Partial<NewClient>) => {
      const { client, secret = '' } = await register(auth, input)
      return { id: client.id, secret }
    },
    browser: adasBrowser(url),
  }
}

/** @param applications what answers for their origins; others are servers */
export function adasBrowser(
  url: string,
  applications: Readonly<Record<string, Handle>> = {},
) {
  const handler: Handle = (request) =>
    applications[new URL(request.url).origin]?.(request) ??
    fetch(request, { redirect: 'manual' })
  const browser = testBrowser({ handler }, url)
  return {
    ...browser,
    get page() {
      return browser.page
    },
    /** Ada signs in and agrees. @returns the page of the application */
    async agree() {
      await browser.submit({ button: 'Sign in' }, { login: 'ada', password: PASSWORD })
      return browser.submit({ button: 'Allow' })
    },
  }
}
