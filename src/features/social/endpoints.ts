import { answer, NO_CONTENT } from '../../http/description.ts'
import { endpoint, guardedEndpoint } from '../../http/endpoint.ts'
import type { Field, Fields } from '../../http/fields.ts'
import { closed, flag, listOf, text } from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import { CURRENT_PASSWORD, FRESH_ERRORS } from '../accounts/fresh.ts'
import { isOwner } from '../accounts/own-account.ts'
import { defineEndpoint } from '../define-feature.ts'
import { crossSiteErrors, signInAnswer } from '../tokens/token-answers.ts'
import { IDENTITY } from './identity-json.ts'
import { hasSocial } from './options.ts'

/** Loaded with the first request. */
const handlers = () => import('./handlers.ts')

const TOKEN: Field = { trim: false, optional: true, maxBytes: 16_384 }
const SHORT: Field = { trim: false, optional: true, maxBytes: 2048 }

/** What an application sends that has got something from a provider. */
export const PROOF = {
  code: { ...SHORT, description: 'The code that the provider has returned.' },
  state: { ...SHORT, description: 'The state, as it was returned with the code.' },
  iss: { ...SHORT, description: 'The issuer, if it was returned with the code.' },
  redirect_uri: { ...SHORT, description: 'The redirect URI of a code without state.' },
  code_verifier: { ...SHORT, description: 'With a code without state: of PKCE.' },
  id_token: { ...TOKEN, description: 'An ID token for the application.' },
  nonce: { ...SHORT, description: 'With an ID token: what was sent to the provider.' },
  access_token: { ...TOKEN, description: 'An access token for the application.' },
} as const satisfies Fields

const PROOF_ERRORS = [
  'invalid',
  'invalid_code',
  'provider_refused',
  'temporarily_unavailable',
  'not_found',
] as const

/** `GET` and `POST /auth/social/:provider/`: the way to the provider, and the sign-in with what it returned. */
export const socialSignIn = defineEndpoint({
  path: { at: '/auth/social/:provider/' },
  mount: hasSocial,
  span: 'watchword.sign_in',
  issues: { type: 'refresh', field: 'refresh' },
  needs: {
    sessions: 'social needs stored sessions: set tokens.sessions to true.',
    signing: 'social signs users in and needs a signing key.',
  },
  create: ({ section }, open) =>
    endpoint({
      name: 'Social Sign-in',
      path: '/auth/social/:provider/',
      methods: {
        GET: {
          describe: () => ({
            operationId: 'beginSocialSignIn',
            summary: 'Begin a sign-in with a provider',
            answers: {
              200: {
                ...answer('With `redirect_uri`: where to send the browser.', BEGUN),
                headers: ['Set-Cookie'],
              },
              302: { description: 'Without it: the way to the provider.' },
            },
            errors: ['invalid', 'temporarily_unavailable', 'not_found'],
          }),
          async handle(_fields, request, { parameters }) {
            const { begin } = await handlers()
            return begin(parameters.provider, request, await open())
          },
        },
        POST: {
          fields: PROOF,
          describe: () => ({
            operationId: 'socialSignIn',
            summary: 'Sign in with what a provider has returned',
            answers: signInAnswer(section, {
              created: flag('Whether this sign-in has created the account.'),
            }),
            errors: [
              'no_active_account',
              'account_exists',
              ...PROOF_ERRORS,
              ...crossSiteErrors(section),
            ],
            signsIn: true,
          }),
          async handle(proof, request, { parameters }) {
            const { signIn } = await handlers()
            return signIn(parameters.provider, proof, request, await open())
          },
        },
      },
    }),
})

const BEGUN = closed({ authorization_url: text("The provider's page.") })

/** `GET` and `POST /auth/identities/`: the own identities, and a new one. */
export const ownIdentities = defineEndpoint({
  path: { at: '/auth/identities/' },
  mount: hasSocial,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Identities',
      path: '/auth/identities/',
      requirement: isOwner,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'listIdentities',
            summary: 'List the providers that sign you in',
            answers: { 200: answer('The identities.', listOf(IDENTITY)) },
          }),
          async handle(_fields, _request, { principal }) {
            return (await handlers()).list(principal, await open())
          },
        },
        POST: {
          fields: {
            provider: { trim: true, maxBytes: 64 },
            ...PROOF,
            current_password: CURRENT_PASSWORD,
          },
          describe: () => ({
            operationId: 'linkIdentity',
            summary: 'Connect a provider to your account',
            answers: { 201: answer('The identity.', IDENTITY) },
            errors: [...PROOF_ERRORS, ...FRESH_ERRORS],
          }),
          async handle(fields, request, { principal }) {
            return (await handlers()).add(fields, request, principal, await open())
          },
        },
      },
    }),
})

/** `DELETE /auth/identities/:id/` */
export const ownIdentity = defineEndpoint({
  path: { at: '/auth/identities/:id/' },
  mount: hasSocial,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Identity',
      path: '/auth/identities/:id/',
      requirement: isOwner,
      methods: {
        DELETE: {
          fields: { current_password: CURRENT_PASSWORD },
          describe: () => ({
            operationId: 'unlinkIdentity',
            summary: 'Disconnect a provider from your account',
            answers: NO_CONTENT,
            errors: ['not_found', ...FRESH_ERRORS],
          }),
          async handle(fields, request, { principal, parameters }) {
            const removal = { ...fields, id: parameters.id ?? '' }
            return (await handlers()).remove(removal, request, principal, await open())
          },
        },
      },
    }),
})
