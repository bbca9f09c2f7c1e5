import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../services/chromium.ts'

/**
 * Opens a page in Chromium with a virtual authenticator (Chrome DevTools Protocol, domain WebAuthn).
 *
 * @returns `undefined` if no browser is installed
 */
export async function openPage(t: TestContext, url: string): Promise<Page | undefined> {
  const browser = await openBrowser(t)
  if (browser === undefined) return undefined
  const page = await browser.newPage()
  const devTools = await page.context().newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.goto(url)
  return page
}
