import { AuthError } from '../../base/errors.ts'
import type { Core } from '../../features/core.ts'
import { METHODS } from '../../features/social/account-of-profile.ts'
import { beginSocial } from '../../features/social/begin.ts'
import { providersIn } from '../../features/social/options.ts'
import type { ProviderSettings } from '../../features/social/provider.ts'
import { accountOfProof } from '../../features/social/sign-in.ts'
import { browserIn } from '../../features/social/state.ts'
import { content, json } from '../../http/answer.ts'
import { answer } from '../../http/description.ts'
import { endpoint } from '../../http/endpoint.ts'
import type { Field, Fields } from '../../http/fields.ts'
import { closed, text } from '../../http/json-schema.ts'
import { queryOf } from '../../http/query.ts'
import type { AuthRequest } from '../../http/request.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'

const FIELD: Field = { trim: false, optional: true, allowBlank: true, maxBytes: 4096 }

/** In the query, or in the body. */
const RETURNED = {
  code: FIELD,
  state: FIELD,
  iss: FIELD,
  error: FIELD,
} as const satisfies Fields

type Returned = Readonly<Partial<Record<keyof typeof RETURNED, string>>>

const PATH = '/o/:provider/'

/** `GET` and `POST o/:provider/`: the way to a provider of the option `social`, and the sign-in with what it returned. */
export const social = (): PresetEndpoint =>
  definePresetEndpoint({
    path: PATH,
    span: 'watchword.sign_in',
    issues: { type: 'refresh', field: 'refresh' },
    needs: {
      signing: 'djoser({ social: true }) signs users in and needs a signing key.',
    },
    create: (_, open) =>
      endpoint({
        name: 'Provider Auth',
        path: PATH,
        methods: {
          GET: {
            describe: () => ({
              operationId: 'djoserBeginSocial',
              summary: 'Begin a sign-in with a provider',
              answers: {
                200: {
                  ...answer('Where to send the browser.', BEGUN),
                  headers: ['Set-Cookie'],
                },
                400: answer('The address is not allowed.', text()),
              },
              errors: ['not_found', 'temporarily_unavailable'],
            }),
            async handle(_fields, request, { parameters }) {
              const core = await open()
              return begin(providerOf(parameters.provider, core), request, core)
            },
          },
          POST: {
            fields: RETURNED,
            describe: () => ({
              operationId: 'djoserSocial',
              summary: 'Sign in with what a provider has returned',
              answers: { 201: answer('Signed in.', SIGNED_IN) },
              errors: [
                'invalid',
                'no_active_account',
                'account_exists',
                'not_found',
                'temporarily_unavailable',
              ],
              signsIn: true,
            }),
            async handle(fields, request, { parameters }) {
              const core = await open()
              const settings = providerOf(parameters.provider, core)
              return signIn(settings, fields, request, core)
            },
          },
        },
      }),
  })

const BEGUN = closed({ authorization_url: text("The provider's page.") })
const SIGNED_IN = closed({ access: text(), refresh: text(), user: text('The username.') })

/** @throws AuthError `not_found` */
function providerOf(name = '', { section }: Core): ProviderSettings {
  const settings = providersIn(section).get(name)
  if (settings !== undefined) return settings
  const detail = `Provider '${name}' not supported`
  throw new AuthError('not_found', undefined, { body: { detail } })
}

const NOT_ALLOWED = 'redirect_uri must be in SOCIAL_AUTH_ALLOWED_REDIRECT_URIS'

async function begin(
  settings: ProviderSettings,
  request: AuthRequest,
  core: Core,
): Promise<object> {
  const redirectUri = queryOf(request.url).get('redirect_uri') ?? ''
  if (!settings.redirectUris.includes(redirectUri))
    // Djoser answers a text.
    return content('application/json', JSON.stringify(NOT_ALLOWED), { status: 400 })
  const begun = await beginSocial(settings, { redirectUri }, request, core)
  return json(
    { authorization_url: begun.authorizationUrl },
    { headers: [['Set-Cookie', begun.cookie]] },
  )
}

async function signIn(
  settings: ProviderSettings,
  fields: Returned,
  request: AuthRequest,
  core: Core,
): Promise<object> {
  const query = queryOf(request.url)
  const returned = { ...fields, ...Object.fromEntries(query) }
  const { code, state, error } = returned
  if (state === undefined || state === '') throw fault('Missing needed parameter state')
  const isInQuery = query.has('state')
  requireBrowser(isInQuery, request, core)
  if (error !== undefined) throw fault('Authentication process canceled')
  const { account } = await accountOfProof(
    settings,
    { code: code ?? '', state, iss: returned.iss },
    request,
    core,
  ).catch((refused: unknown) => {
    throw translated(refused, isInQuery)
  })
  const pair = await core.completeSignIn(account, { methods: METHODS, request })
  const { access, refresh } = pair
  return json({ access, refresh, user: account.user.username }, { status: 201 })
}

const fault = (message: string): AuthError =>
  new AuthError('invalid', undefined, { body: { non_field_errors: [message] } })

/** The texts of Djoser for a state in the query, and of social-core for one in a form. */
const TEXTS = {
  query: {
    none: 'State could not be found in server-side session data.',
    wrong: 'Invalid state has been provided.',
  },
  form: { none: 'Session value state missing.', wrong: 'Wrong state parameter given.' },
} as const

const textsOf = (isInQuery: boolean) => (isInQuery ? TEXTS.query : TEXTS.form)

function requireBrowser(isInQuery: boolean, request: AuthRequest, core: Core): void {
  if (browserIn(request, core) === undefined) throw fault(textsOf(isInQuery).none)
}

function translated(error: unknown, isInQuery: boolean): unknown {
  if (!(error instanceof AuthError)) return error
  if (error.code === 'invalid_code') return fault(textsOf(isInQuery).wrong)
  return error.code === 'provider_refused' ? fault(error.detail) : error
}
