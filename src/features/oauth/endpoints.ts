import { bearer } from '../../authentication/bearer.ts'
import { json } from '../../http/answer.ts'
import { type Answers, answer, type Description } from '../../http/description.ts'
import { guardedEndpoint, type HandlerContext } from '../../http/endpoint.ts'
import {
  closed,
  flag,
  listOf,
  named,
  type Properties,
  text,
} from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import { hasScope } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import { defineEndpoint } from '../define-feature.ts'
import { bodyOf, formEndpoint, NEEDS } from './form-endpoint.ts'
import { oauthError } from './oauth-error.ts'
import { hasOAuth } from './options.ts'

const TOKENS = named(
  'OAuthTokens',
  closed(
    {
      access_token: text(),
      token_type: text(),
      expires_in: { type: 'integer', description: 'In seconds.' },
      scope: text('What was granted, separated by spaces.'),
      refresh_token: text(),
      id_token: text(),
      issued_token_type: text('Of a token exchange (RFC 8693 §2.2.1).'),
    },
    ['refresh_token', 'id_token', 'issued_token_type'],
  ),
)

/** RFC 8693 §2.1. */
const EXCHANGE: Properties = {
  subject_token: text('The token to exchange.'),
  subject_token_type: text(
    '`urn:ietf:params:oauth:token-type:access_token`, or `…:id_token` of a provider.',
  ),
  subject_issuer: text(
    'The name of the provider in the option `social`, if it is its token.',
  ),
  nonce: text('Of the ID token of a provider, if it has one.'),
  actor_token: text('The access token of the party that acts as the user.'),
  actor_token_type: text(),
  requested_token_type: text(),
  audience: text('As `resource`.'),
}

/** Issues tokens to applications. */
export const oauthToken = defineEndpoint({
  path: { at: '/oauth/token' },
  mount: hasOAuth,
  span: 'watchword.oauth_token',
  needs: NEEDS,
  errorFor: oauthError,
  create: (_, open) =>
    formEndpoint(
      'OAuth Token',
      open,
      async () => (await import('./token.ts')).answerToken,
      {
        operationId: 'oauthToken',
        summary: 'Issue tokens to an application (RFC 6749)',
        body: bodyOf(
          {
            grant_type: text(
              '`authorization_code`, `refresh_token`, `client_credentials`, or the name of an extension.',
            ),
            scope: text('Separated by spaces.'),
            resource: text('The service that the token is for (RFC 8707).'),
            code: text(),
            redirect_uri: text(),
            code_verifier: text(),
            refresh_token: text(),
            ...EXCHANGE,
          },
          ['grant_type'],
        ),
        answers: { 200: answer('The tokens.', TOKENS) },
        errors: [
          'invalid_request',
          'invalid_client',
          'invalid_grant',
          'unauthorized_client',
          'unsupported_grant_type',
          'invalid_scope',
          'invalid_target',
          'invalid_dpop_proof',
          'use_dpop_nonce',
        ],
      },
    ),
})

const TOKEN_BODY = bodyOf({ token: text(), token_type_hint: text('Ignored.') }, ['token'])

/** Revokes the session of a token. */
export const oauthRevoke = defineEndpoint({
  path: { at: '/oauth/revoke' },
  mount: hasOAuth,
  needs: NEEDS,
  errorFor: oauthError,
  create: (_, open) =>
    formEndpoint(
      'OAuth Revocation',
      open,
      async () => (await import('./revoke.ts')).answerRevocation,
      {
        operationId: 'oauthRevoke',
        summary: 'Revoke a token of an application (RFC 7009)',
        body: TOKEN_BODY,
        answers: { 200: answer('The token is not valid any more, or never was.') },
        errors: ['invalid_request', 'invalid_client', 'unsupported_token_type'],
      },
    ),
})

