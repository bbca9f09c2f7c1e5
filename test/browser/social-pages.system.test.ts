import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { oidc } from '../../src/index.ts'
import { PASSWORD } from '../pages/setup.ts'
import { CLIENT, fakeProvider, type Person } from '../social/provider.ts'
import { inspect, openTab } from './inspect.ts'
import { served } from './served.ts'

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }
const ADA = { sub: 'a-1', email: 'ada@example.com', email_verified: true }
const GONE = { sub: 'g-1', email: 'gone@example.com', email_verified: true }

/** A browser on an instance whose users sign in with a provider that agrees at once. */
async function walk(t: TestContext) {
  const tab = await openTab(t)
  if (tab === undefined) return undefined
  const clock = { now: () => 0 }
  const provider = await fakeProvider(() => clock.now())
  t.after(() => provider[Symbol.asyncDispose]())
  const { url, instance } = await served(t, {
    pages: { name: 'Fieldnotes', color: '#7a1f5c' },
    accounts: { signInCodes: false },
    social: {
      acme: oidc(provider.issuer, { ...CLIENT, label: 'Acme' }),
      github: { clientId: 'gh', clientSecret: 'gh-secret' },
    },
  })
  clock.now = () => instance.clock.now()
  const { auth } = instance
  const known = { password: PASSWORD, emailVerified: true } as const
  await auth.users.create({ ...known, username: 'ada', email: ADA.email })
  const { page, context, faults } = tab
  const person: { at: Person } = { at: SUE }
  provider.faults.set('/authorize', (response) => {
    const asked = `${provider.issuer}${response.req.url}`
    const location = provider.agree(asked, person.at).href
    response.writeHead(303, { location }).end()
  })
  const found: string[] = []
  return {
    auth,
    url,
    page,
    context,
    provider,
    faults,
    found,
    open: (path: string) => page.goto(url + path),
    async look(name: string, heading: string | RegExp) {
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      found.push(...(await inspect(page, name)))
    },
    /** Comes back from the provider as a person. */
    async come(as: Person, path = '/account/sign-in/with/acme/') {
      person.at = as
      await page.goto(url + path)
    },
  }
}

type Walk = NonNullable<Awaited<ReturnType<typeof walk>>>

async function signedOutPages(w: Walk): Promise<void> {
  await w.open('/account/sign-in/')
  await w.look('social-sign-in', /Sign in/)
  await w.open('/account/sign-up/')
  await w.look('social-sign-up', /account/i)
  await w.open('/auth/social/acme/callback/?error=access_denied&state=x')
  await w.look('social-cancelled', 'The sign-in did not work')
  await w.come(ADA)
  await w.look('social-exists', 'You have an account already')
  await w.open('/account/sign-in/with/nobody/')
  await w.look('social-unknown', /./)
  w.provider.faults.set('/token', (response) => void response.writeHead(502).end())
  await w.come(SUE)
  await w.look('social-unavailable', /./)
  w.provider.faults.delete('/token')
}

async function ownPages(w: Walk): Promise<void> {
  const { page, auth } = w
  await w.come(SUE)
  await w.look('social-account', 'My account')
  await page.locator('#identities form button').first().click()
  await w.look('social-last-way', 'This account cannot be disconnected')
  const sue = await auth.users.find({ email: SUE.email })
  await auth.users.setPassword(sue?.id ?? '', PASSWORD)
  await w.context.clearCookies()
  await w.come(SUE)
  await page.locator('#identities form button').first().click()
  await page.waitForURL('**/account/?done=identity_disconnected*')
  await w.look('social-disconnected', 'My account')
  await w.come(SUE, '/account/connect/acme/')
  await page.waitForURL('**/account/?done=identity_connected*')
  await w.look('social-connected', 'My account')
}

async function refusedPages(w: Walk): Promise<void> {
  const { page, auth } = w
  await w.context.clearCookies()
  await w.open('/account/sign-in/')
  await page.fill('[name=login]', 'ada')
  await page.fill('[name=password]', PASSWORD)
  await page.click('main button.main')
  await w.come(SUE, '/account/connect/acme/')
  await w.look('social-taken', 'Not connected')
  await w.context.clearCookies()
  await w.come(GONE)
  const gone = await auth.users.find({ email: GONE.email })
  await auth.users.change(gone?.id ?? '', { active: false })
  await w.context.clearCookies()
  await w.come(GONE)
  await w.look('social-inactive', 'You cannot sign in')
}

test('the pages of sign-ins with a provider are whole at three widths, light and dark', async (t) => {
  const w = await walk(t)
  if (w === undefined) return t.skip('Chromium is not installed')
  await signedOutPages(w)
  await ownPages(w)
  await refusedPages(w)
  assert.deepEqual(w.found, [])
  assert.deepEqual(w.faults, [])
})
