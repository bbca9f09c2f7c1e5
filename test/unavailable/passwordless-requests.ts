import assert from 'node:assert/strict'
import type { testInstance } from '../../src/testing/index.ts'
import { EMAIL } from './account-requests.ts'

/** The number of the user "ada". */
export const PHONE = '+351912345678'

type Instance = Pick<ReturnType<typeof testInstance>, 'auth' | 'mail'>
interface Client {
  readonly apiToken: string
}

const post = (
  path: string,
  fields: Readonly<Record<string, string>>,
  client?: Client,
): Request =>
  new Request(`http://localhost/passwordless${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: client === undefined ? {} : { authorization: `Token ${client.apiToken}` },
  })

/** Sends a request for a code. @returns the code */
async function mailedCode(request: Request, { auth, mail }: Instance): Promise<string> {
  assert.equal((await auth.handler(request)).status, 200)
  return /\b\d{6}\b/.exec((await mail()).at(-1)?.text ?? '')?.[0] ?? ''
}

/** A request that each endpoint of `passwordless()` accepts. */
export const PASSWORDLESS_REQUESTS: Readonly<
  Record<string, (client: Client, instance: Instance) => Request | Promise<Request>>
> = {
  '/passwordless/email/': () => post('/email/', { email: EMAIL }),
  '/passwordless/mobile/': () => post('/mobile/', { mobile: PHONE }),
  '/passwordless/token/': async (_, instance) => {
    const token = await mailedCode(post('/email/', { email: EMAIL }), instance)
    return post('/token/', { email: EMAIL, token })
  },
  '/passwordless/verify/email/': (client) => post('/verify/email/', {}, client),
  '/passwordless/verify/mobile/': (client) => post('/verify/mobile/', {}, client),
  '/passwordless/verify/': async (client, instance) => {
    const token = await mailedCode(post('/verify/email/', {}, client), instance)
    return post('/verify/', { email: EMAIL, token }, client)
  },
}
