import { AuthError } from '../../../base/errors.ts'
import { ifDefined, listOf } from '../../../base/optional.ts'
import { seeOther } from '../../../pages/answers.ts'
import {
  button,
  checkbox,
  confirmed,
  type FieldErrors,
  facts,
  field,
  form,
  hidden,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { fieldError } from '../../../users/field-errors.ts'
import type { OAuthClient } from '../../oauth/client.ts'
import type { PageResult } from '../../pages/define-page.ts'
import { mayChange } from './application-fields.ts'
import {
  APPLICATIONS,
  applicationIn,
  clientsOf,
  editPathOf,
  maySeeSecret,
  pathOfApplication,
  proofText,
  secretNotice,
  stateTag,
} from './application-parts.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { breadcrumb, consolePage, doneNotice } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { NONE, whenText } from './text.ts'

const handlers: ConsoleHandlers = {
  async get(visit) {
    // After another sign-in, a form leads here without the id.
    if (!visit.query.has('id')) return seeOther(APPLICATIONS)
    return applicationPage(visit, await applicationIn(visit))
  },
  async post(visit) {
    const client = await applicationIn(visit)
    const action = visit.form.text('action')
    if (action === 'rotate') return rotate(client, visit)
    if (action === 'disable') return disable(client, visit)
    if (action === 'enable') return enable(client, visit)
    if (action === 'delete') return remove(client, visit)
    throw new AuthError('parse_error', 'there is no such action')
  },
}

export const application = forStaff(handlers)

async function rotate(client: OAuthClient, visit: StaffVisit): Promise<PageResult> {
  if (!maySeeSecret(client, visit))
    throw new AuthError('permission_denied', 'may not have this secret')
  const overlap = visit.form.has('at_once') && ({ overlap: '0s' } as const)
  const rotated = await clientsOf(visit).rotateSecret(client.id, { ...overlap })
  if (rotated === undefined) throw new AuthError('not_found')
  return applicationPage(visit, rotated.client, rotated.secret)
}

async function disable({ id }: OAuthClient, visit: StaffVisit): Promise<PageResult> {
  if (!(await clientsOf(visit).disable(id))) throw new AuthError('not_found')
  return seeOther(`${pathOfApplication(id)}&done=disabled`)
}

async function enable({ id }: OAuthClient, visit: StaffVisit): Promise<PageResult> {
  if (!(await clientsOf(visit).enable(id))) throw new AuthError('not_found')
  return seeOther(`${pathOfApplication(id)}&done=enabled`)
}

async function remove({ id, name }: OAuthClient, visit: StaffVisit): Promise<PageResult> {
  if (visit.form.text('confirm') !== name.trim())
    throw fieldError({ confirm: ['Type the name of the application.'] })
  if (!(await clientsOf(visit).delete(id))) throw new AuthError('not_found')
  return seeOther(`${APPLICATIONS}?done=deleted`)
}

const DONE = {
  changed: 'The application was changed.',
  disabled: 'The application was disabled, and its tokens were revoked.',
  enabled: 'The application was enabled. Its former tokens stay revoked.',
}

function applicationPage(visit: StaffVisit, client: OAuthClient, secret?: string): Html {
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: client.name,
    current: 'applications',
    hasErrors: errors !== undefined,
    main: html`${breadcrumb('Applications', APPLICATIONS, client.name)}
<div class="row"><h1>${client.name}</h1>${stateTag(client)}</div>
${doneNotice(visit, DONE)}
${summaryOf(visit, errors)}
${secretNotice(secret)}
<div class="split lead">
<section aria-labelledby="application"><h2 id="application">Application</h2>${applicationFacts(visit, client)}</section>
${actions(visit, client, errors)}
</div>`,
  })
}

