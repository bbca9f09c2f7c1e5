import type { Probe, Way } from './expected.ts'
import type { Identified, Instance, Reply } from './instance.ts'

/** The outcome of a credential, actual or expected. */
export interface Outcome extends Identified {
  readonly what: string
  /** Whether a token that is issued again was the same. */
  readonly same?: boolean
}

type Asking = (auth: Instance, probe: Probe) => Promise<Omit<Outcome, 'what'>>

const identifiedBy =
  (headersOf: (text: string) => Record<string, string>): Asking =>
  (auth, { text = '' }) =>
    auth.identify(headersOf(text))

const bearing = (auth: Instance, token = ''): Promise<Identified> =>
  auth.identify({ authorization: `Bearer ${token}` })

const refused = ({ status, body }: Reply): Identified => ({
  status,
  detail: body.detail,
})

const jtiOf = (token = ''): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti

const WAYS: Readonly<Record<Way, Asking>> = {
  bearer: identifiedBy((text) => ({ authorization: `Bearer ${text}` })),
  cookie: identifiedBy((text) => ({ cookie: text })),
  'api token': identifiedBy((text) => ({ authorization: `Token ${text}` })),
  async password(auth, { username, password, address }) {
    const given = { username, password }
    const reply = await auth.post('/api/token/', given, address)
    return reply.status === 200 ? bearing(auth, reply.body.access) : refused(reply)
  },
  async browser(auth, { username, password }) {
    const reply = await auth.post('/auth/login/', { username, password })
    if (reply.status !== 200) return refused(reply)
    return auth.identify({ cookie: reply.cookies.join('; ') })
  },
  async refresh(auth, { text, successor }) {
    const reply = await auth.post('/api/token/refresh/', { refresh: text })
    if (reply.status !== 200) return refused(reply)
    const identified = await bearing(auth, reply.body.access)
    if (successor === undefined) return identified
    const same = jtiOf(reply.body.refresh) === jtiOf(successor)
    return { ...identified, same }
  },
  async 'sliding refresh'(auth, { text }) {
    const body = { token: text }
    const reply = await auth.post('/api/token/sliding/refresh/', body)
    return reply.status === 200 ? bearing(auth, reply.body.token) : refused(reply)
  },
  async derived(auth, { username, password, text }) {
    const given = { username, password }
    const { status, body } = await auth.post('/api-token-auth/', given)
    return { status, username, same: body.token === text }
  },
}

/** Presents the credential. @returns the parts of the outcome that the probe expects something of */
export async function outcomeOf(auth: Instance, probe: Probe): Promise<Outcome> {
  const { status, detail, username, scopes, same } = await WAYS[probe.way](auth, probe)
  return {
    what: probe.what,
    status,
    ...(probe.detail !== undefined && { detail }),
    ...(probe.expect === 'live' && { username }),
    ...(probe.scopes !== undefined && scopes !== undefined && { scopes }),
    ...(same !== undefined && { same }),
  }
}

export function expectedOf(probe: Probe): Outcome {
  const { what, way, status, detail, username, scopes, successor } = probe
  const comesAgain = way === 'derived' || successor !== undefined
  return {
    what,
    status,
    ...(detail !== undefined && { detail }),
    ...(probe.expect === 'live' && { username }),
    ...(scopes !== undefined && { scopes }),
    ...(comesAgain && { same: true }),
  }
}
