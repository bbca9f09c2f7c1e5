import { answer } from '../../../http/description.ts'
import { closed, named, text } from '../../../http/json-schema.ts'
import type { SectionReader } from '../../core.ts'
import { defineEndpoint } from '../../define-feature.ts'
import { bodyOf, formEndpoint, NEEDS } from '../form-endpoint.ts'
import { oauthError } from '../oauth-error.ts'
import { oauthOptions } from '../options.ts'

export const hasDevices = (section: SectionReader): boolean =>
  section(oauthOptions)?.device === true

const DEVICE_CODE = named(
  'OAuthDeviceCode',
  closed({
    device_code: text('What the device polls `/oauth/token` with.'),
    user_code: text('What the user enters, such as `WDJB-MJHT`.'),
    verification_uri: text('The page on which the user enters it.', { format: 'uri' }),
    verification_uri_complete: text('The same with the code.', { format: 'uri' }),
    expires_in: { type: 'integer', description: 'In seconds.' },
    interval: { type: 'integer', description: 'Seconds between two polls.' },
  }),
)

/** Issues a code for a device (RFC 8628 §3.1). */
export const oauthDeviceAuthorization = defineEndpoint({
  path: { at: '/oauth/device_authorization' },
  mount: hasDevices,
  needs: NEEDS,
  errorFor: oauthError,
  create: (_, open) =>
    formEndpoint(
      'OAuth Device Authorization',
      open,
      async () => (await import('./authorization.ts')).answerDeviceAuthorization,
      {
        operationId: 'oauthDeviceAuthorization',
        summary: 'Issue a code for a device without a browser (RFC 8628)',
        body: bodyOf(
          {
            scope: text('Separated by spaces.'),
            resource: text('The service that the token is for (RFC 8707).'),
          },
          [],
        ),
        answers: { 200: answer('The code.', DEVICE_CODE) },
        errors: [
          'invalid_request',
          'invalid_client',
          'unauthorized_client',
          'invalid_scope',
          'invalid_target',
          'throttled',
        ],
      },
    ),
})
