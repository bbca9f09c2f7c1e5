import type { Core, Surface } from '../../features/core.ts'
import { issuerOf } from '../../features/oauth/issuer.ts'
import { metadataOf } from '../../features/oauth/metadata.ts'

/** The paths of the preset, by the members of the metadata that have their addresses. */
const PATHS: Readonly<Record<string, string>> = {
  token_endpoint: '/token/',
  revocation_endpoint: '/revoke_token/',
  introspection_endpoint: '/introspect/',
  userinfo_endpoint: '/userinfo/',
  jwks_uri: '/.well-known/jwks.json',
}

/** The metadata of the instance, with the endpoints of the preset. */
export function toolkitMetadata(prefix: string, core: Core, surface: Surface): object {
  const base = issuerOf(core) + prefix.replace(/\/$/, '')
  const addresses = Object.entries(PATHS).map(([member, path]) => [member, base + path])
  return { ...metadataOf(core, surface), ...Object.fromEntries(addresses) }
}
