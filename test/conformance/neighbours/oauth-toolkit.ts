import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { guardOf } from '../../../src/adapters/node.ts'
import { basic } from '../../../src/authentication/basic.ts'
import type { Scheme } from '../../../src/authentication/scheme.ts'
import { session } from '../../../src/features/browser-sessions/scheme.ts'
import { OPENID_SCOPES } from '../../../src/features/oauth/scope.ts'
import { secretDigestOf } from '../../../src/features/oauth/secret.ts'
import { allowAny } from '../../../src/permissions/index.ts'
import {
  isAuthenticatedOrTokenHasScope,
  isAuthenticatedWithAnyScope,
  oauthToolkit,
  tokenHasReadWriteScope,
  tokenHasResourceScope,
  tokenHasScope,
  tokenMatchesOasRequirements,
} from '../../../src/presets/index.ts'
import type { Options } from '../../../src/settings/options.ts'
import type { User } from '../../../src/users/user.ts'
import type { Watchword } from '../../../src/watchword.ts'
import { ISSUER } from '../oauth-terms.ts'
import { DATA, type JsonObject, readJson } from '../recording.ts'
import { type GuardedRequest, type View, view } from '../view.ts'
import type { Neighbour, NeighbourTerms, OpenNeighbour } from './neighbour.ts'
import { pageShown, sendAsClient } from './oauth-consent.ts'

/** A recorded application. */
export interface Application {
  readonly client_id: string
  readonly client_secret: string
  readonly client_type: 'confidential' | 'public'
  readonly authorization_grant_type: string
  readonly redirect_uris: string
  readonly post_logout_redirect_uris?: string
  readonly name: string
  readonly skip_authorization?: boolean
}

/** What a grant type of theirs allows here. The password grant is an option of the preset, and there is no implicit grant. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  'authorization-code': ['authorization_code', 'refresh_token'],
  'openid-hybrid': ['authorization_code', 'refresh_token'],
  'client-credentials': ['client_credentials'],
  password: ['refresh_token'],
  implicit: [],
}

export const applicationsOf = (name: 'oauth' | 'social'): readonly Application[] =>
  readJson<Record<string, readonly Application[]>>(
    new URL('oauth-applications.json', DATA),
  )[name] ?? []

/** Registers the recorded applications, but those that cannot be: a public client has no tokens of its own. */
export function register(
  applications: readonly Application[],
  scopes: readonly string[],
  db: DatabaseSync,
): void {
  for (const each of applications) {
    const { client_type: type, authorization_grant_type: grant } = each
    if (type === 'public' && grant === 'client-credentials') continue
    db.prepare(
      `insert into clients (id, name, proof, secret, keys, redirect_uris, post_logout_redirect_uris, grants, scopes,
        resources, audiences, skip_consent, session_id, created_at)
       values (?, ?, ?, ?, '[]', ?, ?, ?, ?, '[]', ?, ?, ?, 0)`,
    ).run(
      each.client_id,
      each.name,
      type === 'public' ? 'none' : 'secret',
      type === 'public' ? null : secretDigestOf(each.client_secret),
      JSON.stringify(words(each.redirect_uris)),
      JSON.stringify(words(each.post_logout_redirect_uris)),
      JSON.stringify(GRANTS[grant]),
      JSON.stringify(scopes),
      JSON.stringify(type === 'public' ? [] : [ISSUER]),
      each.skip_authorization === true ? 1 : 0,
      `of-${each.client_id}`,
    )
  }
}

const words = (text = ''): readonly string[] => text.split(' ').filter(Boolean)

/** The clients that may send passwords. */
export const passwordClients = (
  applications: readonly Application[],
): readonly string[] =>
  applications
    .filter(({ authorization_grant_type: grant }) => grant === 'password')
    .map(({ client_id: id }) => id)

interface Provider {
  readonly SCOPES?: Readonly<Record<string, string>>
  readonly DEFAULT_SCOPES?: readonly string[]
  readonly PKCE_REQUIRED?: boolean
  readonly ACCESS_TOKEN_EXPIRE_SECONDS?: number
  readonly AUTHORIZATION_CODE_EXPIRE_SECONDS?: number
  readonly REFRESH_TOKEN_EXPIRE_SECONDS?: number
  readonly REFRESH_TOKEN_GRACE_PERIOD_SECONDS?: number
}

/** The options that a recorded `OAUTH2_PROVIDER` stands for. */
export function oauthOptionsOf({ SCOPES = {}, ...settings }: Provider): Options {
  const own = Object.entries(SCOPES).filter(([name]) => !OPENID_SCOPES.includes(name))
  return {
    url: ISSUER,
    pages: true,
    console: true,
    oauth: {
      scopes: Object.fromEntries(own),
      access: settings.ACCESS_TOKEN_EXPIRE_SECONDS ?? 36_000,
      refresh: settings.REFRESH_TOKEN_EXPIRE_SECONDS ?? '366d',
      session: '366d',
      codeLife: settings.AUTHORIZATION_CODE_EXPIRE_SECONDS ?? 60,
      authorizePath: '/o/authorize/',
      implicitGrant: ['implicit-app', 'oidc-implicit'],
    },
    tokens: {
      algorithm: 'RS256',
      signingKey: readFileSync(new URL('keys/rs256.pem', DATA), 'utf8'),
      rotate: true,
      blacklistAfterRotation: true,
      overlap: settings.REFRESH_TOKEN_GRACE_PERIOD_SECONDS ?? 0,
    },
  }
}

const asksToSkip = (path: string): boolean => path.includes('approval_prompt=')

const APPLICATIONS = applicationsOf('oauth')

