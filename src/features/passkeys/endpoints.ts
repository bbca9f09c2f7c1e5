import { empty, json } from '../../http/answer.ts'
import { answer, NO_CONTENT } from '../../http/description.ts'
import { guardedEndpoint } from '../../http/endpoint.ts'
import type { Field } from '../../http/fields.ts'
import {
  closed,
  flag,
  type JsonSchema,
  listOf,
  moment,
  named,
  orNull,
  type Properties,
  text,
} from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { UserId } from '../../users/user.ts'
import { CURRENT_PASSWORD, FRESH_ERRORS } from '../accounts/fresh.ts'
import { isOwner, ownAccount } from '../accounts/own-account.ts'
import type { SectionReader } from '../core.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import {
  deliverSecondStep,
  secondStepAnswer,
  secondStepBody,
} from '../second-factors/finish.ts'
import { secondFactorOptions } from '../second-factors/options.ts'
import { withTokens } from '../second-factors/sign-in.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import { TOKEN } from '../tokens/credentials.ts'
import { crossSiteErrors, signInAnswer } from '../tokens/token-answers.ts'
import {
  assertionBody,
  assertionIn,
  registrationBody,
  registrationIn,
} from './credential-json.ts'
import { beginEnrolment, finishWithNewPasskey } from './enroll.ts'
import {
  addOwnPasskey,
  beginOwnPasskey,
  listPasskeys,
  removeOwnPasskey,
  renamePasskey,
} from './own-passkeys.ts'
import { passkeyJson } from './passkey-json.ts'
import { hasPasskeys } from './settings.ts'
import {
  beginSecondStep,
  beginSignIn,
  finishSecondStep,
  signInWithPasskey,
} from './sign-in.ts'

const LABEL: Field = { trim: true, maxBytes: 64 }
const TICKET: Field = { ...TOKEN, maxBytes: 64 }

/** As WebAuthn Level 3 §5.4 and §5.5 have them. */
const OPTIONS: JsonSchema = { type: 'object' }

const PASSKEY_FIELDS: Properties = {
  id: text(),
  label: text(),
  created_at: moment('When it was added.'),
  last_used_at: orNull(moment('When it was used last.')),
  aaguid: text('The model of the authenticator.'),
  transports: listOf(text()),
  backed_up: flag('Whether it is synced to other devices.'),
  suspended: flag('Whether it signs in only as a second step, since a reset.'),
}

const PASSKEY = named('Passkey', closed(PASSKEY_FIELDS))
const NEW_PASSKEY = closed({ ...PASSKEY_FIELDS, recovery_codes: listOf(text()) })

const NEEDS = {
  sessions: 'passkeys needs stored sessions: set tokens.sessions to true.',
  signing: 'passkeys signs users in and needs a signing key.',
} as const

const isSecondFactor = (section: SectionReader): boolean =>
  hasPasskeys(section) && section(secondFactorOptions) !== undefined

/** `POST /auth/passkeys/options/`: what a browser needs to make a passkey. */
export const passkeyRegistrationOptions = defineEndpoint({
  path: { at: '/auth/passkeys/options/' },
  mount: hasPasskeys,
  create: (_, open) =>
    post('Passkey Registration Options', {
      requirement: isOwner,
      fields: { current_password: CURRENT_PASSWORD },
      describe: () => ({
        operationId: 'passkeyRegistrationOptions',
        summary: 'Get the options to create a passkey',
        answers: { 200: answer('For `navigator.credentials.create()`.', OPTIONS) },
        errors: FRESH_ERRORS,
      }),
      async handle(fields, _request, { principal }) {
        return json(await beginOwnPasskey(principal, fields, await open()))
      },
    }),
})

/** `GET` and `POST /auth/passkeys/`: the own passkeys, and a new one. */
export const passkeys = defineEndpoint({
  path: { at: '/auth/passkeys/' },
  mount: hasPasskeys,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Passkeys',
      path: '/auth/passkeys/',
      requirement: isOwner,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'listPasskeys',
            summary: 'List your passkeys',
            answers: { 200: answer('The passkeys.', listOf(PASSKEY)) },
          }),
          async handle(_fields, _request, { principal }) {
            const core = await open()
            const { user } = await ownAccount(principal.user.id, core)
            return json((await listPasskeys(user.id, core)).map(passkeyJson))
          },
        },
        POST: {
          fields: { label: { ...LABEL, optional: true, allowBlank: true } },
          describe: () => ({
            operationId: 'addPasskey',
            summary: 'Add a passkey',
            body: registrationBody(),
            answers: { 201: answer('The passkey.', NEW_PASSKEY) },
            errors: ['invalid_code'],
          }),
          async handle({ label = '' }, request, { principal, body }) {
            const core = await open()
            const passkeyInput = { response: registrationIn(body), label }
            const added = await addOwnPasskey(principal, passkeyInput, request, core)
            return json(
              { ...passkeyJson(added.passkey), recovery_codes: added.recoveryCodes },
              { status: 201 },
            )
          },
        },
      },
    }),
})

