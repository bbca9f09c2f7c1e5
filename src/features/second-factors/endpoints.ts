import { AuthError } from '../../base/errors.ts'
import { empty, json } from '../../http/answer.ts'
import type { Endpoint, MethodHandler } from '../../http/endpoint.ts'
import type { Field } from '../../http/fields.ts'
import type { Principal } from '../../permissions/permission.ts'
import { CURRENT_PASSWORD } from '../accounts/fresh.ts'
import { isOwner, ownAccount } from '../accounts/own-account.ts'
import type { SectionReader } from '../core.ts'
import { defineEndpoint, type PathlessEndpoint, post } from '../define-feature.ts'
import { deliverSignIn } from '../token-cookies/deliver.ts'
import { TOKEN } from '../tokens/credentials.ts'
import { beginTotp, type Factor } from './factors.ts'
import { secondFactorOptions } from './options.ts'
import {
  beginOwnTotp,
  confirmOwnTotp,
  ownTotps,
  removeOwnTotp,
  replaceRecoveryCodes,
} from './own-factors.ts'
import { finishSignIn, finishWithNewTotp, readTicket } from './sign-in.ts'

const CODE: Field = { trim: true, maxBytes: 64 }
const LABEL: Field = { trim: true, maxBytes: 64, optional: true, allowBlank: true }
const TICKET: Field = { ...TOKEN, maxBytes: 64 }

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
  create: (_, open) =>
    post('Second Factor', {
      fields: { ticket: TICKET, code: CODE },
      async handle({ ticket, code }, request) {
        const core = await open()
        return deliverSignIn(request, core, () =>
          finishSignIn(ticket, code, request, core),
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
      async handle({ ticket, label = '' }) {
        const core = await open()
        const { account, enrolls } = await readTicket(ticket, core)
        if (!enrolls) throw new AuthError('invalid_code')
        return json(await beginTotp(account.user, label, core), { status: 201 })
      },
    }),
})

/** `POST /auth/second-factor/totp/confirm/`: its first password finishes the sign-in. */
export const enrollTotpConfirm = defineEndpoint({
  path: { at: '/auth/second-factor/totp/confirm/' },
  mount: isOn,
  span: 'watchword.sign_in',
  create: (_, open) =>
    post('Confirm Enrolled TOTP', {
      fields: { ticket: TICKET, id: CODE, code: CODE },
      async handle(fields, request) {
        const core = await open()
        return deliverSignIn(request, core, () =>
          finishWithNewTotp(fields, request, core),
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
      async handle(fields, request, { principal }) {
        const core = await open()
        const { user } = await ownAccount(principal.user.id, core)
        return { recovery_codes: await confirmOwnTotp(user, fields, request, core) }
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
        async handle(_, __, { principal }) {
          const core = await open()
          const { user } = await ownAccount(principal.user.id, core)
          return (await ownTotps(user.id, core)).map(shown)
        },
      },
    }),
})

const shown = ({ id, kind, label, createdAt, lastUsedAt }: Factor) => ({
  id,
  kind,
  label,
  created_at: new Date(createdAt * 1000).toISOString(),
  last_used_at:
    lastUsedAt === undefined ? null : new Date(lastUsedAt * 1000).toISOString(),
})

/** `DELETE /auth/factors/:id/`: removes one, with a second factor. */
export const factor = defineEndpoint({
  path: { at: '/auth/factors/:id/' },
  mount: isOn,
  create: (_, open) =>
    guarded('Second Factor', {
      DELETE: {
        fields: { code: CODE },
        async handle({ code = '' }, request, { principal, parameters }) {
          const core = await open()
          const { user } = await ownAccount(principal.user.id, core)
          await removeOwnTotp(user, { id: parameters.id ?? '', code }, request, core)
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
      async handle({ code }, request, { principal }) {
        const core = await open()
        const { user } = await ownAccount(principal.user.id, core)
        return { recovery_codes: await replaceRecoveryCodes(user, code, request, core) }
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
