import { configError } from '../../base/errors.ts'
import { ifDefined } from '../../base/optional.ts'
import type { Core, SectionReader } from '../core.ts'
import { passkeyOptions, type UserVerification } from './options.ts'

/** Whether the option `passkeys` is on: for `mount`. */
export const hasPasskeys = (section: SectionReader): boolean =>
  section(passkeyOptions) !== undefined

/** The relying party (WebAuthn Level 3 §4). */
export interface RelyingParty {
  readonly name: string
  readonly id: string
  readonly origins: readonly string[]
  readonly userVerification: UserVerification
}

/** @throws AuthError `invalid_config` if the domain or the origins are missing: called at the start */
export function relyingParty({
  section,
  url,
}: Pick<Core, 'section' | 'url'>): RelyingParty {
  const option = section(passkeyOptions)
  const publicUrl = ifDefined(url, (text) => new URL(text))
  const id = option?.rpId ?? publicUrl?.hostname
  const origins = option?.origins ?? (publicUrl && [publicUrl.origin])
  if (id === undefined || origins === undefined) throw configError(MISSING)
  if (IP_ADDRESS.test(id)) throw configError(NO_ADDRESS)
  if (!origins.some((origin) => isBelow(origin, id)))
    throw configError(
      `passkeys: none of the origins ${origins.join(', ')} belongs to rpId "${id}": set passkeys: { rpId } to the domain of the pages, or to one above it.`,
    )
  const { rpName = id, userVerification = 'required' } = option ?? {}
  return { name: rpName, id, origins, userVerification }
}

const MISSING =
  'passkeys needs the domain and the origin of its pages: set url: "https://app.example.com" (WATCHWORD_URL), or passkeys: { rpId: "example.com", origins: ["https://app.example.com"] }.'

const NO_ADDRESS =
  'passkeys needs a domain, and browsers take no IP address: set url: "http://localhost:8000" (WATCHWORD_URL) to try them.'

const IP_ADDRESS = /^[\d.]+$|^\[/

function isBelow(origin: string, domain: string): boolean {
  const host = URL.parse(origin)?.hostname
  return host === domain || host?.endsWith(`.${domain}`) === true
}
