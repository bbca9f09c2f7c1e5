import { answer, type Description, NO_CONTENT } from '../../../http/description.ts'
import type { HandlerContext } from '../../../http/endpoint.ts'
import {
  type JsonSchema,
  listOf,
  members,
  named,
  type Properties,
  text,
} from '../../../http/json-schema.ts'
import type { AuthRequest } from '../../../http/request.ts'
import type { Core, OpenCore, SectionReader, Surface } from '../../core.ts'
import { defineEndpoint } from '../../define-feature.ts'
import { NEEDS } from '../form-endpoint.ts'
import { oauthError } from '../oauth-error.ts'
import { oauthOptions } from '../options.ts'
import type { RegistrationRequest } from './register.ts'

const hasRegistration = (section: SectionReader): boolean =>
  (section(oauthOptions)?.registration ?? false) !== false

const CONFIGURATION = 'OAuth Client Configuration'

/** What an application says of itself (RFC 7591 §2). */
const SAID: Properties = {
  client_name: text('Shown to users.'),
  redirect_uris: listOf(text()),
  post_logout_redirect_uris: listOf(text()),
  token_endpoint_auth_method: text(
    '`none`, `client_secret_basic` (the default), `client_secret_post` or `private_key_jwt`.',
  ),
  grant_types: listOf(text()),
  response_types: listOf(text()),
  scope: text('Separated by spaces.'),
  backchannel_logout_uri: text('Where it is notified that a user has signed out.'),
  backchannel_logout_session_required: {
    type: 'boolean',
    description: 'The session is named in any case.',
  },
  subject_type: text(
    '`public`: tokens name users by their id; `pairwise`: by a name for the sector of the application alone.',
    { enum: ['public', 'pairwise'] },
  ),
  sector_identifier_uri: text(
    'The https address of a JSON list of its redirect URIs, whose host is its sector.',
  ),
  jwks: { type: 'object', description: 'With `private_key_jwt`: its public keys.' },
}

const METADATA: JsonSchema = named(
  'OAuthClientMetadata',
  members(
    {
      ...SAID,
      client_id: text(),
      client_id_issued_at: { type: 'integer' },
      client_secret: text('Only of a new application.', { format: 'password' }),
      client_secret_expires_at: { type: 'integer' },
      registration_access_token: text('Only of a new application.', {
        format: 'password',
      }),
      registration_client_uri: text('Where it manages its registration.'),
    },
    ['client_id', 'client_name', 'grant_types'],
  ),
)

type Handle = (id: string, asked: RegistrationRequest, core: Core) => Promise<object>

interface Deps {
  readonly surface: () => Surface
  readonly open: OpenCore
}

/** A method whose handler is imported with the first request. */
const method = (
  { surface, open }: Deps,
  load: () => Promise<Handle>,
  description: Description,
) => ({
  describe: (): Description => description,
  fields: {},
  async handle(
    _: unknown,
    request: AuthRequest,
    { parameters, body }: HandlerContext<unknown>,
  ) {
    const core = await open()
    const { issuerOf } = await import('../issuer.ts')
    const found = surface().endpoints.find(({ name }) => name === CONFIGURATION)
    const base = issuerOf(core) + (found?.path ?? '')
    const addressOf = (id: string): string => base.replace(':id', encodeURIComponent(id))
    const handle = await load()
    return handle(parameters.id ?? '', { request, body, addressOf }, core)
  },
})

/** Registers an application that asks for it (RFC 7591 §3). */
export const oauthRegistration = defineEndpoint({
  path: { at: '/oauth/register' },
  mount: hasRegistration,
  needs: NEEDS,
  errorFor: oauthError,
  create: ({ surface }, open) => ({
    name: 'OAuth Registration',
    ignoresAccept: true,
    methods: {
      POST: method(
        { surface, open },
        async () => {
          const { register } = await import('./register.ts')
          return (_, asked, core) => register(asked, core)
        },
        {
          operationId: 'oauthRegister',
          summary: 'Register an application that asks for it (RFC 7591)',
          body: members(SAID, []),
          answers: { 201: answer('The application.', METADATA) },
          errors: [
            'invalid_client_metadata',
            'invalid_redirect_uri',
            'not_authenticated',
            'throttled',
          ],
        },
      ),
    },
  }),
})

/** Shows, changes and deletes what an application has registered (RFC 7592 §2). */
export const oauthClientConfiguration = defineEndpoint({
  path: { at: '/oauth/register/:id' },
  mount: hasRegistration,
  needs: NEEDS,
  errorFor: oauthError,
  create: ({ surface }, open) => {
    const deps = { surface, open }
    return {
      name: CONFIGURATION,
      ignoresAccept: true,
      methods: {
        GET: method(deps, async () => (await import('./register.ts')).readRegistration, {
          operationId: 'readOauthRegistration',
          summary: 'Show what an application has registered (RFC 7592)',
          answers: { 200: answer('The application.', METADATA) },
          errors: ['not_authenticated'],
        }),
        PUT: method(
          deps,
          async () => (await import('./register.ts')).changeRegistration,
          {
            operationId: 'changeOauthRegistration',
            summary: 'Replace what an application has registered (RFC 7592)',
            body: members({ ...SAID, client_id: text() }, ['client_id']),
            answers: { 200: answer('The application.', METADATA) },
            errors: [
              'invalid_client_metadata',
              'invalid_redirect_uri',
              'not_authenticated',
            ],
          },
        ),
        DELETE: method(
          deps,
          async () => (await import('./register.ts')).endRegistration,
          {
            operationId: 'endOauthRegistration',
            summary: 'Delete an application that has registered itself (RFC 7592)',
            answers: NO_CONTENT,
            errors: ['not_authenticated'],
          },
        ),
      },
    }
  },
})
