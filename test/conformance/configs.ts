import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { basic } from '../../src/authentication/basic.ts'
import { bearer } from '../../src/authentication/bearer.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import type {
  EndpointHandler,
  EndpointOptions,
  Options,
  TokenOptions,
} from '../../src/settings/options.ts'
import type { User } from '../../src/users/user.ts'
import { isAlone, NEEDED_BESIDE, NEEDED_OVER_OAUTH, withOthersBeside } from './beside.ts'
import { opened } from './forge.ts'
import { RATES } from './instances.ts'
import { VALUES_OF_DJOSER } from './neighbours/djoser.ts'
import { NEIGHBOURS, neighboursOf } from './neighbours/index.ts'
import type { Neighbour, OpenNeighbour } from './neighbours/neighbour.ts'
import { DATA, RECORDINGS, readJson } from './recording.ts'

/** A configuration of the recorded servers, as `configs.json` writes it. */
export interface RecordedConfig {
  readonly SIMPLE_JWT?: { readonly [setting: string]: unknown }
  readonly SETTINGS?: {
    readonly AUTH_USER_MODEL?: string
    readonly [name: string]: unknown
  }
  readonly BLACKLIST_APP?: boolean
  readonly AUTHENTICATORS?: readonly string[]
  /** Packages beside Simple JWT. */
  readonly NEIGHBOURS?: readonly string[]
  readonly DJOSER?: object
  readonly REST_KNOX?: object
  readonly PASSWORDLESS_AUTH?: object
  readonly REST_AUTH?: object
  readonly REST_FRAMEWORK?: { readonly DEFAULT_THROTTLE_CLASSES?: readonly string[] }
  readonly MESSAGES?: boolean
  /** Whether the recorded project adds claims about users. */
  readonly OIDC_CLAIMS?: boolean
  readonly OAUTH2_PROVIDER?: object
  readonly SOCIAL?: object
}

export type RecordedConfigs = { readonly [name: string]: RecordedConfig }

/** @param files recordings: a `configs.json` beside one of them is read, too, and wins over the bundled one */
export function readConfigs(files: readonly string[] = []): RecordedConfigs {
  const main = readJson<RecordedConfigs>(new URL('configs.json', DATA))
  const ofNeighbours = RECORDINGS.map((name) =>
    readJson<RecordedConfigs>(new URL(`${name}.configs.json`, DATA)),
  )
  // Two recordings may have different configurations of one name.
  const named = ofNeighbours.map((configs, i) =>
    Object.fromEntries(
      Object.entries(configs).map(([name, config]) => [
        configNameIn(RECORDINGS[i]!, name),
        config,
      ]),
    ),
  )
  const beside = [...new Set(files.map((file) => join(dirname(file), 'configs.json')))]
    .filter((file) => existsSync(file))
    .map((file) => readJson<RecordedConfigs>(pathToFileURL(file)))
  return Object.assign({}, ...ofNeighbours, main, ...named, ...beside)
}

/** The name of a configuration of a neighbour's recording. */
export const configNameIn = (recording: string, name: string): string =>
  `${recording}: ${name}`

/** The claim with a token's type in this configuration. */
export function typeClaimOf({ SIMPLE_JWT = {} }: RecordedConfig): string | null {
  const name = SIMPLE_JWT.TOKEN_TYPE_CLAIM
  return name === undefined ? 'token_type' : (name as string | null)
}

export const usesEmail = ({ SETTINGS }: RecordedConfig): boolean =>
  SETTINGS?.AUTH_USER_MODEL === 'oracle.EmailUser'

/** The recorded servers' schemes. */
const SCHEMES: { readonly [name: string]: Scheme<User> } = {
  jwt: bearer(),
  token: apiToken(),
  basic: basic(),
  session: session(),
  'bearer-token': apiToken({ keyword: 'Bearer' }),
}

/** Django's names of the schemes of a configuration, by watchword's names. */
export const schemeNamesOf = ({
  AUTHENTICATORS = [],
}: RecordedConfig): { readonly [scheme: string]: string } => ({
  bearer: 'JWTAuthentication',
  apiToken: AUTHENTICATORS.includes('bearer-token')
    ? 'BearerTokenAuthentication'
    : 'TokenAuthentication',
  basic: 'BasicAuthentication',
  session: 'SessionAuthentication',
})

