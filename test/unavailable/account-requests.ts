import assert from 'node:assert/strict'
import type { testInstance } from '../../src/testing/index.ts'

/** The address of the user "ada", who has this password. */
export const EMAIL = 'ada@example.org'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

type Instance = Pick<ReturnType<typeof testInstance>, 'auth' | 'mail' | 'sms'>
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
  async confirm(_, instance) {
    const username = `user${++signUps}`
    const email = `${username}@example.org`
    const fields = { username, email, password: PASSWORD }
    assert.equal((await instance.auth.handler(post('/auth/users/', fields))).status, 202)
    return post('/auth/users/confirm/', { token: await lastToken(email, instance) })
  },
  resend: () => post('/auth/users/confirm/resend/', { email: EMAIL }),
  me: (client) => requestOf('PATCH', '/auth/me/', { username: 'ada' }, client),
  exportMe: (client) => requestOf('GET', '/auth/me/export/', undefined, client),
  changeEmail: (client) => post('/auth/me/email/', { email: 'new@example.org' }, client),
  async confirmEmail(client, instance) {
    const email = await changeOfEmail(client, instance)
    return post('/auth/me/email/confirm/', { token: await lastToken(email, instance) })
  },
  async undoEmail(client, instance) {
    await changeOfEmail(client, instance)
    return post('/auth/me/email/undo/', { token: await lastToken(EMAIL, instance) })
  },
  async verifyEmail(client, instance) {
    const id = await adaIn(instance)
    await instance.auth.users.change(id, { email: EMAIL, emailVerified: false })
    return post('/auth/me/email/verify/', {}, client)
  },
  changePhone: (client) => post('/auth/me/phone/', { phone: newPhone() }, client),
  async confirmPhone(client, { auth, sms }) {
    const asked = post('/auth/me/phone/', { phone: newPhone() }, client)
    assert.equal((await auth.handler(asked)).status, 202)
    const code = /\d{6}/.exec((await sms()).at(-1)?.text ?? '')?.[0] ?? ''
    return post('/auth/me/phone/confirm/', { code }, client)
  },
  async invite(client, instance) {
    await instance.auth.users.change(await adaIn(instance), { staff: true })
    return post('/auth/invitations/', { email: 'eve@example.org' }, client)
  },
}

let phones = 0

const newPhone = (): string => `+3519100000${10 + (++phones % 90)}`

async function lastToken(to: string, { mail }: Instance): Promise<string> {
  const sent = (await mail()).filter((each) => each.to === to)
  return /token=([\w-]+)/.exec(sent.at(-1)?.text ?? '')?.[1] ?? ''
}

/** Asks for another address. @returns it */
async function changeOfEmail(client: Client, instance: Instance): Promise<string> {
  const id = await adaIn(instance)
  await instance.auth.users.change(id, { email: EMAIL, emailVerified: true })
  const email = `new${++signUps}@example.org`
  const asked = post('/auth/me/email/', { email }, client)
  assert.equal((await instance.auth.handler(asked)).status, 202)
  return email
}
