import type { testInstance } from '../../src/testing/index.ts'
import { EMAIL, mailedToken } from './account-requests.ts'

const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

type Instance = Pick<ReturnType<typeof testInstance>, 'auth' | 'mail' | 'sms'>
interface Client {
  readonly access: string
  readonly refresh: string
}

const PREFIX = '/dj-rest-auth'

function post(path: string, body: object, headers: Record<string, string> = {}): Request {
  return new Request(`http://localhost${PREFIX}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

const NEW = { new_password1: PASSWORD, new_password2: PASSWORD }

const bearer = ({ access }: Client) => ({ authorization: `Bearer ${access}` })

let registered = 0

const REQUESTS: Readonly<
  Record<string, (client: Client, instance: Instance) => Request | Promise<Request>>
> = {
  '/login/': () => post('/login/', { username: 'ada', password: PASSWORD }),
  '/logout/': ({ refresh }) => post('/logout/', {}, { cookie: `app-refresh=${refresh}` }),
  '/user/': (client) =>
    new Request(`http://localhost${PREFIX}/user/`, { headers: bearer(client) }),
  '/password/change/': (client) =>
    post('/password/change/', { old_password: PASSWORD, ...NEW }, bearer(client)),
  '/password/reset/': () => post('/password/reset/', { email: EMAIL }),
  async '/password/reset/confirm/'(_, instance) {
    const token = await mailedToken(`${PREFIX}/password/reset/`, instance)
    const ada = await instance.auth.users.find('ada')
    const uid = Buffer.from(ada?.id ?? '').toString('base64url')
    return post('/password/reset/confirm/', { uid, token, ...NEW })
  },
  '/token/verify/': ({ access }) => post('/token/verify/', { token: access }),
  '/token/refresh/': ({ refresh }) =>
    post('/token/refresh/', {}, { cookie: `app-refresh=${refresh}` }),
  '/registration/'() {
    const username = `new${++registered}`
    const email = `${username}@example.org`
    const body = { username, email, password1: PASSWORD, password2: PASSWORD }
    return post('/registration/', body)
  },
  async '/registration/verify-email/'(_, instance) {
    const path = `${PREFIX}/registration/resend-email/`
    const ada = await instance.auth.users.find('ada')
    await instance.auth.users.change(ada?.id ?? '', { emailVerified: false })
    return post('/registration/verify-email/', { key: await mailedToken(path, instance) })
  },
  '/registration/resend-email/': () =>
    post('/registration/resend-email/', { email: EMAIL }),
}

/** A request that each endpoint of djRestAuth() accepts, by its path. */
export const restRequests = Object.fromEntries(
  Object.entries(REQUESTS).map(([path, request]) => [PREFIX + path, request]),
)
