import { withCleanup } from '../cleanup.ts'
import { userOf } from '../oauth/consent.ts'
import { type Answered, type Provider, provider } from '../oauth/setup.ts'
import { type Attack, textOf } from './corpus.ts'
import { errorIn, httpVerdict } from './http-answer.ts'
import type { RegistrationAttack } from './oauth-corpus.ts'
import type { Verdict } from './verdict.ts'

const SCOPES = { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' }

const DOCUMENT = {
  client_name: 'Agent',
  redirect_uris: ['https://agent.example/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

/** Registers an application, or changes one that has registered, and looks at what is stored then. */
export const judgeRegistration = (attack: Attack<'registration'>): Promise<Verdict> =>
  withCleanup(async (scope) => {
    const app = provider(scope, {
      oauth: {
        scopes: SCOPES,
        registration: 'token',
        registrationScopes: ['posts:read'],
      },
    })
    const initial = (await app.auth.clients.registrationToken()).token
    const own = await send('POST', '/oauth/register', DOCUMENT, initial, app)
    const token = await tokenOf(attack, { own, initial, app })
    const before = await app.auth.clients.list()
    const answer = await answerTo(attack, own, token, app)
    if (errorIn(answer) !== undefined || answer.status >= 400) {
      const isSame =
        JSON.stringify(await app.auth.clients.list()) === JSON.stringify(before)
      return httpVerdict(
        attack,
        answer,
        isSame ? [] : ['something is stored all the same'],
      )
    }
    return httpVerdict(attack, answer, await storedFaults(attack, answer, app))
  })

function send(
  method: string,
  path: string,
  document: object | string | undefined,
  token: string | undefined,
  app: Provider,
): Promise<Answered> {
  const body = typeof document === 'string' ? document : JSON.stringify(document)
  return app.send(method, path, {
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(document !== undefined && { body }),
  })
}

interface Setting {
  /** The answer to the registration of an application. */
  readonly own: Answered
  /** The token of that registration, which is used. */
  readonly initial: string
  readonly app: Provider
}

function answerTo(
  attack: RegistrationAttack,
  own: Answered,
  token: string | undefined,
  app: Provider,
): Promise<Answered> {
  const { method = 'POST' } = attack
  const isInAddress = attack.token === 'in the address'
  const query = isInAddress ? `?access_token=${token}` : ''
  const path =
    method === 'POST' ? '/oauth/register' : `/oauth/register/${own.body.client_id}`
  const document =
    method === 'GET' || method === 'DELETE' ? undefined : bodyOf(attack, own)
  return send(method, path + query, document, isInAddress ? undefined : token, app)
}

async function tokenOf(
  { method, token }: RegistrationAttack,
  { own, initial, app }: Setting,
): Promise<string | undefined> {
  if (token === 'none') return undefined
  if (token === 'used') return initial
  if (token === 'an access token') return accessToken(app)
  const next = (await app.auth.clients.registrationToken()).token
  if (token === 'of the initial access' || method === undefined) return next
  if (token !== 'of another application') return own.body.registration_access_token
  const other = await send('POST', '/oauth/register', DOCUMENT, next, app)
  return other.body.registration_access_token
}

const accessToken = async ({ auth }: Provider): Promise<string> => {
  const user = await auth.users.create({ username: 'eve' })
  const { access } = await auth.signIn(user.id)
  return access
}

function bodyOf({ body, method, metadata = {} }: RegistrationAttack, own: Answered) {
  if (body !== undefined) return textOf(body)
  const id = method === 'PUT' ? { client_id: own.body.client_id } : {}
  const all = { ...DOCUMENT, ...id, ...metadata }
  return Object.fromEntries(Object.entries(all).filter(([, member]) => member !== null))
}

/** Whatever it says of itself, an application has no rights of its own, and users are asked. */
async function storedFaults(
  { registered = {}, method, metadata = {} }: RegistrationAttack,
  { body }: Answered,
  app: Provider,
): Promise<string[]> {
  if (method === 'DELETE') return []
  const stored = await app.auth.clients.find(String(body.client_id))
  const found = { ...stored } as { readonly [name: string]: unknown }
  const expected = { skipConsent: false, resources: [], audiences: [], ...registered }
  const faults = Object.entries(expected)
    .filter(([name, value]) => JSON.stringify(found[name]) !== JSON.stringify(value))
    .map(([name]) => `${name} is ${JSON.stringify(found[name])}`)
  const isShown =
    typeof metadata.client_name === 'string' && /[<&"]/.test(metadata.client_name)
  if (!isShown) return faults
  return [...faults, ...(await markupFaults(String(metadata.client_name), body, app))]
}

/** The consent page shows the name as text. */
async function markupFaults(
  name: string,
  body: Answered['body'],
  app: Provider,
): Promise<string[]> {
  const user = await userOf(app)
  await user.signedIn()
  const [redirect_uri] = DOCUMENT.redirect_uris
  const page = await user.browser.open(
    user.address({ id: String(body.client_id) }, { redirect_uri }),
  )
  if (!page.heading.startsWith('Allow')) return [`the page is ${page.heading}`]
  return page.text.includes(name) ? ['the consent page has the markup of the name'] : []
}
