import { type TestInstance, testInstance } from '../../src/testing/index.ts'
import { testBrowser } from '../pages/site.ts'
import type { Attack } from './corpus.ts'
import { outcomeOfAsync, type Verdict } from './verdict.ts'

const ORIGIN = 'https://auth.example'
const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const
const REDIRECT = 'https://app.example/cb'

/** Of PKCE (RFC 7636 appendix B). */
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

type OAuthAttack = Attack<'redirect_uri' | 'register_redirect_uri' | 'pkce'>

/** Registers applications, sends the browser of a user to them, and exchanges their codes. */
export async function judgeAuthorizations(
  attacks: readonly OAuthAttack[],
): Promise<Verdict[]> {
  if (attacks.length === 0) return []
  await using provider = await openProvider()
  const verdicts: Verdict[] = []
  for (const attack of attacks) verdicts.push(await judge(attack, provider))
  return verdicts
}

type Provider = Awaited<ReturnType<typeof openProvider>>

async function openProvider() {
  const app: TestInstance = testInstance({ url: ORIGIN, oauth: true, pages: true })
  await app.auth.users.create(ADA)
  const browser = testBrowser(app.auth, ORIGIN)
  await browser.open('/account/sign-in/')
  await browser.submit({ button: 'Sign in' }, { login: ADA.username, ...ADA })
  const cookie = [...browser.cookies]
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    app.auth.handler(new Request(ORIGIN + path, init))
  return {
    register: (type: 'web' | 'native', redirectUris: readonly string[]) =>
      app.auth.clients.create({
        name: 'App',
        proof: type === 'native' ? 'none' : 'secret',
        redirectUris,
        scopes: ['openid'],
        skipConsent: true,
      }),
    authorize: (fields: readonly Field[]) =>
      send(`/oauth/authorize?${queryOf(fields)}`, { headers: { cookie } }),
    exchange: (fields: readonly Field[]) =>
      send('/oauth/token', { method: 'POST', body: queryOf(fields) }),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

type Field = readonly [name: string, value: string | readonly string[] | null | undefined]

/** A list is a parameter that is sent as often. */
const queryOf = (fields: readonly Field[]): URLSearchParams =>
  new URLSearchParams(
    fields.flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    ),
  )

/** What happened; anything but the first two is a fault. */
type Result = 'accept' | 'reject' | `answers ${string}`

async function judge(attack: OAuthAttack, provider: Provider): Promise<Verdict> {
  const { id, kind, reason } = attack
  const result = await resultOf(attack, provider)
  const because = leniencyFor(attack, result)
  const expected = because === undefined ? result : 'reject'
  const isRight = attack.expect === expected
  const faults = isRight ? [] : [`the result is: ${result}`]
  return { id, kind, reason, faults, ...(because !== undefined && { because }) }
}

function resultOf(attack: OAuthAttack, provider: Provider): Promise<Result> {
  if (attack.kind === 'redirect_uri') return presentRedirectUri(attack, provider)
  if (attack.kind === 'pkce') return provePossession(attack, provider)
  return register(attack, provider)
}

async function register(
  { type, uri }: Attack<'register_redirect_uri'>,
  provider: Provider,
): Promise<Result> {
  const outcome = await outcomeOfAsync(() => provider.register(type, [uri]))
  if (outcome.kind === 'accepted') return 'accept'
  return outcome.kind === 'refused' ? 'reject' : `answers ${outcome.error}`
}

/** Applications have no type: one that registers a loopback address runs on the user's machine (OAuth 2.1 §8.4.2). */
function leniencyFor(attack: OAuthAttack, result: Result): string | undefined {
  if (attack.kind !== 'redirect_uri' || result !== 'accept') return undefined
  const { presented, client } = attack
  const withPort = client.redirect_uris
    .filter((uri) => LOOPBACK.test(uri))
    .map((uri) => uri.replace(LOOPBACK, '$1:51004'))
  const isWeb = client.type === 'web'
  return isWeb && withPort.includes(String(presented)) ? ANY_PORT : undefined
}

const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?=\/)/
const ANY_PORT =
  'the port of a loopback address may differ for every application that has registered one'

async function presentRedirectUri(
  { client, presented }: Attack<'redirect_uri'>,
  provider: Provider,
): Promise<Result> {
  const { id } = (await provider.register(client.type, client.redirect_uris)).client
  const response = await provider.authorize([
    ['response_type', 'code'],
    ['client_id', id],
    ['redirect_uri', presented],
    ['code_challenge', CHALLENGE],
    ['code_challenge_method', 'S256'],
  ])
  const location = response.headers.get('location')
  if (location === null) return rejectedBy(response)
  const isThere = location.startsWith(`${presented}`) && /[?&]code=/.test(location)
  return isThere ? 'accept' : `answers ${location}`
}

/** A page of the provider: nothing is sent to the address. */
const rejectedBy = ({ status }: Response): Result =>
  status === 400 ? 'reject' : `answers ${status}`

const REFUSALS = ['invalid_request', 'invalid_grant']

const rejectedAs = (error: string): Result =>
  REFUSALS.includes(error) ? 'reject' : `answers ${error}`

async function provePossession(
  { challenge, method, verifier }: Attack<'pkce'>,
  provider: Provider,
): Promise<Result> {
  const { client } = await provider.register('native', [REDIRECT])
  const response = await provider.authorize([
    ['response_type', 'code'],
    ['client_id', client.id],
    ['redirect_uri', REDIRECT],
    // A list stands for a parameter that is sent twice.
    [
      'code_challenge',
      Array.isArray(challenge) ? [challenge, challenge].flat() : challenge,
    ],
    ['code_challenge_method', method],
  ])
  const location = response.headers.get('location')
  if (location === null) return rejectedBy(response)
  const answer = new URL(location).searchParams
  const error = answer.get('error')
  if (error !== null) return rejectedAs(error)
  const tokens = await provider.exchange([
    ['grant_type', 'authorization_code'],
    ['client_id', client.id],
    ['redirect_uri', REDIRECT],
    ['code', answer.get('code')],
    ['code_verifier', verifier],
  ])
  if (tokens.status === 200) return 'accept'
  const body = (await tokens.json()) as { readonly error: string }
  return rejectedAs(body.error)
}