function applicationFacts({ now }: StaffVisit, client: OAuthClient): Html {
  const when = (moment: number) => whenText(moment, now)
  return facts([
    ['Client id', html`<code>${client.id}</code>`],
    ['Proof', proofText(client)],
    ['Grants', client.grants.join(', ')],
    ['Scopes', client.scopes.join(', ') || NONE],
    ['Redirect URIs', listText(client.redirectUris)],
    ['Redirect URIs after sign-out', listText(client.postLogoutRedirectUris)],
    ['Audiences of its tokens', listText(client.resources)],
    ['Audiences it introspects', listText(client.audiences)],
    ['Public keys', listText(client.keys.map(({ kid, kty }) => `${kty} ${kid ?? ''}`))],
    ['Public keys at', client.jwksUri ?? NONE],
    ['Consent', consentText(client)],
    ['Logout URI', listText(listOf(client.backchannelLogoutUri))],
    ['Tokens', tokensText(client)],
    ['Names of users', subjectsText(client)],
    ['Authorization requests', requestsText(client)],
    ['Registered', when(client.createdAt)],
    ['Former secret accepted until', ifDefined(client.previousSecretUntil, when) ?? NONE],
    ['Disabled', ifDefined(client.disabledAt, when) ?? NONE],
  ])
}

function listText(values: readonly string[]): HtmlValue {
  if (values.length === 0) return NONE
  return html`<ul>${values.map((value) => html`<li><code>${value}</code></li>`)}</ul>`
}

function consentText({ skipConsent }: OAuthClient): string {
  if (skipConsent) return 'users are not asked'
  return 'users are asked'
}

function tokensText({ dpopBoundAccessTokens }: OAuthClient): string {
  if (dpopBoundAccessTokens) return 'bound to its key (DPoP)'
  return 'bound to its key if it sends a proof'
}

function subjectsText({ subjectType, sectorIdentifierUri }: OAuthClient): HtmlValue {
  if (subjectType === 'public') return 'their ids'
  if (sectorIdentifierUri === undefined) return 'of its own sector (pairwise)'
  return html`of the sector of <code>${sectorIdentifierUri}</code> (pairwise)`
}

function requestsText({ requirePushedAuthorizationRequests }: OAuthClient): string {
  if (requirePushedAuthorizationRequests) return 'must be pushed (PAR)'
  return 'may be pushed'
}

function actions(
  visit: StaffVisit,
  client: OAuthClient,
  errors: FieldErrors = {},
): HtmlValue {
  if (!visit.can('watchword.change')) return false
  const isOn = client.disabledAt === undefined
  const hasSecret = isOn && client.proof === 'secret' && maySeeSecret(client, visit)
  return html`<section class="panel tight" aria-labelledby="actions"><h2 id="actions">Actions</h2>
${mayChange(client, visit) && html`<a class="btn wide" href="${editPathOf(client.id)}">Change…</a>`}
${hasSecret && confirmed('New secret…', rotateForm(visit, client))}
${isOn && confirmed('Disable…', disableForm(visit, client))}
${!isOn && actionForm(visit, client, 'enable', button('Enable', { kind: 'wide' }))}
${confirmed('Delete…', deleteForm(visit, client, errors))}
</section>`
}

const actionForm = (
  visit: StaffVisit,
  { id }: OAuthClient,
  action: string,
  content: HtmlValue,
): Html =>
  form(
    visit,
    { action: pathOfApplication(id) },
    html`${hidden('action', action)}${content}`,
  )

const rotateForm = (visit: StaffVisit, client: OAuthClient): Html =>
  actionForm(
    visit,
    client,
    'rotate',
    html`<p>The tokens that it has for itself are revoked; the consents of its users go on. The former secret is accepted for one day more.</p>
${checkbox({ name: 'at_once', text: 'Refuse the former secret at once: another person may know it' })}
${button('Make a new secret', { kind: '' })}`,
  )

const disableForm = (visit: StaffVisit, client: OAuthClient): Html =>
  actionForm(
    visit,
    client,
    'disable',
    html`<p>It gets no more tokens, and those that it has are revoked within a second, those of its users too.</p>
${button(html`Disable ${client.name}`, { kind: 'danger' })}`,
  )

const deleteForm = (visit: StaffVisit, client: OAuthClient, errors: FieldErrors): Html =>
  actionForm(
    visit,
    client,
    'delete',
    html`<p>The same, and its registration is deleted. This cannot be undone.</p>
${field(visit, { name: 'confirm', label: 'Type its name', autocomplete: 'off', isVerbatim: true, errors: errors.confirm })}
${button(html`Delete ${client.name}`, { kind: 'danger' })}`,
  )
