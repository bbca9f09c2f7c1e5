import type { Answer, Case, JsonObject } from './recording.ts'

/**
 * What the recordings of OAuth packages say in other words than watchword:
 *
 * - Tokens of applications are signed here, and codes are longer: `<access_token:alnum30>` is `<access_token>`.
 * - Answers to an application are redirects with 303 (RFC 9700 §4.12), and have `iss` (RFC 9207).
 * - Pages are watchword's own. What is compared of one: the text of an error, the list of scopes, and what its form asks.
 * - Of metadata, the members that the recording has are compared: each feature adds some.
 * - Of the headers, those that the recording has are compared, `Location` and `WWW-Authenticate` always; without `Vary`, cookies and lengths.
 */
export const isOfOAuth = ({ id }: Pick<Case, 'id'>): boolean =>
  /^(toolkit|social)\//.test(id)

/** The `iss` of watchword's answers. */
export const ISSUER = 'https://oracle.test'

export const OAUTH_HEADERS = [
  'cache-control',
  'pragma',
  'access-control-allow-origin',
] as const

const NOT_COMPARED = ['vary', 'set-cookie', 'content-length', 'x-frame-options']

/** The names of headers to compare. */
export const headersOf = ({ headers = {} }: Answer): readonly string[] => [
  ...new Set(['location', 'www-authenticate', ...Object.keys(headers)]),
]

/** A recorded answer in watchword's words. */
export function oauthAnswer({ request, response }: Case): Answer {
  const { spaces: _, stored: __, page, effects, raw: ___, ...rest } = plain(response)
  const answer = { ...rest, headers: headersOfOurs(rest) }
  const isPage = page !== undefined
  const translated = {
    ...answer,
    ...(isPage && { page: pageOfOurs(page) }),
    ...(effects && { effects: oauthEffects(effects, request.path) }),
  }
  return redirected(translated, request.path)
}

/** Metadata has more members with each feature: those that the recording has are compared. */
export function comparable(answer: Answer, { request, response }: Case): Answer {
  if (!request.path.includes('openid-configuration')) return answer
  const { body } = response
  if (!isObject(body) || !isObject(answer.body)) return answer
  const kept = Object.entries(answer.body).filter(([name]) => Object.hasOwn(body, name))
  return { ...answer, body: Object.fromEntries(kept) }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const plain = (response: Answer): Answer =>
  JSON.parse(
    JSON.stringify(response).replace(
      /<(code|access_token|refresh_token):alnum30>/g,
      '<$1>',
    ),
  )

function headersOfOurs({ headers = {}, body }: Answer): NonNullable<Answer['headers']> {
  const kept = Object.entries(headers).filter(
    ([name]) =>
      // The toolkit calls some of its JSON a page.
      !NOT_COMPARED.includes(name) && !(name === 'content-type' && body !== undefined),
  )
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === 'allow' ? inOurOrder(value) : value]),
  )
}

/** Methods come in one order here. */
const inOurOrder = <Value>(value: Value): Value | string =>
  value === 'OPTIONS, POST' ? 'POST, OPTIONS' : value

function redirected(answer: Answer, path: string): Answer {
  const { status, headers = {} } = answer
  const { location } = headers
  if (status !== 302 || typeof location !== 'string') return answer
  if (/^(\/|http:\/\/<host>)/.test(location)) return answer
  if (path.startsWith('/o/logout/')) return { ...answer, status: 303 }
  const shown = `${location}&${new URLSearchParams({ iss: ISSUER })}`
  return { ...answer, status: 303, headers: { ...headers, location: shown } }
}

function pageOfOurs({ description, items, fields }: JsonObject): JsonObject {
  const { allow } = (fields ?? {}) as JsonObject
  return {
    ...(description !== undefined && { description }),
    ...(items !== undefined && { items: (items as string[]).map(inOurWords) }),
    ...(allow !== undefined && { asks: allow }),
  }
}

/** The scopes of OpenID Connect have words here. */
const inOurWords = (item: string): string =>
  item === 'OpenID Connect' ? 'Know who you are' : item

/**
 * Their rows as sessions: a refresh token beside an access token is an opened session; one that replaces another is a refresh; a revoked
 * one is an ended session.
 */
export function oauthEffects(effects: JsonObject, path: string): JsonObject {
  const {
    AccessToken: access = 0,
    RefreshToken: refresh = 0,
    'RefreshToken revoked': revoked = 0,
    UserSocialAuth: identities = 0,
    Grant: _,
    IDToken: __,
    Application: ___,
    sessions = 0,
    created,
    ...others
  } = effects
  const rotates = Number(refresh) > 0 && Number(revoked) > 0
  // A token of a user in an address has a session of its own.
  const isImplicit = path.startsWith('/o/authorize/') && Number(access) > 0
  const ends = Number(refresh) <= 0 && (Number(revoked) > 0 || Number(access) < 0)
  const all = {
    ...others,
    opened: rotates ? 0 : Math.max(0, Number(isImplicit ? access : refresh)),
    rotated: rotates ? Number(revoked) : 0,
    ended: (ends ? Math.max(Number(revoked), -Number(access)) : 0) - Number(sessions),
    ...(created !== undefined && { created: (created as JsonObject[]).map(userOfOurs) }),
    ...identityChanges(Number(identities)),
  }
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0))
}

const identityChanges = (count: number): JsonObject => {
  if (count === 0) return {}
  const rows = Array.from({ length: Math.abs(count) }, () => ({ user: null }))
  return { UserSocialAuth: count > 0 ? { created: rows } : { deleted: rows } }
}

/** Names of a new user are fields of one's own here. */
const userOfOurs = ({ username, email, password, ...user }: JsonObject): JsonObject => ({
  username: username ?? null,
  email: email === '' ? null : (email ?? null),
  password: password ?? null,
  is_active: user.is_active ?? null,
  is_staff: user.is_staff ?? null,
  is_superuser: user.is_superuser ?? null,
  last_login: user.last_login ?? null,
})
