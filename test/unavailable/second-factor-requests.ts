import {
  type App,
  addTotp,
  PASSWORD,
  passwordOf,
  signIn,
} from '../second-factors/setup.ts'

type Send = () => Promise<{ readonly status: number }>

/** For each endpoint of second factors: what makes a request that it accepts. */
export const SECOND_FACTOR_REQUESTS: Readonly<
  Record<string, (app: App) => Promise<Send>>
> = {
  async secondFactor(app) {
    const { secret } = await addTotp(app)
    const { ticket } = (await signIn(app)).body
    return () =>
      app.post('/auth/second-factor/', { ticket, code: passwordOf(secret, app) })
  },
  async enrollTotp(app) {
    const { ticket } = (await signIn(app)).body
    return () => app.post('/auth/second-factor/totp/', { ticket })
  },
  async enrollTotpConfirm(app) {
    const { ticket } = (await signIn(app)).body
    const { id, secret } = (await app.post('/auth/second-factor/totp/', { ticket })).body
    return () =>
      app.post('/auth/second-factor/totp/confirm/', {
        ticket,
        id,
        code: passwordOf(secret, app),
      })
  },
  async totp(app) {
    const headers = await app.as('ada')
    return () => app.post('/auth/totp/', { current_password: PASSWORD }, headers)
  },
  async totpConfirm(app) {
    const headers = await app.as('ada')
    const made = await app.post('/auth/totp/', { current_password: PASSWORD }, headers)
    const { id, secret } = made.body
    return () =>
      app.post('/auth/totp/confirm/', { id, code: passwordOf(secret, app) }, headers)
  },
  async factors(app) {
    const { headers } = await addTotp(app)
    return () => app.request('GET', '/auth/factors/', headers)
  },
  async factor(app) {
    const { id, secret, headers } = await addTotp(app)
    return () =>
      app.request('DELETE', `/auth/factors/${id}/`, headers, {
        code: passwordOf(secret, app),
      })
  },
  async devices(app) {
    const headers = await app.as('ada')
    return () => app.request('GET', '/auth/devices/', headers)
  },
  async device(app) {
    const { secret } = await addTotp(app)
    const { ticket } = (await signIn(app)).body
    const code = passwordOf(secret, app)
    const body = { ticket, code, remember_device: true }
    const { access } = (await app.post('/auth/second-factor/', body)).body
    const headers = { authorization: `Bearer ${access}` }
    const [device] = (await app.request('GET', '/auth/devices/', headers)).body
    return () => app.request('DELETE', `/auth/devices/${device.id}/`, headers)
  },
  async recoveryCodes(app) {
    const { secret, headers } = await addTotp(app)
    return () =>
      app.post('/auth/recovery-codes/', { code: passwordOf(secret, app) }, headers)
  },
}
