import type { Mail } from '../../src/features/mail/message.ts'
import {
  type TestInstance,
  type TestOptions,
  testInstance,
} from '../../src/testing/index.ts'
import { ORIGIN, type TestBrowser, testBrowser } from './site.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const NEW_PASSWORD = 'vb3k-9tqs-n7wd-p2hm'
export const EMAIL = 'ada@example.com'

export interface PageApp extends AsyncDisposable {
  readonly instance: TestInstance
  readonly browser: TestBrowser
  /** The path that the last mail to an address links to. */
  link(to?: string): Promise<string>
  /** The digits in the last mail. */
  digits(to?: string): Promise<string>
  /** The sessions of ada. */
  sessions(): Promise<readonly { readonly amr: readonly string[] | undefined }[]>
}

/** An instance with pages and mails, a user, ada, and a browser. */
export async function pageApp(options: TestOptions = {}): Promise<PageApp> {
  const instance = testInstance({
    url: ORIGIN,
    pages: true,
    accounts: { signInCodes: true },
    codes: { resendAfter: 0, perTarget: null },
    ...options,
  }) as TestInstance
  const ada = await instance.auth.users.create({
    username: 'ada',
    email: EMAIL,
    emailVerified: true,
    password: PASSWORD,
  })
  const lastMail = async (to: string): Promise<Mail> => {
    const mails = await instance.mail()
    const mail = mails.findLast((each) => each.to === to)
    if (mail === undefined) throw new Error(`There is no mail to ${to}.`)
    return mail
  }
  return {
    instance,
    browser: testBrowser(instance.auth),
    async link(to = EMAIL) {
      const [, path = ''] =
        /https:\/\/app\.example\.com(\/\S+)/.exec((await lastMail(to)).text) ?? []
      return path
    },
    async digits(to = EMAIL) {
      return /\b\d{6}\b/.exec((await lastMail(to)).text)?.[0] ?? ''
    },
    sessions: async () => instance.auth.sessions.list(ada.id),
    [Symbol.asyncDispose]: () => instance.auth.close(),
  }
}
