import assert from 'node:assert/strict'
import type { testInstance } from '../../src/testing/index.ts'
import { EMAIL } from './account-requests.ts'

const NAME = 'ada'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

type Instance = Pick<ReturnType<typeof testInstance>, 'auth' | 'mail'>
interface Client {
  readonly access: string
  readonly refresh: string
  readonly apiToken: string
}

const send = (method: string, path: string, body?: object, access?: string): Request =>
  new Request(`http://localhost${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(access !== undefined && { authorization: `Bearer ${access}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })

const post = (path: string, body: object, access?: string): Request =>
  send('POST', `/dj${path}`, body, access)

const adaOf = async ({ auth }: Instance): Promise<string> =>
  (await auth.users.find(NAME))?.id ?? ''

/** Asks for a link. @returns the fields that it is redeemed with */
async function linkFrom(path: string, email: string, instance: Instance) {
  const { status } = await instance.auth.handler(post(path, { email }))
  assert.equal(status, 204)
  return { uid: uidOf(await adaOf(instance)), token: await lastToken(instance) }
}

const uidOf = (id: string): string => Buffer.from(id).toString('base64url')

const lastToken = async ({ mail }: Instance): Promise<string> =>
  /token=([\w-]+)/.exec((await mail()).at(-1)?.text ?? '')?.[1] ?? ''

let names = 0

/** A user who has not confirmed the address. */
async function newUser({ auth }: Instance) {
  const username = `dj${++names}`
  const email = `${username}@example.org`
  const { id } = await auth.users.create({ username, email, password: PASSWORD })
  return { id, username, email }
}

/** A request that each endpoint of `djoser({ prefix: '/dj' })` accepts. */
export const DJOSER_REQUESTS: Readonly<
  Record<string, (client: Client, instance: Instance) => Request | Promise<Request>>
> = {
  '/dj/users/'() {
    const username = `dj${++names}`
    const email = `${username}@example.org`
    return post('/users/', { username, email, password: PASSWORD })
  },
  '/dj/users/me/': ({ access }) =>
    send('PATCH', '/dj/users/me/', { email: `ada${++names}@example.org` }, access),
  '/dj/users/:id/': async ({ access }, instance) =>
    send('GET', `/dj/users/${await adaOf(instance)}/`, undefined, access),
  async '/dj/users/activation/'(_, instance) {
    const { id, email } = await newUser(instance)
    await instance.auth.handler(send('POST', '/auth/users/confirm/resend/', { email }))
    return post('/users/activation/', {
      uid: uidOf(id),
      token: await lastToken(instance),
    })
  },
  '/dj/users/resend_activation/': () =>
    post('/users/resend_activation/', { email: EMAIL }),
  '/dj/users/set_password/': ({ access }) =>
    post(
      '/users/set_password/',
      { current_password: PASSWORD, new_password: PASSWORD },
      access,
    ),
  '/dj/users/reset_password/': () => post('/users/reset_password/', { email: EMAIL }),
  '/dj/users/reset_password_confirm/': async (_, instance) =>
    post('/users/reset_password_confirm/', {
      ...(await linkFrom('/users/reset_password/', EMAIL, instance)),
      new_password: PASSWORD,
    }),
  '/dj/users/set_username/': ({ access }) =>
    post(
      '/users/set_username/',
      { current_password: PASSWORD, new_username: NAME },
      access,
    ),
  '/dj/users/set_email/': ({ access }) =>
    post(
      '/users/set_email/',
      { current_password: PASSWORD, new_email: `ada${++names}@example.org` },
      access,
    ),
  '/dj/users/reset_username/': () => post('/users/reset_username/', { email: EMAIL }),
  '/dj/users/reset_username_confirm/': async (_, instance) =>
    post('/users/reset_username_confirm/', {
      ...(await linkFrom('/users/reset_username/', EMAIL, instance)),
      new_username: NAME,
    }),
  '/dj/users/reset_email/': () => post('/users/reset_email/', { email: EMAIL }),
  '/dj/users/reset_email_confirm/': async (_, instance) =>
    post('/users/reset_email_confirm/', {
      ...(await linkFrom('/users/reset_email/', EMAIL, instance)),
      new_email: `ada${++names}@example.org`,
    }),
  '/dj/token/login/': () => post('/token/login/', { username: NAME, password: PASSWORD }),
  '/dj/token/logout/': ({ access }) => post('/token/logout/', {}, access),
  '/dj/jwt/create/': () => post('/jwt/create/', { username: NAME, password: PASSWORD }),
  '/dj/jwt/refresh/': ({ refresh }) => post('/jwt/refresh/', { refresh }),
  '/dj/jwt/verify/': ({ refresh }) => post('/jwt/verify/', { token: refresh }),
}