/**
 * The schemes of a recorded configuration, by default the four of the recorded project. Without stored sessions watchword has no
 * browser sessions, while Django stores them apart from Simple JWT.
 */
function schemesOf(
  {
    AUTHENTICATORS = ['jwt', 'token', 'basic', 'session'],
    BLACKLIST_APP,
  }: RecordedConfig,
  neighbours: readonly OpenNeighbour[],
) {
  const schemes: typeof SCHEMES = Object.assign(
    {},
    SCHEMES,
    ...neighbours.map((each) => each.schemes),
  )
  const names = AUTHENTICATORS.filter(
    (name) => name !== 'session' || BLACKLIST_APP !== false,
  )
  return names.map((name) => schemes[name]!)
}

/** The paths of the recorded project's views for browsers. Here they are endpoints of the scheme. */
const browserEndpoints = (schemes: readonly Scheme<User>[]): EndpointOptions =>
  schemes.includes(SCHEMES.session!)
    ? { login: '/session/login/', logout: '/session/logout/' }
    : {}

/** The recorded project's permissions, by Django's names: a role for each, since users have no permissions of their own here. */
export const PERMISSION_ROLES = {
  'oracle.view_note': ['notes.view'],
  'oracle.add_note': ['notes.add'],
  'oracle.change_note': ['notes.change'],
  'oracle.delete_note': ['notes.delete'],
}

/** The permissions of the seed's groups. */
const GROUPS = { editors: ['notes.view', 'notes.add', 'notes.change'], idle: [] }

const ROLES = { ...GROUPS, ...PERMISSION_ROLES }

type Draft = { -readonly [Name in keyof TokenOptions]?: unknown }

/** The options for each setting of Simple JWT that a recorded configuration has. */
const TOKENS: { readonly [setting: string]: (value: never) => Draft } = {
  ACCESS_TOKEN_LIFETIME: (access: number) => ({ access }),
  // A refresh token must outlive the access token. One second more does not change the responses to expired tokens.
  REFRESH_TOKEN_LIFETIME: (refresh: number) => ({ refresh: Math.max(refresh, 2) }),
  ROTATE_REFRESH_TOKENS: (rotate: boolean) => ({ rotate }),
  BLACKLIST_AFTER_ROTATION: (blacklistAfterRotation: boolean) => ({
    blacklistAfterRotation,
  }),
  AUTH_HEADER_TYPES: (headerTypes: string[]) => ({ headerTypes }),
  AUTH_HEADER_NAME: (name: string) => ({ headerName: headerNamed(name) }),
  USER_ID_FIELD: (userIdField: string) => ({ userIdField }),
  USER_ID_CLAIM: (userIdClaim: string) => ({ userIdClaim }),
  TOKEN_TYPE_CLAIM: (typeClaim: string | null) => ({ typeClaim }),
  JTI_CLAIM: (jtiClaim: string | null) => ({ jtiClaim }),
  AUDIENCE: (audience: string) => ({ audience }),
  ISSUER: (issuer: string) => ({ issuer }),
  LEEWAY: (leeway: number) => ({ leeway }),
  ALGORITHM: (algorithm: string) => ({ algorithm }),
  SIGNING_KEY: (file: string) => ({ signingKey: keyText(file) }),
  VERIFYING_KEY: (file: string) => ({ verifyingKey: keyText(file) }),
  AUTH_TOKEN_CLASSES: (classes: string[]) => ({
    types: classes.map((path) => TYPES[path]),
  }),
  CHECK_REVOKE_TOKEN: () => ({ checkRevoke: 'claim', revokeClaim: 'md5' }),
  TOKEN_OBTAIN_SERIALIZER: (path: string) =>
    path.endsWith('ClaimsTokenObtainPairSerializer') ? { claims } : {},
}

/** Settings other than those of tokens. */
const OTHERS: { readonly [setting: string]: (value: never) => Options } = {
  SLIDING_TOKEN_LIFETIME: (lifetime: number) => ({ slidingTokens: { lifetime } }),
  SLIDING_TOKEN_REFRESH_LIFETIME: (refreshLifetime: number) => ({
    slidingTokens: { refreshLifetime },
  }),
  UPDATE_LAST_LOGIN: (updateLastLogin: boolean) => ({ users: { updateLastLogin } }),
  CHECK_USER_IS_ACTIVE: (checkActive: boolean) => ({ users: { checkActive } }),
  USER_AUTHENTICATION_RULE: () => ({
    users: { rule: (user) => user?.active === true && user.staff },
  }),
  TOKEN_OBTAIN_SERIALIZER: (path: string) =>
    path.includes('ExtraBody') ? { endpoints: { obtain: { handle: withUser } } } : {},
}

