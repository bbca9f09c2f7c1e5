import { isIP } from 'node:net'
import type { OAuthClient } from '../client.ts'
import { isLoopback } from '../redirect-uri.ts'

type Client = Pick<OAuthClient, 'redirectUris' | 'sectorIdentifierUri'>

/**
 * The sector of an application: it knows users by the same names as the others of its sector (OpenID Connect Core 1.0 §8.1). That is the
 * host of its `sector_identifier_uri`, else that of its redirect URIs. Any application can have a loopback or other IP address or the
 * scheme of an app: one that has only such redirect URIs, or none, is a sector of its own.
 *
 * @returns `undefined` if its redirect URIs do not agree
 */
export function sectorOf(client: Client & Pick<OAuthClient, 'id'>): string | undefined {
  const { sectorIdentifierUri: uri } = client
  if (uri !== undefined) return new URL(uri).hostname
  const [host, ...others] = hostsOf(client)
  if (others.length > 0) return undefined
  // No host has a colon.
  return host ?? `client:${client.id}`
}

/** Whether only a `sector_identifier_uri` can say what the sector is. */
export const needsSector = (client: Client): boolean =>
  client.sectorIdentifierUri === undefined && hostsOf(client).length > 1

/** `undefined` stands for redirect URIs that any application can have. */
const hostsOf = ({ redirectUris }: Client): readonly (string | undefined)[] => [
  ...new Set(redirectUris.map(hostOf)),
]

/** Whether a redirect URI leads to a host of its own. A malformed one is refused elsewhere. */
export const isOfHost = (uri: string): boolean =>
  !URL.canParse(uri) || hostOf(uri) !== undefined

/** A host of one owner: not one that is an address, which is another machine's in another network. */
function hostOf(uri: string): string | undefined {
  const { protocol, hostname } = new URL(uri)
  const host = hostname.replace(/\.$/, '')
  if (protocol !== 'https:' || isLoopback(host) || isAddress(host)) return undefined
  return host
}

const isAddress = (host: string): boolean => host.startsWith('[') || isIP(host) !== 0
