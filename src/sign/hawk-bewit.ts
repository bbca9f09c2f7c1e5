import { type Duration, secondsOf } from '../base/duration.ts'
import { serializeBewit } from '../hawk/bewit.ts'
import { hostAndPort, normalizedString } from '../hawk/normalized-string.ts'
import { type HawkKeyOptions, macsOf, written } from './hawk-macs.ts'
import { outgoing } from './message.ts'

/** Options of `hawkBewit()`. */
export interface HawkBewitOptions extends HawkKeyOptions {
  /** How long the address works, such as `"5m"`. Servers have a limit of their own. */
  readonly expiresIn: Duration
  /** What the application adds: printable ASCII without `\`. */
  readonly ext?: string
  /** Seconds since 1970. Default: the platform's. */
  readonly clock?: () => number
}

/**
 * An address that anyone who has it may get until it expires (Hawk): for a download, or a picture.
 *
 * @returns the address with the parameter `bewit`
 * @throws TypeError if the address is not absolute, or `expiresIn` cannot be used; SignatureError if `keyId` or `ext` cannot be written
 */
export async function hawkBewit(
  url: string | URL,
  options: HawkBewitOptions,
): Promise<string> {
  const { keyId: id, ext = '', clock = () => Date.now() / 1000 } = options
  const lifetime = secondsOf(options.expiresIn)
  if (lifetime === undefined)
    throw new TypeError('`expiresIn` must be a duration such as "5m", or seconds.')
  const { method, origin, target: resource } = outgoing({ url })
  const exp = String(Math.floor(clock() + lifetime))
  const artifacts = { ts: exp, nonce: '', method, resource, ...hostAndPort(origin), ext }
  const mac = await macsOf(options).sign(normalizedString('bewit', artifacts))
  const bewit = written(() => serializeBewit({ id, exp, mac, ext }))
  const separator = resource.includes('?') ? '&' : '?'
  return `${origin}${resource}${separator}bewit=${bewit}`
}