/** Our options for a recorded configuration: what was on there is on here, and what was off is off. */
export function optionsFor(
  config: RecordedConfig,
  neighbours: readonly OpenNeighbour[] = [],
): Options {
  const schemes = schemesOf(config, neighbours)
  const settings = Object.entries(config.SIMPLE_JWT ?? {})
  const sessions = config.BLACKLIST_APP !== false
  const others = settings.map(([name, value]) => OTHERS[name]?.(value as never) ?? {})
  const presets = neighbours.flatMap(({ options }) => options.presets ?? [])
  const hasOAuth = neighbours.some(({ options }) => options.oauth !== undefined)
  const needed = {
    ...(!isAlone(neighbours) && NEEDED_BESIDE),
    ...(hasOAuth && NEEDED_OVER_OAUTH),
  }
  const more = neighbours.map(({ options: { presets, users, tokens, ...rest } }) => rest)
  const tokens: Draft = {
    algorithm: 'HS256',
    signingKey: readFileSync(new URL('keys/signing', DATA), 'utf8'),
    rotate: false,
    blacklistAfterRotation: false,
    // Simple JWT has none: the token before the current one is as dead as all others.
    overlap: 0,
    checkRevoke: false,
    sessions,
    adoptForeign: sessions,
  }
  return {
    ...(config.REST_FRAMEWORK?.DEFAULT_THROTTLE_CLASSES && { throttle: RATES }),
    ...Object.assign({}, needed, ...more),
    secret: readFileSync(new URL('keys/secret', DATA), 'utf8'),
    authentication: schemes,
    roles: ROLES,
    tokens: Object.assign(
      tokens,
      ...neighbours.map(({ options }) => options.tokens),
      ...settings.map(([name, value]) => TOKENS[name]?.(value as never)),
    ) as TokenOptions,
    presets: isAlone(neighbours) ? presets : withOthersBeside(presets, hasOAuth),
    users: Object.assign(
      {},
      ...neighbours.map(({ options }) => options.users),
      usesEmail(config) ? { loginField: 'email' } : {},
      ...others.map(({ users }) => users),
    ),
    slidingTokens: Object.assign({}, ...others.map(({ slidingTokens }) => slidingTokens)),
    endpoints: Object.assign(
      { slidingObtain: true, slidingRefresh: true, ...browserEndpoints(schemes) },
      ...neighbours.map(({ options }) => options.endpoints),
      ...others.map(({ endpoints }) => endpoints),
    ),
  }
}

/** What the members of a configuration may be, if not anything. A member in no list is unknown. */
const VALUES: { readonly [setting: string]: readonly unknown[] } = {
  'SIMPLE_JWT.CHECK_REVOKE_TOKEN': [true],
  'SIMPLE_JWT.USER_AUTHENTICATION_RULE': ['oracle.tokens.staff_only'],
  'SIMPLE_JWT.TOKEN_OBTAIN_SERIALIZER': [
    'oracle.tokens.ClaimsTokenObtainPairSerializer',
    'oracle.tokens.ExtraBodyTokenObtainPairSerializer',
  ],
  'SETTINGS.AUTH_USER_MODEL': ['oracle.EmailUser', 'oracle.MobileUser'],
  // Beside `CHECK_USER_IS_ACTIVE: false`, which is one option here.
  'SETTINGS.AUTHENTICATION_BACKENDS': [
    ['django.contrib.auth.backends.AllowAllUsersModelBackend'],
    // Beside Djoser's `LOGIN_FIELD`.
    ['djoser.auth_backends.LoginFieldBackend'],
  ],
  BLACKLIST_APP: [true, false],
  REST_FRAMEWORK: [
    { DEFAULT_THROTTLE_CLASSES: ['rest_framework.throttling.AnonRateThrottle'] },
    // Endpoints say themselves who may use them.
    { DEFAULT_PERMISSION_CLASSES: ['rest_framework.permissions.IsAuthenticated'] },
    {
      DEFAULT_THROTTLE_CLASSES: ['rest_framework.throttling.ScopedRateThrottle'],
      DEFAULT_THROTTLE_RATES: { dj_rest_auth: '2/min' },
    },
  ],
  // Stored are Argon2id hashes here, and Django would store others.
  HASHER: ['argon2'],
  // Texts are in English here, in answer to every `Accept-Language`.
  LOCALE: [true],
  // With it mail is recorded among the effects.
  MESSAGES: [true],
  // The claims of the scopes, here.
  OIDC_CLAIMS: [true],
  ...VALUES_OF_DJOSER,
}

