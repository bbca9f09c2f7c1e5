import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { guardOf } from '../../../src/adapters/node.ts'
import type { Scheme } from '../../../src/authentication/scheme.ts'
import { oauth2 } from '../../../src/features/social/custom-providers.ts'
import type { ProviderClaims } from '../../../src/features/social/provider.ts'
import { isAuthenticatedWithAnyScope, socialOAuth2 } from '../../../src/presets/index.ts'
import type { User } from '../../../src/users/user.ts'
import type { Watchword } from '../../../src/watchword.ts'
import { DATA, type JsonObject, readJson } from '../recording.ts'
import { type GuardedRequest, type View, view } from '../view.ts'
import type { Neighbour, NeighbourTerms, OpenNeighbour, Row } from './neighbour.ts'
import {
  ALL_METHODS,
  applicationsOf,
  locationShown,
  oauthOptionsOf,
  passwordClients,
  register,
  tokenShown,
  toolkitViews,
} from './oauth-toolkit.ts'

/** What the provider says of a token. */
interface Said {
  readonly status?: number
  readonly json?: { readonly issued_to?: string }
  readonly text?: string
  readonly type?: string
  readonly close?: boolean
  readonly sleep?: number
}

const SAID = readJson<Readonly<Record<string, Said>>>(
  new URL('social-oauth2.provider.json', DATA),
)

const CLIENT = { clientId: 'oracle-app', clientSecret: 'oracle-secret' } as const

/** The recorded provider. Besides, it says for which application a token was issued. */
const address = await listening()

async function listening(): Promise<string> {
  const server = createServer((request, response) => void answer(request, response))
  server.unref()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
  const said: Said = SAID[token] ?? { status: 401, json: {} }
  response.setHeader('connection', 'close')
  if (request.url === '/application') {
    const application = said.json?.issued_to ?? CLIENT.clientId
    response.statusCode = said.status === 401 ? 401 : 200
    return void response.end(JSON.stringify({ application }))
  }
  if (said.close === true) return void request.socket.destroy()
  if (said.sleep !== undefined) await sleep(said.sleep * 1000)
  response.writeHead(said.status ?? 200, {
    'content-type': said.type ?? 'application/json',
  })
  response.end(said.text ?? JSON.stringify(said.json))
}

const provider = (byEmail: boolean) =>
  oauth2({
    ...CLIENT,
    endpoints: {
      authorization: 'https://provider.example.test/authorize',
      token: `${address}/token`,
      userInfo: `${address}/me`,
    },
    profile: ({ id, email, username }: ProviderClaims) => ({
      subject: id,
      email,
      emailVerified: true,
      username,
    }),
    linkByVerifiedEmail: byEmail,
    tokenProof: {
      request: (token) => ({
        url: `${address}/application`,
        method: 'GET',
        headers: { authorization: `Bearer ${token}` },
      }),
      audienceOf: ({ application }) => application,
    },
  })

const APPLICATIONS = applicationsOf('social').map((each) => ({
  ...each,
  // What the package is for: applications of one's own.
  skip_authorization: true,
}))

interface Settings {
  readonly OAUTH2_PROVIDER?: {
    readonly SCOPES?: Readonly<Record<string, string>>
    readonly DEFAULT_SCOPES?: readonly string[]
  }
  readonly SOCIAL_AUTH_PIPELINE?: readonly string[]
}

function open(given: JsonObject, _: NeighbourTerms): OpenNeighbour {
  const { OAUTH2_PROVIDER = {}, SOCIAL_AUTH_PIPELINE: pipeline = [] } = given as Settings
  const { SCOPES = {}, DEFAULT_SCOPES: defaultScopes } = OAUTH2_PROVIDER
  const preset = socialOAuth2({
    passwordGrant: passwordClients(APPLICATIONS),
    ...(defaultScopes && { defaultScopes }),
  })
  const byEmail = pipeline.some((each) => each.endsWith('associate_by_email'))
  return {
    schemes: Object.fromEntries(AUTHENTICATORS.map((name) => [name, preset.scheme])),
    options: {
      ...oauthOptionsOf(OAUTH2_PROVIDER),
      social: { fake: provider(byEmail), other: provider(byEmail) },
      presets: [preset],
    },
    views: (auth) => [
      ...toolkitViews(auth, preset.scheme),
      socialView(auth, 'hello', [preset.providerScheme]),
      socialView(auth, 'both', [preset.scheme, preset.providerScheme]),
    ],
    placeholder: tokenShown,
    header: locationShown,
    prepare(db) {
      register(APPLICATIONS, Object.keys(SCOPES), db)
      // Theirs links by an address that nobody has verified.
      if (byEmail)
        db.exec('update users set email_verified_at = 1 where email is not null')
    },
    // Theirs count: requests name the first one.
    async settle(db) {
      db.exec(
        "update identities set id = '1' where (select count(*) from identities) = 1",
      )
    },
  }
}

/** A view of the recorded project that shows the user. */
const socialView = (
  auth: Watchword<User>,
  path: string,
  schemes: readonly Scheme<User>[],
): readonly [RegExp, View] => {
  const answer = ({ auth: { user } }: GuardedRequest) => {
    const { username, active } = user as User
    return { body: { user: username, active } }
  }
  return [
    new RegExp(`^/social/${path}/$`),
    view(
      (listener) =>
        guardOf(auth)(
          { schemes, permissions: isAuthenticatedWithAnyScope as never },
          listener,
        ),
      Object.fromEntries(ALL_METHODS.map((method) => [method, answer])),
    ),
  ]
}

const AUTHENTICATORS = [
  'oauth2_provider.contrib.rest_framework.OAuth2Authentication',
  'rest_framework_social_oauth2.authentication.SocialAuthentication',
] as const

export const socialOAuth2Neighbour: Neighbour = {
  name: 'social-oauth2',
  section: 'SOCIAL',
  settings: [
    'OAUTH2_PROVIDER',
    'SOCIAL_AUTH_PIPELINE',
    // What has no counterpart is a listed difference.
    'SOCIAL_AUTH_FAKE_WHITELISTED_DOMAINS',
    'SOCIAL_AUTH_FAKE_REQUESTS_TIMEOUT',
    'DRFSO2_URL_NAMESPACE',
    'BROWSER_URLS',
  ],
  authenticators: AUTHENTICATORS,
  effect: 'UserSocialAuth',
  open,
  rows: (db: DatabaseSync) =>
    new Map(
      (db.prepare('select provider, subject from identities').all() as Row[]).map(
        ({ provider, subject }): [string, Row] => [
          `${provider} ${subject}`,
          { user: null },
        ],
      ),
    ),
  changesOfOurs: (changes) => changes,
}
