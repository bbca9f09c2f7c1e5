import type { CommandOutput } from '../../command/command.ts'
import { isoOf, momentOf, printable } from '../../command/format.ts'
import { tableOf } from '../../command/table.ts'
import type { OAuthClient, ShownClient } from './client.ts'

/** An application with the secret that it has just got. */
export function shown({ client, secret }: ShownClient, verb: string): CommandOutput {
  const lines = [`${verb} ${printable(client.name)}.`, `client_id      ${client.id}`]
  if (secret !== undefined)
    lines.push(`client_secret  ${secret}`, '', 'The secret is shown only once.')
  return {
    text: lines.join('\n'),
    json: { ...toJson(client), client_secret: secret ?? null },
  }
}

export function clientTable(clients: readonly OAuthClient[]): string {
  if (clients.length === 0)
    return 'There are no applications. Register one: watchword client create NAME'
  return tableOf(
    ['CLIENT ID', 'NAME', 'GRANTS', 'SCOPES', 'CREATED (UTC)', 'STATE'],
    clients.map((client) => [
      client.id,
      printable(client.name),
      client.grants.join(' '),
      client.scopes.join(' ') || '–',
      momentOf(client.createdAt),
      stateOf(client),
    ]),
  )
}

const stateOf = ({ disabledAt, proof }: OAuthClient): string => {
  if (disabledAt !== undefined) return 'disabled'
  if (proof === 'none') return 'public'
  return 'active'
}

export const factsOf = (client: OAuthClient): string =>
  tableOf(
    ['PROPERTY', 'VALUE'],
    [
      ['client_id', client.id],
      ['name', printable(client.name)],
      ['state', stateOf(client)],
      ['proof', client.proof],
      ['grants', client.grants.join(' ')],
      ['scopes', client.scopes.join(' ') || '–'],
      ['resources', client.resources.join(' ') || '–'],
      ['audiences', client.audiences.join(' ') || '–'],
      ['redirect URIs', client.redirectUris.join(' ') || '–'],
      ['public keys at', client.jwksUri ?? '–'],
      ['notified of sign-outs at', client.backchannelLogoutUri ?? '–'],
      ['names of users', subjectsText(client)],
      ['after a sign-out', client.postLogoutRedirectUris.join(' ') || '–'],
      ['created', momentOf(client.createdAt)],
      ['previous secret until', momentOf(client.previousSecretUntil)],
      ['disabled', momentOf(client.disabledAt)],
    ],
  )

function subjectsText({ subjectType, sectorIdentifierUri }: OAuthClient): string {
  if (sectorIdentifierUri === undefined) return subjectType
  return `${subjectType}, of the sector of ${sectorIdentifierUri}`
}

export const toJson = (client: OAuthClient): object => ({
  client_id: client.id,
  name: client.name,
  proof: client.proof,
  grants: client.grants,
  scopes: client.scopes,
  resources: client.resources,
  audiences: client.audiences,
  redirect_uris: client.redirectUris,
  post_logout_redirect_uris: client.postLogoutRedirectUris,
  backchannel_logout_uri: client.backchannelLogoutUri ?? null,
  backchannel_logout_session_required: client.backchannelLogoutSessionRequired,
  keys: client.keys,
  jwks_uri: client.jwksUri ?? null,
  skip_consent: client.skipConsent,
  dpop_bound_access_tokens: client.dpopBoundAccessTokens,
  require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
  subject_type: client.subjectType,
  sector_identifier_uri: client.sectorIdentifierUri ?? null,
  created_at: isoOf(client.createdAt),
  previous_secret_until: isoOf(client.previousSecretUntil),
  disabled_at: isoOf(client.disabledAt),
})
