import { AuthError } from '../../../base/errors.ts'
import { ownMember } from '../../../base/optional.ts'
import { button, type FieldErrors, form, select } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { EXCHANGE_GRANT } from '../../oauth/client.ts'
import { oauthSettings } from '../../oauth/issuer.ts'
import type { NewClient } from '../../oauth/new-client.ts'
import {
  type ApplicationValues,
  applicationFields,
  changesIn,
  grantsWith,
  mayGoFurther,
  requireMayGoFurther,
  valuesSent,
} from './application-fields.ts'
import {
  APPLICATIONS,
  clientsOf,
  exchanges,
  pathOfApplication,
  secretNotice,
} from './application-parts.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { breadcrumb, consolePage } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'

const PATH = `${APPLICATIONS}new/`

const handlers: ConsoleHandlers = {
  get(visit) {
    if (!visit.can('watchword.change'))
      throw new AuthError('permission_denied', 'does not have "watchword.change"')
    return newPage(visit, applicationForm(visit, faultsIn(visit)))
  },
  async post(visit) {
    const { client, secret } = await clientsOf(visit).create(inputOf(visit))
    return newPage(visit, shown(client.id, secret))
  },
}

export const newApplication = forStaff(handlers)

const SIGNS_IN = ['authorization_code', 'refresh_token'] as const

const KINDS = {
  site: { proof: 'secret', grants: SIGNS_IN },
  app: { proof: 'none', grants: SIGNS_IN },
  machine: { proof: 'secret', grants: ['client_credentials'] },
  service: { proof: 'secret', grants: [EXCHANGE_GRANT] },
} as const

const KIND_TEXTS = {
  site: 'signs users in, and keeps a secret: a site with a server',
  app: 'signs users in, without a secret: a page or an app',
  machine: 'gets tokens for itself: a machine',
  service: 'only exchanges the tokens that it receives: a service',
} as const

const OF_SUPERUSERS: readonly string[] = ['machine', 'service']

/** @throws AuthError `permission_denied`; `invalid` */
function inputOf(visit: StaffVisit): NewClient {
  const chosen = ownMember(KINDS, visit.form.text('kind'))
  if (chosen === undefined) throw fieldError({ kind: ['Choose one.'] })
  const exchange = exchanges(chosen) || visit.form.has('exchange')
  const kind = { ...chosen, grants: grantsWith(chosen.grants, exchange) }
  const { keys, ...input } = changesIn(visit)
  requireMayGoFurther({ ...kind, ...input }, visit)
  if (keys.length === 0 && input.jwksUri === '') return { ...kind, ...input }
  // An application without a secret has no keys, either: their field says so.
  return { ...kind, ...input, keys, ...(kind.proof === 'secret' && SIGNS) }
}

const SIGNS = { proof: 'private_key_jwt' } as const

/** The grants and the proof follow from the kind. What is wrong with the grants is that there is no address. */
function faultsIn(visit: StaffVisit): FieldErrors | undefined {
  const { grants = [], redirectUris = [], proof, ...others } = errorsIn(visit) ?? {}
  const addresses = [...redirectUris, ...grants]
  if (visit.error === undefined) return undefined
  return {
    ...others,
    ...(addresses.length > 0 && { redirectUris: addresses }),
    ...(proof && { kind: proof }),
  }
}

function newPage(visit: StaffVisit, content: HtmlValue): Html {
  const errors = faultsIn(visit)
  return consolePage(visit, {
    title: 'Register an application',
    current: 'applications',
    hasErrors: errors !== undefined,
    main: html`${breadcrumb('Applications', APPLICATIONS, 'Register an application')}
<h1>Register an application</h1>
${summaryOf(visit, errors)}
<div class="split lead">${content}</div>`,
  })
}

const shown = (id: string, secret: string | undefined): Html =>
  html`<section class="flow"><p>The application is registered. Its client id is <code>${id}</code>.</p>
${secretNotice(secret)}
<div class="row"><a class="btn main" href="${pathOfApplication(id)}">To the application</a></div></section>`

function applicationForm(visit: StaffVisit, errors: FieldErrors = {}): Html {
  const { form: sent } = visit
  return form(
    visit,
    { action: PATH },
    html`${select(visit, { name: 'kind', label: 'Kind', value: sent.text('kind'), choices: kinds(visit), errors: errors.kind })}
${applicationFields(visit, valuesFor(visit), errors)}
<div class="row">${button('Register', { kind: 'main' })}<a class="btn" href="${APPLICATIONS}">Cancel</a></div>`,
  )
}

function valuesFor(visit: StaffVisit): ApplicationValues {
  const sent = valuesSent(visit)
  if (visit.error !== undefined) return sent
  return { ...sent, subjectType: oauthSettings(visit.core).subjectType }
}

const kinds = (visit: StaffVisit) =>
  Object.entries(KIND_TEXTS)
    .filter(([kind]) => mayGoFurther(visit) || !OF_SUPERUSERS.includes(kind))
    .map(([value, text]) => ({ value, text }))
