import assert from 'node:assert/strict'
import type { testInstance } from '../../src/testing/index.ts'

/** The address of the user "ada", who has this password. */
export const EMAIL = 'ada@example.org'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

type Instance = Pick<ReturnType<typeof testInstance>, 'auth' | 'mail'>
interface Client {
  readonly access: string
}

const requestOf = (
  method: string,
  path: string,
  body?: object,
  client?: Client,
): Request =>
  new Request(`http://localhost${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(client && { authorization: `Bearer ${client.access}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })

const post = (path: string, body: object, client?: Client): Request =>
  requestOf('POST', path, body, client)

/** Asks for a link. @returns its token */
export async function mailedToken(
  path: string,
  { auth, mail }: Instance,
): Promise<string> {
  assert.ok((await auth.handler(post(path, { email: EMAIL }))).ok, path)
  return /token=([\w-]+)/.exec((await mail()).at(-1)?.text ?? '')?.[1] ?? ''
}

const resetToken = (instance: Instance) => mailedToken('/auth/password/reset/', instance)

const adaIn = async ({ auth }: Instance): Promise<string> =>
  (await auth.users.find('ada'))?.id ?? ''

let signUps = 0

/** A request that each endpoint of accounts accepts. */
export const ACCOUNT_REQUESTS: Readonly<
  Record<string, (client: Client, instance: Instance) => Request | Promise<Request>>
> = {
  signUp() {
    const username = `user${++signUps}`
    const email = `${username}@example.org`
    return post('/auth/users/', { username, email, password: PASSWORD })
  },
  changePassword: (client) =>
    post(
      '/auth/me/password/',
      { current_password: PASSWORD, new_password: PASSWORD },
      client,
    ),
  resetPassword: () => post('/auth/password/reset/', { email: EMAIL }),
  checkReset: async (_, instance) =>
    post('/auth/password/reset/check/', { token: await resetToken(instance) }),
  confirmReset: async (_, instance) =>
    post('/auth/password/reset/confirm/', {
      token: await resetToken(instance),
      new_password: PASSWORD,
    }),
  signInCode: () => post('/auth/code/', { email: EMAIL }),
  redeemCode: async (_, instance) =>
    post('/auth/code/redeem/', { token: await mailedToken('/auth/code/', instance) }),
  ownSessions: (client) => requestOf('DELETE', '/auth/sessions/', undefined, client),
  async ownSession(client, instance) {
    const { session } = await instance.auth.signIn(await adaIn(instance))
    const path = `/auth/sessions/${session?.id}/`
    return requestOf('DELETE', path, undefined, client)
  },
  ownApiTokens: (client) => post('/auth/api-tokens/', {}, client),
  async ownApiToken(client, instance) {
    const { record } = await instance.auth.apiTokens.create(await adaIn(instance))
    return requestOf('DELETE', `/auth/api-tokens/${record.id}/`, undefined, client)
  },
}
