import { agreed, bearer, begin, type SocialApp, signInAs } from '../social/setup.ts'

type Send = () => Promise<{ readonly status: number }>

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

/** Sue signs in, with a second identity. */
async function connected(app: SocialApp) {
  const headers = bearer(await signInAs(app, SUE))
  const id_token = app.provider.idToken({ sub: 's-2' })
  const added = { provider: 'acme', id_token }
  const { body } = await app.request('POST', '/auth/identities/', added, headers)
  return { headers, id: body.id as string }
}

/** For each endpoint of `djoser({ social: true })` and `djRestAuth({ social })`: what makes a request that it accepts. */
export const SOCIAL_PRESET_REQUESTS: Readonly<
  Record<string, (app: SocialApp) => Promise<Send>>
> = {
  async 'djoser.social'(app) {
    const path = '/dj/o/acme/'
    const { proof, cookie } = await agreed(app, SUE, path)
    return () => app.request('POST', path, proof, { cookie })
  },
  async 'djRestAuth.social.acme'(app) {
    const body = { id_token: app.provider.idToken(SUE) }
    return () => app.request('POST', '/dj-rest-auth/acme/', body)
  },
  async 'djRestAuth.social.acme.connect'(app) {
    const headers = bearer(await signInAs(app, SUE))
    const body = { id_token: app.provider.idToken({ sub: 's-2' }) }
    return () => app.request('POST', '/dj-rest-auth/acme/connect/', body, headers)
  },
  async 'djRestAuth.socialAccounts'(app) {
    const { headers } = await connected(app)
    const path = '/dj-rest-auth/socialaccounts/'
    return () => app.request('GET', path, undefined, headers)
  },
  async 'djRestAuth.socialDisconnect'(app) {
    const { headers, id } = await connected(app)
    const path = `/dj-rest-auth/socialaccounts/${id}/disconnect/`
    return () => app.request('POST', path, {}, headers)
  },
}

/** The way to a provider, which djoser answers as JSON. */
export const beginDjoser = (app: SocialApp): Promise<Send> =>
  Promise.resolve(async () => (await begin(app, '/dj/o/acme/')).begun)
