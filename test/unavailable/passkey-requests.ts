import { Authenticator } from '../passkeys/authenticator.ts'
import { addPasskey, signInOptions } from '../passkeys/setup.ts'
import { type App, PASSWORD, signIn } from '../second-factors/setup.ts'

const ENROLL = '/auth/second-factor/passkey/registration'

type Send = () => Promise<{ readonly status: number }>

/** For each endpoint of passkeys: what makes a request that it accepts. */
export const PASSKEY_REQUESTS: Readonly<Record<string, (app: App) => Promise<Send>>> = {
  async passkeyRegistrationOptions(app) {
    const headers = await app.as('ada')
    const body = { current_password: PASSWORD }
    return () => app.post('/auth/passkeys/options/', body, headers)
  },
  async passkeys(app) {
    const headers = await app.as('ada')
    const { body } = await app.post('/auth/passkeys/options/', {}, headers)
    const credential = new Authenticator().create(body)
    return () => app.post('/auth/passkeys/', { credential }, headers)
  },
  async passkey(app) {
    const { id, headers } = await addPasskey(app)
    return () => app.request('DELETE', `/auth/passkeys/${id}/`, headers, {})
  },
  async passkeySignInOptions(app) {
    return () => app.post('/auth/passkeys/sign-in/options/', {})
  },
  async passkeySignIn(app) {
    const { authenticator } = await addPasskey(app, new Authenticator({ counter: 1 }))
    const credential = authenticator.get(await signInOptions(app))
    return () => app.post('/auth/passkeys/sign-in/', { credential })
  },
  async secondFactorPasskeyOptions(app) {
    await addPasskey(app)
    const { ticket } = (await signIn(app)).body
    return () => app.post('/auth/second-factor/passkey/options/', { ticket })
  },
  async secondFactorPasskey(app) {
    const { authenticator } = await addPasskey(app)
    const { ticket } = (await signIn(app)).body
    const options = await app.post('/auth/second-factor/passkey/options/', { ticket })
    const credential = authenticator.get(options.body)
    return () => app.post('/auth/second-factor/passkey/', { ticket, credential })
  },
  async enrollPasskeyOptions(app) {
    const { ticket } = (await signIn(app)).body
    return () => app.post(`${ENROLL}/options/`, { ticket })
  },
  async enrollPasskey(app) {
    const { ticket } = (await signIn(app)).body
    const options = await app.post(`${ENROLL}/options/`, { ticket })
    const credential = new Authenticator().create(options.body)
    return () => app.post(`${ENROLL}/`, { ticket, credential })
  },
}
