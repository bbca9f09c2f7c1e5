import { bearer } from '../../authentication/bearer.ts'
import { AuthError, configError } from '../../base/errors.ts'
import type { Core, EndpointSettings, OpenCore } from '../../features/core.ts'
import { hasOAuth } from '../../features/oauth/options.ts'
import { type Answer, json } from '../../http/answer.ts'
import { type Answers, answer, type Description } from '../../http/description.ts'
import { guardedEndpoint, type HandlerContext } from '../../http/endpoint.ts'
import { closed, flag, members, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import { hasScope } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import { isAboutProof } from '../../proofs/binding.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { toolkitError, withoutCache } from './errors.ts'
import type { OAuthToolkitSettings } from './options.ts'

const NEEDS = {
  sessions: 'oauthToolkit() needs stored sessions: set tokens.sessions to true.',
  signing: 'oauthToolkit() issues tokens: set tokens.signingKey.',
} as const

/** @throws AuthError `invalid_config` if the option `oauth` is off */
export function requireOAuth(
  preset: string,
  { section }: Pick<EndpointSettings, 'section'>,
): void {
  if (hasOAuth(section)) return
  throw configError(
    `${preset}() needs the option oauth: set it to { scopes: { "read": "Read your data" } }.`,
  )
}

type Handle = (request: AuthRequest, core: Core) => Promise<Answer>

/** An endpoint that takes a form. Its handler is imported with the first request. */
const formEndpoint = (
  path: `/${string}`,
  name: string,
  load: () => Promise<Handle>,
  description: Description,
): PresetEndpoint =>
  definePresetEndpoint({
    path,
    needs: NEEDS,
    errorFor: toolkitError,
    create(settings, open) {
      requireOAuth('oauthToolkit', settings)
      return {
        name,
        ignoresAccept: true,
        methods: {
          POST: {
            describe: () => ({
              mediaTypes: ['application/x-www-form-urlencoded'],
              ...description,
            }),
            handle: async (_, request) => (await load())(request, await open()),
          },
        },
      }
    },
  })

export const TOKENS = closed(
  {
    access_token: text(),
    token_type: text(),
    expires_in: { type: 'integer' },
    scope: text(),
    refresh_token: text(),
    id_token: text(),
    issued_token_type: text(),
  },
  ['refresh_token', 'id_token', 'issued_token_type'],
)

const CLIENT = { client_id: text(), client_secret: text() }

/** `POST /token/` */
export const token = (settings: OAuthToolkitSettings): PresetEndpoint => ({
  ...formEndpoint(
    '/token/',
    'Token',
    async () => {
      const { answerToken } = await import('./token.ts')
      const { toolkitParameters } = await import('./parameters.ts')
      return (request, core) =>
        withoutCache(
          toolkitParameters(request).then((parameters) =>
            answerToken(parameters, request, settings, core),
          ),
        )
    },
    {
      operationId: 'oauthToolkitToken',
      summary: 'Issue tokens to an application',
      body: members({ grant_type: text(), ...CLIENT }, ['grant_type']),
      answers: { 200: answer('The tokens.', TOKENS) },
      errors: [
        'invalid_request',
        'invalid_client',
        'invalid_grant',
        'unauthorized_client',
        'unsupported_grant_type',
        'invalid_scope',
        'invalid_target',
      ],
    },
  ),
  span: 'watchword.oauth_token',
})

/** `POST /revoke_token/` */
export const revokeToken = (): PresetEndpoint =>
  formEndpoint(
    '/revoke_token/',
    'Revoke Token',
    async () => {
      const { answerRevocation } = await import('./revoke.ts')
      return (request, core) => withoutCache(answerRevocation(request, core))
    },
    {
      operationId: 'oauthToolkitRevokeToken',
      summary: 'Revoke a token of an application',
      body: members({ token: text(), ...CLIENT }, ['token']),
      answers: { 200: { description: 'The token is not valid any more, or never was.' } },
      errors: ['invalid_request', 'invalid_client'],
    },
  )

const INTROSPECTION = closed(
  {
    active: flag(),
    scope: text(),
    exp: { type: 'integer' },
    client_id: text(),
    username: text(),
  },
  ['scope', 'exp', 'client_id', 'username'],
)

/** `POST /introspect/` */
export const introspect = (settings: OAuthToolkitSettings): PresetEndpoint =>
  formEndpoint(
    '/introspect/',
    'Introspect Token',
    async () => {
      const { answerIntrospection } = await import('./introspect.ts')
      return (request, core) => answerIntrospection(request, settings, core)
    },
    {
      operationId: 'oauthToolkitIntrospect',
      summary: 'Describe a token to the service that it is for',
      body: members({ token: text(), ...CLIENT }, ['token']),
      answers: {
        200: answer('Only `active` if the token is not valid.', INTROSPECTION),
        403: { description: 'The caller may not introspect tokens.' },
      },
      errors: ['invalid_request'],
    },
  )

const USER_INFO: Answers = {
  200: answer('The claims of the scopes.', {
    type: 'object',
    properties: { sub: text() },
    required: ['sub'],
  }),
}

/** `GET` and `POST /userinfo/` */
export const userInfo = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/userinfo/',
    needs: NEEDS,
    errorFor: userInfoError,
    create(settings) {
      requireOAuth('oauthToolkit', settings)
      const handler = (operationId: string) => ({
        describe: (): Description => ({
          operationId,
          summary: 'The user of a token with the scope `openid`',
          answers: USER_INFO,
        }),
        handle: async (
          _: unknown,
          __: AuthRequest,
          { principal }: HandlerContext<Principal>,
        ) => (await import('../../features/oauth/userinfo.ts')).userInfoOf(principal),
      })
      return guardedEndpoint<Principal>()({
        name: 'User Info',
        path: '/userinfo/',
        ignoresAccept: true,
        authentication: [bearer()],
        requirement: hasScope('openid'),
        methods: {
          GET: handler('oauthToolkitUserInfo'),
          POST: handler('oauthToolkitPostUserInfo'),
        },
      })
    },
  })

