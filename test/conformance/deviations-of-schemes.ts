import type { Deviation } from './deviations.ts'
import { detailOf, error, memberOf, pathOf } from './instead.ts'
import type { Answer, Case, JsonObject } from './recording.ts'

/** The challenges of the schemes that the recorded configurations have. */
const CHALLENGES = [
  'Bearer realm="api"',
  'JWT realm="api"',
  'Bearer',
  'Token',
  'Basic realm="api"',
]

const REFUSED_TOKEN = [
  'token_not_valid',
  'user_not_found',
  'user_inactive',
  'password_changed',
]

const ERROR = ', error="invalid_token"'

const withoutError = (challenge: string): string =>
  challenge.endsWith(ERROR) ? challenge.slice(0, -ERROR.length) : challenge

/** Whether this is the recorded challenge, with the error if and only if a token was refused. */
function isChallenge(
  challenge: string | undefined,
  { headers, body }: Answer,
): challenge is string {
  const recorded = headers?.['www-authenticate']
  if (challenge === undefined || typeof recorded !== 'string') return false
  const isRefused = REFUSED_TOKEN.includes(String(memberOf(body, 'code')))
  return challenge === (isRefused ? recorded + ERROR : recorded)
}

const COOKIES = [
  'csrftoken=<csrf>; Path=/; Max-Age=31449600; SameSite=Lax',
  'sessionid=<session>; Path=/; Max-Age=1209600; SameSite=Lax; HttpOnly',
]

/** Deviations in authentication schemes and throttles. */
export const OF_SCHEMES: readonly Deviation[] = [
  {
    name: '6.1 the challenges of all schemes are sent',
    instead: (_, expected, ours) => {
      const { 'www-authenticate': all } = ours.headers ?? {}
      if (!Array.isArray(all)) return undefined
      const [first, ...others] = all as readonly string[]
      if (!isChallenge(first, expected)) return undefined
      const known = others.filter((each) => CHALLENGES.includes(each))
      if (new Set([withoutError(first), ...known]).size !== all.length) return undefined
      return { ...expected, headers: { ...expected.headers, 'www-authenticate': all } }
    },
  },
  {
    name: 'D43 the challenge says that a token was refused',
    instead: (_, expected, ours) => {
      const { 'www-authenticate': challenge } = ours.headers ?? {}
      if (typeof challenge !== 'string' || !isChallenge(challenge, expected))
        return undefined
      const headers = { ...expected.headers, 'www-authenticate': challenge }
      return { ...expected, headers }
    },
  },
  {
    name: 'D10 X-Forwarded-For is ignored by default',
    instead: (recorded, expected, ours) =>
      headerOf(recorded, 'x-forwarded-for') !== undefined &&
      expected.status === 200 &&
      ours.status === 429
        ? ours
        : undefined,
  },
  {
    name: 'D19 the token is derived, so that the endpoint can return it again',
    instead: (recorded, { effects, headers = {}, ...expected }, ours) => {
      if (
        !isKeyEndpoint(recorded) ||
        expected.status !== 200 ||
        memberOf(ours.body, 'token') !== '<token:hex40>'
      )
        return undefined
      const { 'content-length': _, ...others } = headers
      const made = ours.effects?.auth_tokens === 1 ? { auth_tokens: 1 } : {}
      return {
        ...expected,
        headers: others,
        body: { token: '<token:hex40>' },
        effects: { ...effects, ...made },
      }
    },
  },
  {
    name: 'D20 the endpoint for API tokens ignores credentials in headers',
    instead: (recorded, { status }, ours) =>
      isKeyEndpoint(recorded) &&
      (status === 401 || status === 403) &&
      [200, 400].includes(ours.status!)
        ? ours
        : undefined,
  },
  {
    name: 'rule H7 Base64 is decoded strictly',
    instead: (recorded, _, ours) => {
      const [, sent] =
        /^basic\s+(\S+)\s*$/i.exec(headerOf(recorded, 'authorization') ?? '') ?? []
      const isOdd =
        sent !== undefined && Buffer.from(sent, 'base64').toString('base64') !== sent
      return isOdd && String(detailOf(ours)).startsWith('Invalid basic header. ')
        ? ours
        : undefined
    },
  },
  {
    name: '6.3 an invalid cookie is not deleted',
    instead: (recorded, expected, ours) => {
      const { 'set-cookie': cookie, ...headers } = expected.headers ?? {}
      const isDeleted = typeof cookie === 'string' && cookie.startsWith('sessionid="";')
      const isOurs = isDeleted && ours.headers?.['set-cookie'] === undefined
      return isOurs && pathOf(recorded) !== '/session/logout/'
        ? { ...expected, headers }
        : undefined
    },
  },
  {
    name: '6.3 the response to a browser that signs in',
    instead: (recorded, expected, ours) => {
      const user = memberOf(ours.body, 'user')
      if (
        pathOf(recorded) !== '/session/login/' ||
        expected.status !== 200 ||
        user === undefined
      )
        return undefined
      const { vary: _, ...headers } = expected.headers ?? {}
      const body = { user, csrfToken: '<csrf>' }
      return {
        ...expected,
        headers: { ...headers, 'set-cookie': COOKIES },
        body,
        effects: withoutLastLogin(expected),
      }
    },
  },
  {
    name: 'rule H10 signing out requires the CSRF token',
    instead: (recorded, { effects: _, headers = {}, ...expected }, ours) => {
      const detail = detailOf(ours)
      if (
        pathOf(recorded) !== '/session/logout/' ||
        !String(detail).startsWith('CSRF Failed: ')
      )
        return undefined
      const { 'set-cookie': __, vary: ___, ...others } = headers
      return error({ ...expected, headers: others }, 403, { detail: detail! })
    },
  },
  {
    name: 'checkRevoke false keeps every session, also of a browser',
    instead: ({ steps = [], request }, _, ours) => {
      const isChanged = steps.some((step) => step.op === 'user' && 'password' in step.set)
      const isBrowser = request.headers?.some(([name]) => /^cookie$/i.test(name)) === true
      return isChanged &&
        isBrowser &&
        memberOf(ours.body, 'by') === 'SessionAuthentication'
        ? ours
        : undefined
    },
  },
]

const isKeyEndpoint = (recorded: Case): boolean => pathOf(recorded) === '/api-token-auth/'

const headerOf = ({ request }: Case, wanted: string): string | undefined =>
  request.headers?.find(([name]) => name.toLowerCase() === wanted)?.[1]

/** By default watchword does not store the last sign-in. */
function withoutLastLogin({ effects = {} }: Answer): JsonObject {
  const { changed = {}, ...others } = effects
  const users = Object.entries(changed as { readonly [user: string]: JsonObject }).map(
    ([user, values]) => {
      const { last_login: _, ...rest } = values
      return [user, rest] as const
    },
  )
  const left = users.filter(([, values]) => Object.keys(values).length > 0)
  return left.length === 0 ? others : { ...others, changed: Object.fromEntries(left) }
}
