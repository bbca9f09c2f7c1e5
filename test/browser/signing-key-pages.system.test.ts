import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect, openTab } from './inspect.ts'
import { served } from './served.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

test('the pages of keys for signed requests are whole at three widths, light and dark', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { url, instance } = await served(t, {
    console: true,
    signingKeys: true,
    pages: { name: 'Fieldnotes', color: '#7a1f5c' },
    accounts: { tokenScopes: ['notes.read', 'notes.write'] },
  })
  const { auth } = instance
  const { id: userId } = await auth.users.create({
    username: 'ada',
    password: PASSWORD,
    staff: true,
    superuser: true,
  })
  const { page } = tab
  const faults: string[] = []
  const look = async (name: string) => faults.push(...(await inspect(page, name)))
  const signIn = async () => {
    await page.fill('[name=login]', 'ada')
    await page.fill('[name=password]', PASSWORD)
    await page.click('main button.main')
  }
  await page.goto(`${url}/account/signing-keys/new/`)
  await signIn()
  await page.waitForURL('**/account/signing-keys/new/')
  await look('signing-key-new')
  await page.fill('[name=label]', 'nightly export')
  await page.fill('[name=publicKey]', 'no key')
  await page.click('main button.main')
  await page.locator('.notice.bad').waitFor()
  await look('signing-key-errors')
  await page.fill('[name=publicKey]', '')
  await page.locator('[value="notes.read"]').check()
  await page.click('main button.main')
  await page.locator('.secret').waitFor()
  await look('signing-key-secret')
  const label = 'a label of many words that reaches over several lines of a small page'
  await auth.signingKeys.create({ userId }, { label, expiresIn: '1h' })
  instance.clock.advance('2h')
  await page.goto(`${url}/account/#signing-keys`)
  await look('signing-keys')
  await page.goto(`${url}/console/signing-keys/`)
  // The console asks for a sign-in of the last hour.
  await signIn()
  await page.waitForURL('**/console/signing-keys/')
  await look('console-signing-keys')
  assert.deepEqual(faults, [])
  assert.deepEqual(tab.faults, [])
})
