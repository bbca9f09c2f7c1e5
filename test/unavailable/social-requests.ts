import { agreed, bearer, type SocialApp, signInAs } from '../social/setup.ts'

type Send = () => Promise<{ readonly status: number }>

const SUE = { sub: 's-1', email: 'sue@example.com', email_verified: true }

/** For each endpoint of the option `social`: what makes a request that it accepts. */
export const SOCIAL_REQUESTS: Readonly<
  Record<string, (app: SocialApp) => Promise<Send>>
> = {
  async socialSignIn(app) {
    const { proof, cookie } = await agreed(app, SUE)
    return () => app.signIn(proof, { cookie })
  },
  async ownIdentities(app) {
    const headers = bearer(await signInAs(app, SUE))
    const body = { provider: 'acme', id_token: app.provider.idToken({ sub: 's-2' }) }
    return () => app.request('POST', '/auth/identities/', body, headers)
  },
  async ownIdentity(app) {
    const headers = bearer(await signInAs(app, SUE))
    const id_token = app.provider.idToken({ sub: 's-2' })
    const added = { provider: 'acme', id_token }
    const { body } = await app.request('POST', '/auth/identities/', added, headers)
    return () => app.request('DELETE', `/auth/identities/${body.id}/`, {}, headers)
  },
}
