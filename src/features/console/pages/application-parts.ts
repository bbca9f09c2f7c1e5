import { AuthError } from '../../../base/errors.ts'
import { notice, secret, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { clientAdmin } from '../../oauth/admin.ts'
import { EXCHANGE_GRANT, type OAuthClient } from '../../oauth/client.ts'
import type { StaffVisit } from './staff-visit.ts'

export const APPLICATIONS = '/console/applications/'

/** An id may have characters that a path cannot, such as a slash. */
export const pathOfApplication = (id: string): string =>
  `${APPLICATIONS}show/?${new URLSearchParams({ id })}`

export const editPathOf = (id: string): string =>
  `${APPLICATIONS}edit/?${new URLSearchParams({ id })}`

/** The verbs of programs. They record what they do. */
export const clientsOf = ({ core }: Pick<StaffVisit, 'core'>) =>
  clientAdmin(async () => core)

/** @throws AuthError `not_found` */
export async function applicationIn(visit: StaffVisit): Promise<OAuthClient> {
  const client = await clientsOf(visit).find(visit.query.get('id') ?? '')
  if (client === undefined) throw new AuthError('not_found')
  return client
}

/** Whether it gets tokens for itself: no user was asked for what these may do. */
export const isMachine = ({ grants }: Pick<OAuthClient, 'grants'>): boolean =>
  grants.includes('client_credentials')

/** Whether it exchanges tokens: no user was asked for the services that it calls with the new ones. */
export const exchanges = ({ grants }: Pick<OAuthClient, 'grants'>): boolean =>
  grants.includes(EXCHANGE_GRANT)

/** Whether the visitor may have its secret: only superusers that of a machine client or a service, by which others could raise their rights. */
export const maySeeSecret = (
  client: Pick<OAuthClient, 'grants'>,
  { visitor, can }: StaffVisit,
): boolean =>
  can('watchword.change') &&
  (visitor.user.superuser || !(isMachine(client) || exchanges(client)))

export function stateTag({ disabledAt }: OAuthClient): Html {
  if (disabledAt !== undefined) return tag('disabled', 'bad')
  return tag('active', 'good')
}

const PROOFS = {
  none: 'none: a page or an app',
  secret: 'a secret',
  private_key_jwt: 'a token that it signs',
} as const

export const proofText = ({ proof }: OAuthClient): string => PROOFS[proof]

/** It is in the answer to the form and nowhere else. */
export const secretNotice = (text: string | undefined): HtmlValue =>
  text !== undefined &&
  notice(
    'good',
    html`<p>This is the secret. It is shown only now: copy it to the application.</p>${secret(text)}`,
  )
