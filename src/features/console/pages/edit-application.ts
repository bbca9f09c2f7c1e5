import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { button, form } from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { OAuthClient } from '../../oauth/client.ts'
import type { ClientChanges } from '../../oauth/new-client.ts'
import {
  applicationFields,
  changesIn,
  grantsWith,
  requireMayGoFurther,
  valuesOf,
  valuesSent,
} from './application-fields.ts'
import {
  APPLICATIONS,
  applicationIn,
  clientsOf,
  editPathOf,
  pathOfApplication,
} from './application-parts.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { breadcrumb, consolePage } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'

/** `/console/applications/edit/?id=…` */
const handlers: ConsoleHandlers = {
  async get(visit) {
    if (!visit.query.has('id')) return seeOther(APPLICATIONS)
    const client = await applicationIn(visit)
    if (!visit.can('watchword.change'))
      throw new AuthError('permission_denied', 'does not have "watchword.change"')
    requireMayGoFurther(client, visit)
    return editPage(visit, client)
  },
  async post(visit) {
    const client = await applicationIn(visit)
    requireMayGoFurther(client, visit)
    const changes = changesFor(client, visit)
    requireMayGoFurther({ ...client, ...changes }, visit)
    if ((await clientsOf(visit).update(client.id, changes)) === undefined)
      throw new AuthError('not_found')
    return seeOther(`${pathOfApplication(client.id)}&done=changed`)
  },
}

export const editApplication = forStaff(handlers)

/** Without keys, one that has another proof keeps it. */
function changesFor(
  { proof, grants }: OAuthClient,
  visit: StaffVisit,
): ClientChanges & Pick<OAuthClient, 'grants' | 'skipConsent' | 'audiences'> {
  const { keys, ...sent } = changesIn(visit)
  const changes = { ...sent, grants: grantsWith(grants, visit.form.has('exchange')) }
  if (keys.length === 0 && proof !== 'private_key_jwt') return changes
  return { ...changes, keys }
}

function editPage(visit: StaffVisit, client: OAuthClient): Html {
  const errors = errorsIn(visit)
  const values = errors === undefined ? valuesOf(client) : valuesSent(visit)
  const title = `Change ${client.name}`
  return consolePage(visit, {
    title,
    current: 'applications',
    hasErrors: errors !== undefined,
    main: html`${breadcrumb('Applications', APPLICATIONS, title)}
<h1>${title}</h1>
${summaryOf(visit, errors)}
<p>Its sessions with a scope or an audience that you remove here are revoked.</p>
<div class="split lead">${form(
      visit,
      { action: editPathOf(client.id) },
      html`${applicationFields(visit, values, errors ?? {})}
<div class="row">${button('Save', { kind: 'main' })}<a class="btn" href="${pathOfApplication(client.id)}">Cancel</a></div>`,
    )}</div>`,
  })
}
