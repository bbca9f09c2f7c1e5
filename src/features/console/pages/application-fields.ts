import { AuthError } from '../../../base/errors.ts'
import { listIf } from '../../../base/optional.ts'
import { checkbox, type FieldErrors, field } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { EXCHANGE_GRANT, type GrantType, type OAuthClient } from '../../oauth/client.ts'
import { oauthSettings } from '../../oauth/issuer.ts'
import type { ClientChanges } from '../../oauth/new-client.ts'
import type { SubjectType } from '../../oauth/pairwise/pairwise-options.ts'
import { OPENID_SCOPES } from '../../oauth/scope.ts'
import { exchanges, isMachine } from './application-parts.ts'
import type { StaffVisit } from './staff-visit.ts'

/** What the fields of an application show. */
export interface ApplicationValues {
  readonly name: string
  readonly scopes: readonly string[]
  readonly skipConsent: boolean
  readonly dpopBoundAccessTokens: boolean
  readonly requirePushedAuthorizationRequests: boolean
  readonly backchannelLogoutUri: string
  readonly exchanges: boolean
  readonly subjectType: SubjectType
  readonly sectorIdentifierUri: string
  /** By the names of the fields, one value a line. */
  readonly lists: Readonly<Record<ListName, string>>
  /** JSON. */
  readonly keys: string
  readonly jwksUri: string
}

type ListName = 'redirectUris' | 'postLogoutRedirectUris' | 'resources' | 'audiences'

/** Whether the visitor may register or change an application that gets tokens for itself, asks no users, or reads or exchanges tokens of others. */
export const mayGoFurther = ({ visitor }: StaffVisit): boolean => visitor.user.superuser

type Reach = Pick<OAuthClient, 'grants' | 'skipConsent' | 'audiences'>

/** Whether the visitor may have changed an application. */
export const mayChange = (client: Reach, visit: StaffVisit): boolean =>
  visit.can('watchword.change') && (mayGoFurther(visit) || !goesFurther(client))

const goesFurther = (client: Reach): boolean =>
  client.skipConsent ||
  isMachine(client) ||
  exchanges(client) ||
  client.audiences.length > 0

/** @throws AuthError `permission_denied`: for what users are not asked for, only superusers register or change an application */
export function requireMayGoFurther(client: Reach, visit: StaffVisit): void {
  if (goesFurther(client) && !mayGoFurther(visit))
    throw new AuthError('permission_denied', 'may not have such an application')
}

const settingsSent = (sent: StaffVisit['form']) => ({
  skipConsent: sent.has('skip_consent'),
  dpopBoundAccessTokens: sent.has('dpop_bound'),
  requirePushedAuthorizationRequests: sent.has('require_pushed'),
  backchannelLogoutUri: sent.text('backchannelLogoutUri'),
  subjectType: sent.has('pairwise') ? ('pairwise' as const) : ('public' as const),
  sectorIdentifierUri: sent.text('sectorIdentifierUri').trim(),
})

export const valuesSent = ({ form: sent }: StaffVisit): ApplicationValues => ({
  name: sent.text('name'),
  scopes: sent.all('scopes'),
  ...settingsSent(sent),
  exchanges: sent.has('exchange'),
  keys: sent.text('keys'),
  jwksUri: sent.text('jwksUri'),
  lists: {
    redirectUris: sent.text('redirectUris'),
    postLogoutRedirectUris: sent.text('postLogoutRedirectUris'),
    resources: sent.text('resources'),
    audiences: sent.text('audiences'),
  },
})

export const valuesOf = (client: OAuthClient): ApplicationValues => ({
  name: client.name,
  scopes: client.scopes,
  skipConsent: client.skipConsent,
  dpopBoundAccessTokens: client.dpopBoundAccessTokens,
  requirePushedAuthorizationRequests: client.requirePushedAuthorizationRequests,
  backchannelLogoutUri: client.backchannelLogoutUri ?? '',
  exchanges: exchanges(client),
  subjectType: client.subjectType,
  sectorIdentifierUri: client.sectorIdentifierUri ?? '',
  keys: client.keys.length > 0 ? JSON.stringify({ keys: client.keys }, null, 1) : '',
  jwksUri: client.jwksUri ?? '',
  lists: {
    redirectUris: client.redirectUris.join('\n'),
    postLogoutRedirectUris: client.postLogoutRedirectUris.join('\n'),
    resources: client.resources.join('\n'),
    audiences: client.audiences.join('\n'),
  },
})

/** @throws AuthError `invalid` for keys that are not JSON */
export function changesIn({ form: sent }: StaffVisit) {
  const lines = (name: ListName) => sent.text(name).split(/\s+/).filter(Boolean)
  return {
    name: sent.text('name'),
    scopes: sent.all('scopes'),
    redirectUris: lines('redirectUris'),
    postLogoutRedirectUris: lines('postLogoutRedirectUris'),
    resources: lines('resources'),
    audiences: lines('audiences'),
    ...settingsSent(sent),
    keys: keysIn(sent.text('keys')),
    jwksUri: sent.text('jwksUri').trim(),
  } satisfies ClientChanges
}

/** The grants that an application gets in place of these. */
export const grantsWith = (
  grants: readonly GrantType[],
  exchange: boolean,
): readonly GrantType[] => [
  ...grants.filter((each) => each !== EXCHANGE_GRANT),
  ...listIf<GrantType>(exchange, EXCHANGE_GRANT),
]