function open(settings: JsonObject, { paths }: NeighbourTerms): OpenNeighbour {
  const provider = settings as Provider
  const {
    SCOPES = {},
    DEFAULT_SCOPES: defaultScopes,
    PKCE_REQUIRED: pkce = true,
  } = provider
  const preset = oauthToolkit({
    passwordGrant: passwordClients(APPLICATIONS),
    ...(defaultScopes && { defaultScopes }),
  })
  // The configuration with this setting alone is about clients that send none, unless a page asks to be skipped.
  const isAboutPkce = Object.keys(provider).length === 3 && !paths.some(asksToSkip)
  const addsPkce = !pkce && !isAboutPkce
  return {
    schemes: {},
    options: { ...oauthOptionsOf(provider), presets: [preset] },
    views: (auth) => toolkitViews(auth, preset.scheme),
    placeholder: tokenShown,
    header: locationShown,
    page: pageShown,
    send: (request, send) => sendAsClient(request, send, addsPkce),
    prepare: (db) => register(APPLICATIONS, Object.keys(SCOPES), db),
  }
}

/** A token by the member that has it. */
export const tokenShown = (text: string, path: string): string | undefined =>
  /^(access_token|refresh_token)$/.test(path) && text.split('.').length === 3
    ? `<${path}>`
    : undefined

export const locationShown = (name: string, value: string): string =>
  name === 'location'
    ? value
        .replace(/([?&]code=)[^&]+/, '$1<code>')
        .replace(/(#access_token=)[^&]+/, '$1<access_token>')
        .replace(/(watchword_request%3D)[\w-]+/, '$1<request>')
    : value

export const ALL_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** The views of the recorded project. */
export function toolkitViews(
  auth: Watchword<User>,
  scheme: Scheme<User>,
): readonly (readonly [RegExp, View])[] {
  const guard = guardOf(auth)
  const on = (
    path: string,
    permissions: never,
    schemes: readonly Scheme<User>[] = [scheme],
  ): readonly [RegExp, View] => [
    new RegExp(`^/oauth/${path}/$`),
    view(
      (listener) => guard({ schemes, permissions, clients: true }, listener),
      Object.fromEntries(ALL_METHODS.map((method) => [method, who])),
    ),
  ]
  const user = isAuthenticatedWithAnyScope as never
  return [
    on('hello', user),
    on('hello-session-first', user, [session(), scheme]),
    on('hello-basic-second', user, [scheme, basic()]),
    on('open', allowAny as never),
    on('scoped', tokenHasScope('notes') as never),
    on('scoped-two', tokenHasScope('read', 'notes') as never),
    on('read-write', tokenHasReadWriteScope() as never),
    on('read-write-and', tokenHasReadWriteScope({ scopes: ['notes'] }) as never),
    on('resource', tokenHasResourceScope('album') as never),
    on('either', isAuthenticatedOrTokenHasScope('notes') as never, [scheme, basic()]),
    on(
      'alternate',
      tokenMatchesOasRequirements({
        GET: [['read']],
        POST: [['write', 'notes'], ['album:write']],
      }) as never,
    ),
    on('plain', user),
    on('plain-scoped', tokenHasScope('notes') as never),
    on('plain-read-write', tokenHasReadWriteScope() as never),
  ]
}

const isPlain = ({ url = '' }: GuardedRequest): boolean => url.startsWith('/oauth/plain')

export function who(asked: GuardedRequest): { readonly body: object } {
  if (isPlain(asked)) return { body: { ok: true } }
  const { user, client, scopes, scheme } = asked.auth
  const known = user as User | undefined
  const isAnonymous = scheme === 'anonymous'
  return {
    body: {
      user: isAnonymous ? '' : (known?.username ?? null),
      scopes: client === undefined ? null : [...scopes].sort(),
      client: client?.id ?? null,
    },
  }
}

export const oauthToolkitNeighbour: Neighbour = {
  name: 'oauth-toolkit',
  section: 'OAUTH2_PROVIDER',
  settings: [
    'SCOPES',
    'DEFAULT_SCOPES',
    'PKCE_REQUIRED',
    'ACCESS_TOKEN_EXPIRE_SECONDS',
    'AUTHORIZATION_CODE_EXPIRE_SECONDS',
    'REFRESH_TOKEN_EXPIRE_SECONDS',
    'REFRESH_TOKEN_GRACE_PERIOD_SECONDS',
    // Always on here.
    'ROTATE_REFRESH_TOKEN',
    'REFRESH_TOKEN_REUSE_PROTECTION',
    'OIDC_ENABLED',
    'OIDC_RP_INITIATED_LOGOUT_ENABLED',
    // What has no counterpart is a listed difference.
    'OIDC_RSA_PRIVATE_KEY',
    'OIDC_RSA_PRIVATE_KEYS_INACTIVE',
    'OIDC_ISS_ENDPOINT',
    'OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT',
    'OIDC_RP_INITIATED_LOGOUT_STRICT_REDIRECT_URIS',
    'OIDC_RP_INITIATED_LOGOUT_ACCEPT_EXPIRED_TOKENS',
    'OIDC_RP_INITIATED_LOGOUT_DELETE_TOKENS',
    'REQUEST_APPROVAL_PROMPT',
    'ALLOWED_REDIRECT_URI_SCHEMES',
    'ERROR_RESPONSE_WITH_SCOPES',
    'OAUTH2_BACKEND_CLASS',
  ],
  authenticators: [],
  effect: 'oauth-toolkit',
  open,
  rows: () => new Map(),
  changesOfOurs: (changes) => changes,
}
