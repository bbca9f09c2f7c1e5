import { AuthError } from '../../base/errors.ts'
import { requireFresh } from '../../features/accounts/fresh.ts'
import { hasAllScopes, isOwner, ownAccount } from '../../features/accounts/own-account.ts'
import { plainLoginError } from '../../features/api-tokens/obtain.ts'
import { post } from '../../features/define-feature.ts'
import { METHODS } from '../../features/social/account-of-profile.ts'
import { providerNamed } from '../../features/social/begin.ts'
import { PROOF } from '../../features/social/endpoints.ts'
import type { Identity } from '../../features/social/identity.ts'
import {
  linkOwnIdentity,
  listIdentities,
  unlinkOwnIdentity,
} from '../../features/social/own-identities.ts'
import {
  accountOfProof,
  proveSocial,
  type SocialProof,
} from '../../features/social/sign-in.ts'
import { json } from '../../http/answer.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { answer, schemaOfFields } from '../../http/description.ts'
import { closed, listOf, orNull, text } from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { DETAIL } from '../detail.ts'
import { isoWithMicroseconds } from '../iso-time.ts'
import type { PresetParts } from './answer.ts'
import { browserOf } from './browser.ts'
import { setsCookies } from './cookies.ts'
import { signIn, signInAnswers } from './sign-in.ts'

const MESSAGES = {
  nothing: 'Incorrect input. access_token or code is required.',
  code: 'Failed to exchange code for access token',
  token: 'Incorrect value',
  taken: 'User is already registered with this e-mail address.',
} as const

const fault = (message: string): AuthError =>
  new AuthError('invalid', undefined, { body: { non_field_errors: [message] } })

/** An ID token names its audience by itself, so it counts first; an access token goes before a code, as theirs do. */
function proofIn(fields: SocialProof): SocialProof {
  const { id_token, access_token, code, ...others } = fields
  if (id_token !== undefined) return { id_token, nonce: others.nonce }
  if (access_token !== undefined) return { access_token }
  if (code === undefined) throw fault(MESSAGES.nothing)
  return { code, ...others }
}

/** Runs a step, whose errors get their texts. */
async function inTheirWords<Result>(
  { code }: SocialProof,
  step: Promise<Result>,
): Promise<Result> {
  return step.catch((error: unknown) => {
    if (!(error instanceof AuthError)) throw error
    const refused = code === undefined ? MESSAGES.token : MESSAGES.code
    if (error.code === 'provider_refused' || error.code === 'invalid_code')
      throw fault(refused)
    if (error.code === 'account_exists') throw fault(MESSAGES.taken)
    throw error
  })
}

const ERRORS = ['invalid', 'temporarily_unavailable'] as const

/** `POST {name}/`: signs in with what a provider of the option `social` has returned. */
export const socialLogin = (
  name: string,
  provider: string,
  parts: PresetParts,
): PresetEndpoint =>
  definePresetEndpoint({
    path: `/${name}/`,
    span: 'watchword.sign_in',
    create(instance, open) {
      const browser = browserOf(parts.settings, instance)
      return post('Social Login', {
        fields: PROOF,
        describe: () => ({
          operationId: `djRestAuthSocial_${name}`,
          summary: `Sign in with ${provider}`,
          body: schemaOfFields(PROOF),
          answers: signInAnswers(parts, browser !== undefined),
          errors: ['no_active_account', 'csrf_failed', ...ERRORS],
          signsIn: true,
        }),
        async handle(fields, request) {
          const core = await open()
          const setsSome = setsCookies(parts.settings) || browser !== undefined
          if (setsSome) refuseCrossSite(request, browser ?? parts.cookies(core))
          const proof = proofIn(fields)
          const settings = providerNamed(provider, core)
          const { account } = await inTheirWords(
            proof,
            accountOfProof(settings, proof, request, core),
          )
          return signIn(account, request, { ...parts, browser, methods: METHODS }, core)
        },
      })
    },
    errorFor: plainLoginError,
  })

/** `POST {name}/connect/`: connects a provider to the own account. It starts no session. */
export const socialConnect = (name: string, provider: string): PresetEndpoint =>
  definePresetEndpoint({
    path: `/${name}/connect/`,
    create: (_, open) =>
      post('Social Connect', {
        requirement: isOwner,
        fields: PROOF,
        describe: () => ({
          operationId: `djRestAuthConnect_${name}`,
          summary: `Connect ${provider} to your account`,
          body: schemaOfFields(PROOF),
          answers: { 200: DETAIL },
          errors: ['insufficient_user_authentication', ...ERRORS],
        }),
        async handle(fields, request, { principal }) {
          const core = await open()
          const proof = proofIn(fields)
          const settings = providerNamed(provider, core)
          const account = await requireFresh(principal, {}, core)
          const profile = await inTheirWords(
            proof,
            proveSocial(settings, proof, request, core),
          )
          await linkOwnIdentity(account, settings, profile, request, core)
          return json({ detail: 'Connected.' })
        },
      }),
  })

/** `GET socialaccounts/` */
export const socialAccounts = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/socialaccounts/',
    create: (_, open) => ({
      name: 'Social Account List',
      requirement: hasAllScopes,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'djRestAuthSocialAccounts',
            summary: 'List the providers that sign you in',
            answers: { 200: answer('The identities.', listOf(ACCOUNT)) },
          }),
          async handle(_fields, _request, { principal }) {
            const core = await open()
            const { user } = await ownAccount((principal as Principal).user.id, core)
            return json((await listIdentities(user.id, core)).map(accountJson))
          },
        },
      },
    }),
  })

const ACCOUNT = closed({
  id: text(),
  provider: text(),
  uid: text("The provider's id of the person."),
  last_login: orNull(text()),
  date_joined: text(),
})

const isoOf = (moment: number): string => isoWithMicroseconds(new Date(moment * 1000))

const accountJson = (identity: Identity) => ({
  id: identity.id,
  provider: identity.provider,
  uid: identity.subject,
  last_login: isoOf(identity.lastUsedAt ?? identity.createdAt),
  date_joined: isoOf(identity.createdAt),
})

/** `POST socialaccounts/:id/disconnect/` */
export const socialDisconnect = (): PresetEndpoint =>
  definePresetEndpoint({
    path: '/socialaccounts/:id/disconnect/',
    create: (_, open) =>
      post('Social Account Disconnect', {
        requirement: isOwner,
        fields: {},
        describe: () => ({
          operationId: 'djRestAuthDisconnect',
          summary: 'Disconnect a provider from your account',
          answers: { 200: answer('Disconnected.', closed({})) },
          errors: ['invalid', 'not_found', 'insufficient_user_authentication'],
        }),
        async handle(_fields, request, { principal, parameters }) {
          const removal = { id: parameters.id ?? '' }
          await unlinkOwnIdentity(principal, removal, request, await open())
          return {}
        },
      }),
  })
