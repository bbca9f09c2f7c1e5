import type { TestContext } from 'node:test'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import { cleanUp } from '../cleanup.ts'
import { requireDocumented } from '../openapi/check-answers.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const URL_OF_APP = 'https://app.example.com'

interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies are compared
  readonly body: any
}

/** An instance with accounts, and a client. */
export function accountsApp(t: TestContext, options: TestOptions = {}) {
  const app = testInstance({
    url: URL_OF_APP,
    accounts: true,
    codes: { resendAfter: 0, perTarget: null, perClient: null },
    ...options,
  })
  requireDocumented(app.auth)
  cleanUp(t, () => app.auth.close())
  const send = async (
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answered> => {
    const response = await app.auth.handler(
      new Request(`http://localhost${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    ...app,
    send,
    post: (path: string, body: object, headers?: Record<string, string>) =>
      send('POST', path, body, headers),
    /** The last mail to an address: its subject, its link's token, its digits. */
    async lastMail(to: string) {
      const mails = (await app.mail()).filter((mail) => mail.to === to)
      const mail = mails.at(-1)
      const text = mail?.text ?? ''
      return {
        count: mails.length,
        subject: mail?.subject,
        text,
        token: /[?&]token=([\w-]{43})/.exec(text)?.[1] ?? '',
        code: /\b(\d{6})\b/.exec(text)?.[1] ?? '',
      }
    },
  }
}
