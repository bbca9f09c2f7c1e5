import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { internalsOf } from '../../src/instance/internals.ts'
import type { TestInstance } from '../../src/testing/index.ts'
import { inspect, openTab } from '../browser/inspect.ts'
import { served } from '../browser/served.ts'
import { PAGES, PASSWORD, ROLES, SECRET } from './operator.ts'

const OPTIONS = {
  console: true,
  pages: true,
  accounts: true,
  secondFactors: true,
  secret: SECRET,
  roles: ROLES,
  mail: () => {},
} as const

/** Some weeks of use. */
async function fill({ auth, clock, faults }: TestInstance): Promise<string> {
  await auth.users.create({
    username: 'vitor',
    password: PASSWORD,
    staff: true,
    superuser: true,
  })
  const ada = await auth.users.create({
    username: 'ada',
    password: PASSWORD,
    email: 'ada@example.com',
    roles: ['editor'],
  })
  await auth.users.create({
    username: 'a-very-long-username-that-somebody-chose-for-no-good-reason',
    email: 'a.very.long.address.that.wraps@subdomain.of.a.long.domain.example.com',
  })
  for (let n = 0; n < 30; n++)
    await auth.users.create({ username: `user${n}`, active: n % 7 !== 0 })
  await auth.apiTokens.create(ada.id, {
    name: 'nightly export',
    scopes: ['export'],
    expiresIn: '90d',
  })
  await auth.apiTokens.create(ada.id, { name: 'backup' })
  const agents = [
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Mobile/15E148 Safari/604.1',
    'curl/8.14.1',
  ]
  for (let n = 0; n < 40; n++) {
    clock.advance(1700)
    const headers = {
      'user-agent': agents[n % 3] ?? '',
      'content-type': 'application/json',
    }
    const request = new Request('https://app.example.com/', { headers })
    await auth.signIn(ada, { request, methods: ['pwd'] })
    if (n % 3 !== 0) continue
    const body = JSON.stringify({ username: 'ada', password: 'wrong' })
    await auth.handler(
      new Request('https://app.example.com/api/token/', {
        method: 'POST',
        headers,
        body,
      }),
    )
  }
  await auth.keys.rotate()
  faults.fail('outbox.claim')
  await auth.users.requestPasswordReset({ email: 'ada@example.com' })
  return ada.id
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/console/`)
  await page.fill('[name=login]', 'vitor')
  await page.fill('[name=password]', PASSWORD)
  await page.click('main button.main')
  await page.waitForURL(`${url}/console/`)
}

test('no page of the console has a fault that axe or the browser finds', async (t: TestContext) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('no Chromium is installed')
  const { url, instance } = await served(t, OPTIONS)
  const ada = await fill(instance)
  const { access } = await instance.auth.signIn(ada)
  const { page } = tab
  await signIn(page, url)
  const paths = [
    ...PAGES,
    `/console/users/${ada}/`,
    '/console/users/?q=zz',
    '/console/events/?kind=user_deleted',
  ]
  for (const path of paths) {
    await page.goto(url + path)
    const name = path.replaceAll(/\W+/g, '-').replace(ada, 'ada')
    assert.deepEqual(await inspect(page, name), [])
  }
  await page.goto(`${url}/console/explain/`)
  await page.fill('[name=token]', access)
  await page.click('main button.main')
  assert.deepEqual(await inspect(page, 'explained'), [])
  await page.goto(`${url}/console/users/new/`)
  await page.fill('[name=username]', 'ada')
  await page.click('main button.main')
  assert.deepEqual(await inspect(page, 'error'), [])
  assert.deepEqual(tab.faults, [])
})

test('an operator deactivates a user with the keyboard alone, without scripts', async (t) => {
  const tab = await openTab(t, { javaScriptEnabled: false })
  if (tab === undefined) return t.skip('no Chromium is installed')
  const { url, instance } = await served(t, OPTIONS)
  const ada = await fill(instance)
  const { page } = tab
  await signIn(page, url)
  await page.goto(`${url}/console/users/${ada}/`)
  const summary = page.getByText('Deactivate…')
  await summary.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('The user was deactivated').waitFor()
  assert.equal((await instance.auth.users.find('ada'))?.active, false)
  assert.deepEqual(tab.faults, [])
})

test('the page of the first administrator has no fault, and leads into the console', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('no Chromium is installed')
  const { url, instance } = await served(t, OPTIONS)
  const [note = ''] = await internalsOf(instance.auth).startNotes(url)
  const { page } = tab
  await page.goto(/http\S+$/.exec(note)?.[0] ?? url)
  assert.deepEqual(await inspect(page, 'first'), [])
  await page.fill('[name=username]', 'vitor')
  await page.fill('[name=password]', PASSWORD)
  await page.click('main button.main')
  await page.fill('[name=login]', 'vitor')
  await page.fill('[name=password]', PASSWORD)
  await page.click('main button.main')
  await page.waitForURL(`${url}/console/`)
  assert.deepEqual(tab.faults, [])
})