/** `PATCH` and `DELETE /auth/passkeys/:id/` */
export const passkey = defineEndpoint({
  path: { at: '/auth/passkeys/:id/' },
  mount: hasPasskeys,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Passkey',
      path: '/auth/passkeys/:id/',
      requirement: isOwner,
      methods: {
        PATCH: {
          fields: { label: LABEL },
          describe: () => ({
            operationId: 'renamePasskey',
            summary: 'Rename a passkey',
            answers: NO_CONTENT,
            errors: ['not_found'],
          }),
          async handle({ label }, _request, { principal, parameters }) {
            const userId = principal.user.id as UserId
            await renamePasskey(userId, parameters.id ?? '', label, await open())
            return empty()
          },
        },
        DELETE: {
          fields: { current_password: CURRENT_PASSWORD },
          describe: () => ({
            operationId: 'removePasskey',
            summary: 'Remove a passkey',
            answers: NO_CONTENT,
            errors: ['not_found', ...FRESH_ERRORS],
          }),
          async handle(fields, request, { principal, parameters }) {
            const removal = { ...fields, id: parameters.id ?? '' }
            await removeOwnPasskey(principal, removal, request, await open())
            return empty()
          },
        },
      },
    }),
})

/** `POST /auth/passkeys/sign-in/options/`: what a browser needs to sign in. */
export const passkeySignInOptions = defineEndpoint({
  path: { at: '/auth/passkeys/sign-in/options/' },
  mount: hasPasskeys,
  create: (_, open) =>
    post('Passkey Sign-in Options', {
      fields: {},
      describe: () => ({
        operationId: 'passkeySignInOptions',
        summary: 'Get the options to sign in with a passkey',
        answers: { 200: answer('For `navigator.credentials.get()`.', OPTIONS) },
      }),
      handle: async () => json(await beginSignIn(await open())),
    }),
})

/** `POST /auth/passkeys/sign-in/` */
export const passkeySignIn = defineEndpoint({
  path: { at: '/auth/passkeys/sign-in/' },
  mount: hasPasskeys,
  span: 'watchword.sign_in',
  issues: { type: 'refresh', field: 'refresh' },
  needs: NEEDS,
  create: ({ section }, open) =>
    post('Passkey Sign-in', {
      fields: {},
      describe: () => ({
        operationId: 'signInWithPasskey',
        summary: 'Sign in with a passkey',
        body: assertionBody(),
        answers: signInAnswer(section),
        errors: ['no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle(_fields, request, { body }) {
        const core = await open()
        return deliverSignIn(request, core, () =>
          signInWithPasskey(assertionIn(body), withTokens(request, core), core),
        )
      },
    }),
})

/** `POST /auth/second-factor/passkey/options/`: what a browser needs for the second step of a sign-in. */
export const secondFactorPasskeyOptions = defineEndpoint({
  path: { at: '/auth/second-factor/passkey/options/' },
  mount: isSecondFactor,
  create: (_, open) =>
    post('Second Factor Passkey Options', {
      fields: { ticket: TICKET },
      describe: () => ({
        operationId: 'secondFactorPasskeyOptions',
        summary: 'Get the options for a second step with a passkey',
        answers: { 200: answer('For `navigator.credentials.get()`.', OPTIONS) },
        errors: ['invalid_code'],
      }),
      handle: async ({ ticket }) => json(await beginSecondStep(ticket, await open())),
    }),
})

/** `POST /auth/second-factor/passkey/` */
export const secondFactorPasskey = defineEndpoint({
  path: { at: '/auth/second-factor/passkey/' },
  mount: isSecondFactor,
  span: 'watchword.sign_in',
  needs: NEEDS,
  create: ({ section }, open) =>
    post('Second Factor Passkey', {
      fields: { ticket: TICKET },
      describe: () => ({
        operationId: 'signInWithPasskeyAsSecondFactor',
        summary: 'The second step of a sign-in, with a passkey',
        body: assertionBody(secondStepBody(section)),
        answers: secondStepAnswer(section),
        errors: ['invalid_code', 'no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle({ ticket }, request, { body }) {
        const core = await open()
        return deliverSecondStep({ request, body }, core, () =>
          finishSecondStep(ticket, assertionIn(body), withTokens(request, core), core),
        )
      },
    }),
})

/** `POST /auth/second-factor/passkey/registration/options/`: what a browser needs to make a first factor, by the ticket. */
export const enrollPasskeyOptions = defineEndpoint({
  path: { at: '/auth/second-factor/passkey/registration/options/' },
  mount: isSecondFactor,
  create: (_, open) =>
    post('Enroll Passkey Options', {
      fields: { ticket: TICKET },
      describe: () => ({
        operationId: 'enrollPasskeyOptions',
        summary: 'Get the options to create a passkey during a sign-in that requires one',
        answers: { 200: answer('For `navigator.credentials.create()`.', OPTIONS) },
        errors: ['invalid_code'],
      }),
      handle: async ({ ticket }) => json(await beginEnrolment(ticket, await open())),
    }),
})

/** `POST /auth/second-factor/passkey/registration/`: the passkey finishes the sign-in. */
export const enrollPasskey = defineEndpoint({
  path: { at: '/auth/second-factor/passkey/registration/' },
  mount: isSecondFactor,
  span: 'watchword.sign_in',
  needs: NEEDS,
  create: ({ section }, open) =>
    post('Enroll Passkey', {
      fields: { ticket: TICKET, label: { ...LABEL, optional: true, allowBlank: true } },
      describe: () => ({
        operationId: 'enrollPasskey',
        summary: 'Add that passkey and finish the sign-in',
        body: registrationBody(secondStepBody(section)),
        answers: secondStepAnswer(section, { recovery_codes: listOf(text()) }),
        errors: ['invalid_code', 'no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle({ ticket, label = '' }, request, { body }) {
        const core = await open()
        return deliverSecondStep({ request, body }, core, () =>
          finishWithNewPasskey(
            { ticket, label },
            registrationIn(body),
            withTokens(request, core),
            core,
          ),
        )
      },
    }),
})
