import { answer } from '../../../http/description.ts'
import { closed, named, text } from '../../../http/json-schema.ts'
import { defineEndpoint } from '../../define-feature.ts'
import { bodyOf, formEndpoint, NEEDS } from '../form-endpoint.ts'
import { oauthError } from '../oauth-error.ts'
import { hasOAuth } from '../options.ts'

const PUSHED = named(
  'OAuthPushedRequest',
  closed({
    request_uri: text('Refers to the request at `/oauth/authorize`, once.'),
    expires_in: { type: 'integer', description: 'In seconds.' },
  }),
)

/** Takes an authorization request before the browser is sent to the consent page (RFC 9126). */
export const oauthPushedRequest = defineEndpoint({
  path: { at: '/oauth/par' },
  mount: hasOAuth,
  needs: NEEDS,
  errorFor: oauthError,
  create: (_, open) =>
    formEndpoint(
      'OAuth Pushed Request',
      open,
      async () => (await import('./pushed-request.ts')).answerPushedRequest,
      {
        operationId: 'oauthPushedRequest',
        summary: 'Push an authorization request (RFC 9126)',
        body: bodyOf(
          {
            response_type: text('`code`.'),
            redirect_uri: text(),
            scope: text('Separated by spaces.'),
            state: text(),
            nonce: text(),
            code_challenge: text(),
            code_challenge_method: text('`S256`.'),
            resource: text('The service that the tokens are for (RFC 8707).'),
            dpop_jkt: text('The key that the tokens must be bound to (RFC 9449).'),
          },
          ['response_type', 'code_challenge', 'code_challenge_method'],
        ),
        answers: { 201: answer('The reference.', PUSHED) },
        errors: [
          'invalid_request',
          'invalid_client',
          'unauthorized_client',
          'invalid_scope',
          'invalid_target',
          'invalid_dpop_proof',
          'use_dpop_nonce',
          'throttled',
        ],
      },
    ),
})