/** A member of a configuration that has no meaning here, or its value, so that conversations in it cannot be played. */
export function unknownSetting(config: RecordedConfig): string | undefined {
  const { SIMPLE_JWT = {}, SETTINGS = {}, AUTHENTICATORS = [], ...rest } = config
  const neighbours = neighboursOf(config, [])
  const sections = neighbours.map(({ section }) => section)
  const others = Object.entries(rest).filter(([name]) => !sections.includes(name))
  const settings = [
    ...others.flatMap(listed),
    ...Object.entries(SIMPLE_JWT).map(([name, value]) => [`SIMPLE_JWT.${name}`, value]),
    ...Object.entries(SETTINGS)
      .filter(
        ([name]) => !neighbours.some(({ ofDjango = [] }) => ofDjango.includes(name)),
      )
      .map(([name, value]) => [`SETTINGS.${name}`, value]),
    ...AUTHENTICATORS.filter(
      (name) => !neighbours.some(({ authenticators }) => authenticators.includes(name)),
    ).map((name) => [`AUTHENTICATORS.${name}`, true]),
    ...neighbours.flatMap((each) => settingsUnknownTo(each, rest)),
  ] as const
  const [name, value] = settings.find(([name, value]) => !isKnown(`${name}`, value)) ?? []
  return name === undefined ? undefined : `${name}: ${JSON.stringify(value)}`
}

/** Of the list of neighbours, each is a setting that may be unknown. */
function listed([name, value]: [string, unknown]): readonly (readonly [
  string,
  unknown,
])[] {
  if (name !== 'NEIGHBOURS') return [[name, value]]
  const known = NEIGHBOURS.map((each) => each.name)
  return (value as readonly string[])
    .filter((each) => !known.includes(each))
    .map((each) => [`NEIGHBOURS.${each}`, true])
}

const settingsUnknownTo = (
  { section, settings }: Neighbour,
  config: { readonly [name: string]: unknown },
): readonly (readonly [string, unknown])[] =>
  Object.entries(config[section] ?? {})
    .filter(([name]) => !settings.includes(name))
    .map(([name, value]) => [`${section}.${name}`, value])

function isKnown(setting: string, value: unknown): boolean {
  const values = VALUES[setting]
  if (values !== undefined)
    return values.some((known) => JSON.stringify(known) === JSON.stringify(value))
  const [group, name = ''] = setting.split('.')
  if (group === 'AUTHENTICATORS') return Object.hasOwn(SCHEMES, name)
  if (setting === 'SIMPLE_JWT.AUTH_TOKEN_CLASSES')
    return (value as string[]).every((path) => Object.hasOwn(TYPES, path))
  return (
    group === 'SIMPLE_JWT' && (Object.hasOwn(TOKENS, name) || Object.hasOwn(OTHERS, name))
  )
}

const keyText = (file: string): string =>
  readFileSync(new URL(file.replace(/^file:/, ''), DATA), 'utf8')

/** `HTTP_X_ACCESS_TOKEN`, as CGI spells it, is `X-ACCESS-TOKEN`. */
const headerNamed = (name: string): string =>
  name.replace(/^HTTP_/, '').replaceAll('_', '-')

/** Simple JWT's classes of tokens. */
const TYPES: { readonly [path: string]: 'access' | 'sliding' } = {
  'rest_framework_simplejwt.tokens.AccessToken': 'access',
  'rest_framework_simplejwt.tokens.SlidingToken': 'sliding',
}

const claims = ({ username, staff, superuser, attributes }: User): object => ({
  username,
  is_staff: staff,
  is_superuser: superuser,
  groups: [...((attributes.groups ?? []) as string[])].sort(),
})

/** Adds a member to the answer, as a serializer of one's own does. */
const withUser: EndpointHandler = async ({ username = '' }, _request, next) => {
  const pair: { readonly access?: string } = await next()
  return {
    ...pair,
    user: { id: Number(opened(pair.access ?? '')?.claims.user_id), username },
  }
}
