import type { Scheme } from '../../authentication/scheme.ts'
import { configError } from '../../base/errors.ts'
import type { Core, EndpointSettings } from '../../features/core.ts'
import { guardedPost } from '../../features/define-feature.ts'
import type { Parameters } from '../../features/oauth/parameters.ts'
import { hasSocial } from '../../features/social/options.ts'
import type { Answer } from '../../http/answer.ts'
import { answer, type Description, NO_CONTENT } from '../../http/description.ts'
import type { Field } from '../../http/fields.ts'
import { members, text } from '../../http/json-schema.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { User } from '../../users/user.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { requireOAuth, TOKENS } from '../oauth-toolkit/endpoints.ts'
import { toolkitError, withoutCache } from '../oauth-toolkit/errors.ts'
import { isAuthenticatedWithAnyScope } from '../oauth-toolkit/permissions.ts'
import type { SocialOAuth2Settings } from './options.ts'

const NEEDS = {
  sessions: 'socialOAuth2() needs stored sessions: set tokens.sessions to true.',
  signing: 'socialOAuth2() issues tokens: set tokens.signingKey.',
} as const

/** @throws AuthError `invalid_config` if an option is off */
function requireOptions(settings: EndpointSettings): void {
  requireOAuth('socialOAuth2', settings)
  if (!hasSocial(settings.section))
    throw configError(
      'socialOAuth2() needs the option social: set it to { google: { clientId, clientSecret } }.',
    )
}

type Handle = (
  parameters: Parameters,
  request: AuthRequest,
  core: Core,
) => Promise<Answer>

interface FormEndpoint {
  readonly path: `/${string}`
  readonly name: string
  load(): Promise<Handle>
  readonly description: Description
}

/** An endpoint that takes a form or JSON. Its handler is imported with the first request. */
const formEndpoint = ({ path, name, load, description }: FormEndpoint): PresetEndpoint =>
  definePresetEndpoint({
    path,
    needs: NEEDS,
    errorFor: toolkitError,
    create(settings, open) {
      requireOptions(settings)
      const handle = async (_: unknown, request: AuthRequest): Promise<Answer> => {
        const { socialParameters } = await import('./parameters.ts')
        const answered = async () =>
          (await load())(await socialParameters(request), request, await open())
        return withoutCache(answered())
      }
      return { name, methods: { POST: { describe: () => description, handle } } }
    },
  })

const OAUTH_ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'temporarily_unavailable',
] as const

const CLIENT = { client_id: text(), client_secret: text() }

/** `POST /convert-token/` */
export const convertToken = (settings: SocialOAuth2Settings): PresetEndpoint => ({
  ...formEndpoint({
    path: '/convert-token/',
    name: 'Convert Token',
    async load() {
      const convert = (await import('./convert-token.ts')).convertToken
      return (parameters, request, core) => convert(parameters, request, settings, core)
    },
    description: {
      operationId: 'socialConvertToken',
      summary: 'Exchange the token of a provider for tokens of an application',
      body: members(
        {
          grant_type: text('`convert_token`.'),
          backend: text('The name of the provider in the option `social`.'),
          token: text('The access token of the provider.'),
          token_type: text('`id_token` if the token is one.'),
          nonce: text('Of an ID token, if it has one.'),
          scope: text(),
          ...CLIENT,
        },
        ['grant_type', 'backend', 'token', 'client_id'],
      ),
      answers: { 200: answer('The tokens.', TOKENS) },
      errors: OAUTH_ERRORS,
    },
  }),
  span: 'watchword.oauth_token',
})

/** `POST /token/` */
export const token = (settings: SocialOAuth2Settings): PresetEndpoint => ({
  ...formEndpoint({
    path: '/token/',
    name: 'Token',
    async load() {
      const { answerToken } = await import('../oauth-toolkit/token.ts')
      return (parameters, request, core) =>
        answerToken(parameters, request, settings, core)
    },
    description: {
      operationId: 'socialToken',
      summary: 'Issue tokens to an application',
      body: members({ grant_type: text(), ...CLIENT }, ['grant_type']),
      answers: { 200: answer('The tokens.', TOKENS) },
      errors: OAUTH_ERRORS,
    },
  }),
  span: 'watchword.oauth_token',
})

/** `POST /revoke-token/` */
export const revokeToken = (): PresetEndpoint =>
  formEndpoint({
    path: '/revoke-token/',
    name: 'Revoke Token',
    async load() {
      const { revoke } = await import('../oauth-toolkit/revoke.ts')
      const { empty } = await import('../../http/answer.ts')
      return async (parameters, request, core) => {
        await revoke(parameters, request, core)
        return empty()
      }
    },
    description: {
      operationId: 'socialRevokeToken',
      summary: 'Revoke a token of an application',
      body: members({ token: text(), ...CLIENT }, ['token']),
      answers: NO_CONTENT,
      errors: ['invalid_request', 'invalid_client'],
    },
  })

const FIELD: Field = { trim: true, maxBytes: 200 }

/** `POST /invalidate-sessions/`, and `POST /invalidate-refresh-tokens/`, which is the same: a session ends with all its tokens. */
export const invalidate = (
  path: '/invalidate-sessions/' | '/invalidate-refresh-tokens/',
  operationId: string,
  scheme: Scheme<User>,
): PresetEndpoint =>
  definePresetEndpoint({
    path,
    needs: NEEDS,
    create(settings, open) {
      requireOptions(settings)
      return guardedPost('Invalidate Sessions', {
        authentication: [scheme],
        requirement: isAuthenticatedWithAnyScope,
        fields: { client_id: FIELD },
        describe: () => ({
          operationId,
          summary: 'End all sessions that an application has of you',
          answers: NO_CONTENT,
          errors: ['invalid'],
        }),
        async handle({ client_id: id }, _, { principal }) {
          const { invalidateSessions } = await import('./invalidate.ts')
          return invalidateSessions(principal, id, await open())
        },
      })
    },
  })

/** `POST /disconnect-backend/` */
export const disconnectBackend = (scheme: Scheme<User>): PresetEndpoint =>
  definePresetEndpoint({
    path: '/disconnect-backend/',
    needs: NEEDS,
    create(settings, open) {
      requireOptions(settings)
      return guardedPost('Disconnect Backend', {
        authentication: [scheme],
        requirement: isAuthenticatedWithAnyScope,
        fields: { backend: FIELD, association_id: { ...FIELD, optional: true } },
        describe: () => ({
          operationId: 'socialDisconnectBackend',
          summary: 'Disconnect a provider from your account',
          answers: NO_CONTENT,
          errors: ['invalid'],
        }),
        async handle(fields, request, { principal }) {
          const { disconnectBackend: disconnect } = await import('./disconnect.ts')
          return disconnect(principal, fields, request, await open())
        },
      })
    },
  })
