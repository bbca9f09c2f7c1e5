import type { TestContext } from 'node:test'
import type { Mail } from '../../src/features/mail/message.ts'
import {
  type TestInstance,
  type TestOptions,
  testInstance,
} from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'
import { type ShownPage, type TestBrowser, testBrowser } from '../pages/site.ts'

export const PASSWORD = 'correct horse battery staple'
export const SECRET = 'marked-secret-7hG2kLq9Zx4Vb1Nm3Ty'

/** Every page of the console that any instance has. */
export const PAGES = [
  '/console/',
  '/console/users/',
  '/console/users/new/',
  '/console/sessions/',
  '/console/api-tokens/',
  '/console/keys/',
  '/console/events/',
  '/console/outbox/',
  '/console/explain/',
  '/console/settings/',
] as const

export const ROLES = {
  viewer: ['watchword.view'],
  support: ['watchword.view', 'watchword.change'],
  helper: ['watchword.view', 'watchword.change', 'watchword.impersonate'],
  editor: ['notes.change'],
} as const

const OPTIONS = {
  console: true,
  pages: true,
  accounts: true,
  secondFactors: true,
  url: 'https://app.example.com',
  secret: SECRET,
  roles: ROLES,
  mail: (_: Mail) => {},
} satisfies TestOptions

/** An instance with a console, with a superuser `vitor` and the user `ada`. */
export async function operated(t: TestContext, options: object = {}) {
  const instance = testInstance({ ...OPTIONS, ...options } as TestOptions) as TestInstance
  cleanUp(t, () => instance.auth.close())
  const { auth } = instance
  const vitor = await auth.users.create({
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
  return { ...instance, vitor, ada }
}

/** A browser of a member of staff on a page of the console. */
export async function operator(
  auth: TestInstance['auth'],
  login = 'vitor',
  path = '/console/',
): Promise<TestBrowser> {
  const browser = testBrowser(auth)
  await browser.open(path)
  await browser.submit({ button: 'Sign in' }, { login, password: PASSWORD })
  return browser
}

/** Adds a member of staff with a role. */
export const staffWith = (
  auth: TestInstance['auth'],
  role: string,
  username: string = role,
) => auth.users.create({ username, password: PASSWORD, staff: true, roles: [role] })

/** Sends the form of a page of a user that has this action. */
export async function act(
  browser: TestBrowser,
  id: string,
  action: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<ShownPage> {
  const page = await browser.open(`/console/users/${id}/`)
  const token = /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  return browser.post(`/console/users/${id}/`, {
    csrfmiddlewaretoken: token,
    action,
    ...fields,
  })
}
