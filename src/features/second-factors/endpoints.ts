import { AuthError } from '../../base/errors.ts'
import { empty, json } from '../../http/answer.ts'
import { type Answers, answer, NO_CONTENT } from '../../http/description.ts'
import type { Endpoint, MethodHandler } from '../../http/endpoint.ts'
import type { Field } from '../../http/fields.ts'
import {
  closed,
  flag,
  listOf,
  members,
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
import { defineEndpoint, type PathlessEndpoint, post } from '../define-feature.ts'
import { TOKEN } from '../tokens/credentials.ts'
import { crossSiteErrors } from '../tokens/token-answers.ts'
import { deviceJson } from './device-json.ts'
import { forgetDevice, forgetDevices, isDeviceOf, listDevices } from './devices.ts'
import { factorJson } from './factor-json.ts'
import { beginTotp } from './factors.ts'
import { deliverSecondStep, secondStepAnswer, secondStepBody } from './finish.ts'

import { remembersDevices, secondFactorOptions } from './options.ts'
import {
  beginOwnTotp,
  confirmOwnTotp,
  ownTotps,
  removeOwnTotp,
  replaceRecoveryCodes,
} from './own-factors.ts'
import {
  finishSignIn,
  finishWithNewTotp,
  readEnrollingTicket,
  withTokens,
} from './sign-in.ts'

const CODE: Field = { trim: true, maxBytes: 64 }
const LABEL: Field = { trim: true, maxBytes: 64, optional: true, allowBlank: true }
const TICKET: Field = { ...TOKEN, maxBytes: 64 }

const RECOVERY_CODES: Properties = {
  recovery_codes: listOf(text(), 'Each works once. Only this answer shows them.'),
}

const NEW_TOTP: Answers = {
  201: answer(
    'The secret of the authenticator, which works once it is confirmed.',
    closed({
      id: text(),
      secret: text('In base32, to be typed.'),
      uri: text('As `otpauth:`, to be shown as a QR code.'),
    }),
  ),
}

const FACTOR = named(
  'SecondFactor',
  closed({
    id: text(),
    kind: text(undefined, { enum: ['totp'] }),
    label: text(),
    created_at: moment('When it was added.'),
    last_used_at: orNull(moment('When it was used last.')),
  }),
)

const isOn = (section: SectionReader): boolean =>
  section(secondFactorOptions) !== undefined

const SESSIONS = {
  sessions: 'secondFactors needs stored sessions: set tokens.sessions to true.',
  signing: 'secondFactors signs users in and needs a signing key.',
} as const

/** `POST /auth/second-factor/`: the second step of a sign-in. */
export const secondFactor = defineEndpoint({
  path: { at: '/auth/second-factor/' },
  mount: isOn,
  span: 'watchword.sign_in',
  needs: SESSIONS,
  create: ({ section }, open) =>
    post('Second Factor', {
      fields: { ticket: TICKET, code: CODE },
      describe: () => ({
        operationId: 'signInWithSecondFactor',
        summary: 'The second step of a sign-in',
        body: members(secondStepBody(section)),
        answers: secondStepAnswer(section),
        errors: ['invalid_code', 'no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle({ ticket, code }, request, { body }) {
        const core = await open()
        return deliverSecondStep({ request, body }, core, () =>
          finishSignIn(ticket, code, withTokens(request, core), core),
        )
      },
    }),
})

/** `POST /auth/second-factor/totp/`: an authenticator for a user who needs one to sign in, by the ticket. */
export const enrollTotp = defineEndpoint({
  path: { at: '/auth/second-factor/totp/' },
  mount: isOn,
  create: (_, open) =>
    post('Enroll TOTP', {
      fields: { ticket: TICKET, label: LABEL },
      describe: () => ({
        operationId: 'enrollTotp',
        summary: 'Add an authenticator during a sign-in that requires one',
        answers: NEW_TOTP,
        errors: ['invalid_code'],
      }),
      async handle({ ticket, label = '' }) {
        const core = await open()
        const { account } = await readEnrollingTicket(ticket, core)
        return json(await beginTotp(account.user, label, core), { status: 201 })
      },
    }),
})

/** `POST /auth/second-factor/totp/confirm/`: its first password finishes the sign-in. */
export const enrollTotpConfirm = defineEndpoint({
  path: { at: '/auth/second-factor/totp/confirm/' },
  mount: isOn,
  span: 'watchword.sign_in',
  create: ({ section }, open) =>
    post('Confirm Enrolled TOTP', {
      fields: { ticket: TICKET, id: CODE, code: CODE },
      describe: () => ({
        operationId: 'confirmEnrolledTotp',
        summary: 'Confirm that authenticator and finish the sign-in',
        body: members(secondStepBody(section)),
        answers: secondStepAnswer(section, RECOVERY_CODES),
        errors: ['invalid_code', 'no_active_account', ...crossSiteErrors(section)],
        signsIn: true,
      }),
      async handle(fields, request, { body }) {
        const core = await open()
        return deliverSecondStep({ request, body }, core, () =>
          finishWithNewTotp(fields, withTokens(request, core), core),
        )
      },
    }),
})

/** `POST /auth/totp/`: a new authenticator. */
export const totp = defineEndpoint({
  path: { at: '/auth/totp/' },
  mount: isOn,
  create: (_, open) =>
    post('TOTP', {
      requirement: isOwner,
      fields: { current_password: CURRENT_PASSWORD, label: LABEL },
      describe: () => ({
        operationId: 'addTotp',
        summary: 'Add an authenticator',
        answers: NEW_TOTP,
        errors: FRESH_ERRORS,
      }),
      async handle(fields, _request, { principal }) {
        return json(await beginOwnTotp(principal, fields, await open()), { status: 201 })
      },
    }),
})

/** `POST /auth/totp/confirm/`: makes it work, with a password that it shows. */
export const totpConfirm = defineEndpoint({
  path: { at: '/auth/totp/confirm/' },
  mount: isOn,
  create: (_, open) =>
    post('Confirm TOTP', {
      requirement: isOwner,
      fields: { id: CODE, code: CODE },
      describe: () => ({
        operationId: 'confirmTotp',
        summary: 'Confirm an authenticator with a code that it shows',
        answers: { 200: answer('Recovery codes.', closed(RECOVERY_CODES)) },
        errors: ['invalid_code'],
      }),
      async handle(fields, request, { principal }) {
        const core = await open()
        return { recovery_codes: await confirmOwnTotp(principal, fields, request, core) }
      },
    }),
})

/** `GET /auth/factors/`: the authenticators of the user. */
export const factors = defineEndpoint({
  path: { at: '/auth/factors/' },
  mount: isOn,
  create: (_, open) =>
    guarded('Second Factors', {
      GET: {
        describe: () => ({
          operationId: 'listSecondFactors',
          summary: 'List your authenticators',
          answers: { 200: answer('The authenticators.', listOf(FACTOR)) },
        }),
        async handle(_, __, { principal }) {
          const core = await open()
          const { user } = await ownAccount(principal.user.id, core)
          return (await ownTotps(user.id, core)).map(factorJson)
        },
      },
    }),
})

/** `DELETE /auth/factors/:id/`: removes one, with a second factor. */
export const factor = defineEndpoint({
  path: { at: '/auth/factors/:id/' },
  mount: isOn,
  create: (_, open) =>
    guarded('Second Factor', {
      DELETE: {
        fields: { code: CODE },
        describe: () => ({
          operationId: 'removeSecondFactor',
          summary: 'Remove an authenticator; needs a code',
          answers: NO_CONTENT,
          errors: ['invalid_code', 'not_found'],
        }),
        async handle({ code = '' }, request, { principal, parameters }) {
          const core = await open()
          await removeOwnTotp(principal, { id: parameters.id ?? '', code }, request, core)
          return empty()
        },
      },
    }),
})

/** `POST /auth/recovery-codes/`: replaces the recovery codes, with a second factor. */
export const recoveryCodes = defineEndpoint({
  path: { at: '/auth/recovery-codes/' },
  mount: isOn,
  create: (_, open) =>
    post('Recovery Codes', {
      requirement: isOwner,
      fields: { code: CODE },
      describe: () => ({
        operationId: 'replaceRecoveryCodes',
        summary: 'Replace the recovery codes; needs a code',
        answers: { 200: answer('The new codes.', closed(RECOVERY_CODES)) },
        errors: ['invalid_code'],
      }),
      async handle({ code }, request, { principal }) {
        const core = await open()
        const { user } = await ownAccount(principal.user.id, core)
        return { recovery_codes: await replaceRecoveryCodes(user, code, request, core) }
      },
    }),
})

const DEVICE = named(
  'RememberedDevice',
  closed({
    id: text(),
    created_at: moment('When the user asked to remember it.'),
    last_used_at: moment('When it signed in last.'),
    expires_at: moment('When it is forgotten.'),
    address: orNull(text('The address of the client.')),
    user_agent: orNull(text()),
    current: flag('Whether this request comes from it.'),
  }),
)

/** `GET` and `DELETE /auth/devices/`: the remembered devices of the user. */
export const devices = defineEndpoint({
  path: { at: '/auth/devices/' },
  mount: remembersDevices,
  create: (_, open) =>
    guarded('Remembered Devices', {
      GET: {
        describe: () => ({
          operationId: 'listRememberedDevices',
          summary: 'List the remembered devices',
          answers: { 200: answer('The devices.', listOf(DEVICE)) },
        }),
        async handle(_, request, { principal }) {
          const core = await open()
          const { user } = await ownAccount(principal.user.id, core)
          const all = await listDevices(user, core)
          return all.map((each) => ({
            ...deviceJson(each),
            current: isDeviceOf(each, request),
          }))
        },
      },
      DELETE: {
        describe: () => ({
          operationId: 'forgetDevices',
          summary: 'Forget all remembered devices',
          answers: NO_CONTENT,
        }),
        async handle(_, __, { principal }) {
          await forgetDevices(principal.user.id as UserId, await open())
          return empty()
        },
      },
    }),
})

/** `DELETE /auth/devices/:id/`: forgets one. */
export const device = defineEndpoint({
  path: { at: '/auth/devices/:id/' },
  mount: remembersDevices,
  create: (_, open) =>
    guarded('Remembered Device', {
      DELETE: {
        describe: () => ({
          operationId: 'forgetDevice',
          summary: 'Forget a remembered device',
          answers: NO_CONTENT,
          errors: ['not_found'],
        }),
        async handle(_, __, { principal, parameters }) {
          const userId = principal.user.id as UserId
          if (!(await forgetDevice(userId, parameters.id ?? '', await open())))
            throw new AuthError('not_found')
          return empty()
        },
      },
    }),
})

const guarded = (
  name: string,
  methods: Readonly<Record<string, MethodHandler<string, Principal>>>,
): PathlessEndpoint => ({
  name,
  requirement: isOwner,
  methods: methods as Endpoint['methods'],
})