const REFUSED =
  'The access token provided is expired, revoked, malformed, or invalid for other reasons.'

/** A token without the scope is refused as a wrong one is. */
function userInfoError(error: AuthError): AuthError {
  const isOfToken = error.status === 401 || error.status === 403
  if (!isOfToken || isAboutProof(error)) return error
  return new AuthError('authentication_failed', error.message, {
    body: { error: 'invalid_token', error_description: REFUSED },
    challenges: [`Bearer error="invalid_token", error_description="${REFUSED}"`],
    cause: error,
  })
}

/** Readable by scripts of every page, as it has no secret. */
const PUBLIC = { headers: [['Access-Control-Allow-Origin', '*']] } as const

/** `GET /.well-known/openid-configuration` */
export const openidConfiguration = ({ prefix }: OAuthToolkitSettings): PresetEndpoint =>
  documentEndpoint('/.well-known/openid-configuration', 'Provider Info', {
    operationId: 'oauthToolkitConfiguration',
    summary: 'The metadata for clients of OpenID Connect',
    async document(open, { surface }) {
      const { toolkitMetadata } = await import('./metadata.ts')
      return toolkitMetadata(prefix, await open(), surface())
    },
  })

/** `GET /.well-known/jwks.json` */
export const jwks = (): PresetEndpoint =>
  documentEndpoint('/.well-known/jwks.json', 'Jwks Info', {
    operationId: 'oauthToolkitJwks',
    summary: 'The public keys, as a JWK Set',
    document: async (open) => (await open()).keys.published(),
  })

interface PublicDocument {
  readonly operationId: string
  readonly summary: string
  document(open: OpenCore, settings: EndpointSettings): Promise<object>
}

const documentEndpoint = (
  path: `/${string}`,
  name: string,
  { operationId, summary, document }: PublicDocument,
): PresetEndpoint =>
  definePresetEndpoint({
    path,
    create(settings, open) {
      requireOAuth('oauthToolkit', settings)
      return {
        name,
        ignoresAccept: true,
        count: false,
        methods: {
          GET: {
            describe: () => ({
              operationId,
              summary,
              answers: { 200: answer('The document.', { type: 'object' }) },
            }),
            handle: async () => json(await document(open, settings), PUBLIC),
          },
        },
      }
    },
  })
