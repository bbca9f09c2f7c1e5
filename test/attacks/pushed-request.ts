import { withCleanup } from '../cleanup.ts'
import { REDIRECT, userOf } from '../oauth/consent.ts'
import { basicOf, type Credentials, provider } from '../oauth/setup.ts'
import type { Attack } from './corpus.ts'
import { type HttpAnswer, httpVerdict } from './http-answer.ts'
import type { PushedAttack } from './oauth-corpus.ts'
import type { Verdict } from './verdict.ts'

const SCOPE = 'openid posts:read'
const STATE = 'a state'

/** Pushes a request; if it is accepted, opens it in the browser of a user, and redeems the code. */
export const judgePushedRequest = (attack: Attack<'pushed_request'>): Promise<Verdict> =>
  withCleanup(async (scope) => {
    const app = await userOf(provider(scope))
    const client = await applicationOf(attack, app)
    await app.signedIn()
    const pushed = await push(attack, client, app)
    if (pushed.status >= 400) return httpVerdict(attack, pushed)
    const reference = String(pushed.body.request_uri)
    app.clock.advance(attack.age ?? 0)
    const open = (by: Credentials, beside: PushedAttack['beside']) =>
      app.auth.handler(pageRequest(by, reference, beside, app.browser.cookies))
    if (attack.openedByAnother === true) await open(await app.shop(OWN), {})
    let answer = await open(client, attack.beside)
    for (let opened = 1; opened < (attack.times ?? 1); opened++)
      answer = await open(client, attack.beside)
    const shown = { status: answer.status, headers: answer.headers, body: {} }
    const error = errorOf(answer)
    if (error !== null)
      return httpVerdict(attack, { ...shown, status: 400, body: { error } })
    if (answer.status !== 303) return httpVerdict(attack, shown)
    return httpVerdict(attack, shown, await redirectFaults(answer, client, app))
  })

type App = Awaited<ReturnType<typeof userOf>>

/** An application of the operator's own, so that no consent is asked for. */
const OWN = { skipConsent: true }

async function applicationOf({ by }: PushedAttack, app: App): Promise<Credentials> {
  if (by === 'nobody registered') return { id: 'client_unknown', secret: 'a secret' }
  if (by === 'a machine') return app.client()
  if (by === 'a public application') return app.shop({ ...OWN, proof: 'none' })
  const client = await app.shop(OWN)
  if (by === 'a disabled application') await app.auth.clients.disable(client.id)
  if (by === 'a wrong secret') return { ...client, secret: 'wrong' }
  if (by === 'the name alone') return { ...client, secret: '' }
  return client
}

async function push(
  { pushed = {} }: PushedAttack,
  { id, secret }: Credentials,
  app: App,
): Promise<HttpAnswer> {
  const fields = new URL(app.address({ id }), REDIRECT).searchParams
  replaceIn(fields, pushed)
  const authorization = secret === '' ? undefined : basicOf(id, secret)
  return app.form('/oauth/par', fields, authorization)
}

/** A list is a parameter that is sent as often; `null` is none. */
function replaceIn(
  fields: URLSearchParams,
  changes: NonNullable<PushedAttack['beside']>,
) {
  for (const [name, value] of Object.entries(changes)) {
    fields.delete(name)
    for (const each of [value ?? []].flat()) fields.append(name, each)
  }
}

function pageRequest(
  { id }: Credentials,
  reference: string,
  beside: PushedAttack['beside'] = {},
  cookies: ReadonlyMap<string, string>,
): Request {
  const query = new URLSearchParams({ client_id: id, request_uri: reference })
  replaceIn(query, beside)
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const address = `https://app.example.com/oauth/authorize?${query}`
  return new Request(address, { headers: { cookie } })
}

/** An error that is sent to the address of the application is one of 400. */
const errorOf = ({ headers }: Response): string | null =>
  URL.parse(headers.get('location') ?? '')?.searchParams.get('error') ?? null

/** Only what was pushed counts (RFC 9126 §4). */
async function redirectFaults(
  { headers }: Response,
  client: Credentials,
  app: App,
): Promise<string[]> {
  const location = headers.get('location') ?? ''
  if (!location.startsWith(`${REDIRECT}?`)) return [`is sent to ${location}`]
  const answer = new URL(location).searchParams
  const code = answer.get('code')
  if (code === null) return [`is sent back with ${answer}`]
  const { body } = await app.exchange(client, { code, ...publicId(client) })
  const found = { state: answer.get('state'), scope: body.scope as string | undefined }
  if (found.state === STATE && found.scope === SCOPE) return []
  return [`what was pushed is replaced: ${JSON.stringify(found)}`]
}

const publicId = ({ id, secret }: Credentials) => (secret === '' ? { client_id: id } : {})