const INTROSPECTION = named(
  'OAuthIntrospection',
  closed(
    {
      active: flag(),
      scope: text(),
      client_id: text(),
      username: text(),
      token_type: text(),
      exp: { type: 'integer' },
      iat: { type: 'integer' },
      sub: text(),
      aud: {},
      iss: text(),
      jti: text(),
      cnf: {
        type: 'object',
        description: 'The thumbprint of the key that it is bound to (RFC 9449 §6.2).',
      },
    },
    [
      'scope',
      'client_id',
      'username',
      'token_type',
      'exp',
      'iat',
      'sub',
      'aud',
      'iss',
      'jti',
      'cnf',
    ],
  ),
)

/** Describes a token to the service that it is for (RFC 7662). */
export const oauthIntrospect = defineEndpoint({
  path: { at: '/oauth/introspect' },
  mount: hasOAuth,
  needs: NEEDS,
  errorFor: oauthError,
  create: (_, open) =>
    formEndpoint(
      'OAuth Introspection',
      open,
      async () => (await import('./introspect.ts')).answerIntrospection,
      {
        operationId: 'oauthIntrospect',
        summary: 'Describe a token to the service that it is for (RFC 7662)',
        body: TOKEN_BODY,
        answers: {
          200: answer(
            'Only `active` if the token is not valid or not for it.',
            INTROSPECTION,
          ),
        },
        errors: ['invalid_request', 'invalid_client'],
      },
    ),
})

const USER_INFO = answer('The claims of the scopes.', {
  type: 'object',
  required: ['sub'],
  properties: {
    sub: text(),
    preferred_username: text(),
    email: text(),
    email_verified: flag(),
    phone_number: text(),
    phone_number_verified: flag(),
  },
})

/** The claims of the user of a token (OpenID Connect Core 1.0 §5.3). */
export const oauthUserInfo = defineEndpoint({
  path: { at: '/oauth/userinfo' },
  mount: hasOAuth,
  needs: NEEDS,
  create() {
    const handler = (operationId: string) => ({
      describe: (): Description => ({
        operationId,
        summary: 'The user of a token of an application, with the scope `openid`',
        answers: { 200: USER_INFO },
        errors: ['insufficient_scope'],
      }),
      handle: async (
        _: unknown,
        __: AuthRequest,
        { principal }: HandlerContext<Principal>,
      ) => (await import('./userinfo.ts')).userInfoOf(principal),
    })
    return guardedEndpoint<Principal>()({
      name: 'OAuth User Info',
      path: '/oauth/userinfo',
      ignoresAccept: true,
      authentication: [bearer()],
      requirement: hasScope('openid'),
      methods: { GET: handler('oauthUserInfo'), POST: handler('postOauthUserInfo') },
    })
  },
})

const METADATA: Answers = {
  200: answer('The metadata.', {
    type: 'object',
    required: ['issuer', 'token_endpoint', 'jwks_uri'],
    properties: {
      issuer: text(),
      token_endpoint: text(),
      jwks_uri: text(),
      scopes_supported: listOf(text()),
    },
  }),
}

const metadataEndpoint = (at: string, name: string, operationId: string) =>
  defineEndpoint({
    path: { at },
    mount: hasOAuth,
    needs: NEEDS,
    create: ({ surface }, open) => ({
      name,
      ignoresAccept: true,
      count: false,
      methods: {
        GET: {
          describe: () => ({
            operationId,
            summary: 'The addresses and abilities of the authorization server',
            answers: METADATA,
          }),
          async handle() {
            const { metadataOf } = await import('./metadata.ts')
            return json(metadataOf(await open(), surface()), {
              cacheControl: 'public, max-age=60',
              // Applications in browsers of other origins read it; it is the same for all.
              headers: [['Access-Control-Allow-Origin', '*']],
            })
          },
        },
      },
    }),
  })

/** The metadata of the authorization server (RFC 8414). */
export const oauthMetadata = metadataEndpoint(
  '/.well-known/oauth-authorization-server',
  'OAuth Metadata',
  'oauthMetadata',
)

/** The same at the path of OpenID Connect Discovery 1.0 §4. */
export const openidConfiguration = metadataEndpoint(
  '/.well-known/openid-configuration',
  'OpenID Configuration',
  'openidConfiguration',
)
