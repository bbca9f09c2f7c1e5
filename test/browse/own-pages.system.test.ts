import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect, openTab } from '../browser/inspect.ts'
import { notesApp, PASSWORD } from './notes.ts'

test('BR-74: the page of the token endpoint signs in, and masks the tokens of the answer', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { url } = await notesApp(t)
  const { page, faults } = tab
  await page.goto(`${url}/api/token/`)
  await page.locator('#forms textarea').first().fill('ada')
  await page.locator('#forms input[type=password]').first().fill(PASSWORD)
  await page.locator('#forms button', { hasText: 'POST' }).first().click()
  const response = page.locator('#response')
  await response.getByText('"access"').first().waitFor()
  assert.doesNotMatch((await response.textContent()) ?? '', /eyJ[\w-]{20}/)
  assert.equal(page.url(), `${url}/api/token/`)
  assert.deepEqual(faults, [])
})

test('the index of endpoints has no fault at any width, and leads to a page and to the document', async (t) => {
  const tab = await openTab(t)
  if (tab === undefined) return t.skip('Chromium is not installed')
  const { url } = await notesApp(t)
  const { page, faults } = tab
  await page.goto(`${url}/auth/browse/`)
  await page.getByRole('heading', { name: 'Routes of the application' }).waitFor()
  assert.deepEqual(await inspect(page, 'browse-index'), [])
  await page.getByRole('link', { name: '/api/token/', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in with a password' }).first().waitFor()
  await page.goBack()
  const document = page.getByRole('link', { name: 'OpenAPI document' })
  assert.equal(await document.getAttribute('href'), '../../openapi.json')
  assert.deepEqual(faults, [])
})