/** A key, a list of keys, or a key set (RFC 7517 §5). */
function keysIn(text: string): readonly object[] {
  if (text === '') return []
  try {
    const parsed = JSON.parse(text)
    return parsed.keys ?? [parsed].flat()
  } catch {
    throw fieldError({ keys: ['Must be a key as JSON, such as {"kty":"EC",…}.'] })
  }
}

/** All fields, except for what cannot be changed. */
export const applicationFields = (
  visit: StaffVisit,
  values: ApplicationValues,
  errors: FieldErrors,
): Html =>
  html`${field(visit, { name: 'name', label: 'Name', value: values.name, autocomplete: 'off', hint: 'Users read it when they are asked for their consent.', errors: errors.name })}
${lines(visit, 'redirectUris', values, errors)}
${lines(visit, 'postLogoutRedirectUris', values, errors)}
${field(visit, { name: 'backchannelLogoutUri', label: 'Logout URI', value: values.backchannelLogoutUri, autocomplete: 'off', hint: 'Where it is notified that a user has signed out (back-channel logout).', errors: errors.backchannelLogoutUri, required: false })}
${scopeBoxes(visit, values)}
${lines(visit, 'resources', values, errors)}
${mayGoFurther(visit) && lines(visit, 'audiences', values, errors)}
${area(visit, { name: 'keys', label: 'Public keys', hint: 'JSON Web Keys, if it signs in with tokens (private_key_jwt) in place of a secret.', text: values.keys, errors: errors.keys })}
${field(visit, { name: 'jwksUri', label: 'Address of its public keys', value: values.jwksUri, autocomplete: 'off', hint: 'Where it publishes them, in place of the field above.', errors: errors.jwksUri, required: false })}
${checkbox({ name: 'dpop_bound', text: 'It gets only tokens that are bound to its key (DPoP)', checked: values.dpopBoundAccessTokens })}
${checkbox({ name: 'require_pushed', text: 'It must push its authorization requests (PAR)', checked: values.requirePushedAuthorizationRequests })}
${checkbox({ name: 'pairwise', text: 'It gets names of users that no application of another sector has (pairwise)', checked: values.subjectType === 'pairwise' })}
${field(visit, { name: 'sectorIdentifierUri', label: 'Address of its sector', value: values.sectorIdentifierUri, autocomplete: 'off', hint: 'Its host is the sector of a pairwise application, if its redirect URIs have several.', errors: errors.sectorIdentifierUri, required: false })}
${mayGoFurther(visit) && exchangeBox(values)}
${mayGoFurther(visit) && checkbox({ name: 'skip_consent', text: 'Users are not asked for their consent: an application of your own', checked: values.skipConsent })}`

const exchangeBox = (values: ApplicationValues): Html =>
  html`<div id="grants">${checkbox({ name: 'exchange', text: 'It exchanges tokens that it has received for tokens of the services above (token exchange)', checked: values.exchanges })}</div>`

const LISTS: Readonly<Record<ListName, readonly [label: string, hint: string]>> = {
  redirectUris: [
    'Redirect URIs',
    'Where users are sent back to, one a line, compared character by character. A machine has none.',
  ],
  postLogoutRedirectUris: ['Redirect URIs after sign-out', 'The same after a sign-out.'],
  resources: [
    'Audiences of its tokens',
    'Other services for which it may get tokens, one URL a line.',
  ],
  audiences: [
    'Audiences it introspects',
    'If it is a service itself: its URLs. It reads what tokens for them say, and may exchange them if it has this grant.',
  ],
}

function lines(
  visit: StaffVisit,
  name: ListName,
  values: ApplicationValues,
  errors: FieldErrors,
): Html {
  const [label, hint] = LISTS[name]
  const text = values.lists[name]
  return area(visit, { name, label, hint, text, errors: errors[name] })
}

interface Area {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly text: string
  readonly errors: readonly string[] | undefined
}

function area(
  { texts }: StaffVisit,
  { name, label, hint, text, errors = [] }: Area,
): Html {
  const hasErrors = errors.length > 0
  const described = [`${name}-hint`, ...listIf(hasErrors, `${name}-error`)].join(' ')
  return html`<div class="field"><label for="${name}">${label}</label>
<p class="hint" id="${name}-hint">${hint}</p>
${hasErrors && html`<p class="error" id="${name}-error"><span class="seen-not">${texts.common.error}</span>${errors.join(' ')}</p>`}
<textarea id="${name}" name="${name}" rows="3" spellcheck="false" autocomplete="off" autocapitalize="none" aria-describedby="${described}">${text}</textarea></div>`
}

/** Also those that it has and the instance does not know any more. */
function scopeBoxes({ core }: StaffVisit, { scopes }: ApplicationValues): HtmlValue {
  const known = [...OPENID_SCOPES, ...Object.keys(oauthSettings(core).scopes), ...scopes]
  const box = (scope: string): Html =>
    checkbox({
      name: 'scopes',
      value: scope,
      text: scope,
      checked: scopes.includes(scope),
    })
  return html`<fieldset id="scopes"><legend>Scopes that it may ask for</legend><div class="row">${[...new Set(known)].map(box)}</div></fieldset>`
}
