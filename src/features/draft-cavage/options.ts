import { type Seconds, seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { configError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { bodyLimitOf } from '../signing-keys/body-limit.ts'

/** The options of `draftCavage()`. */
export interface DraftCavageOptions {
  /**
   * What each signature must cover. `date` or `(created)` must be among them; a signature may cover the one in place of the other.
   *
   * @default ["(request-target)", "date"]
   * @django required_headers
   */
  readonly headers?: readonly string[]
  /**
   * By how much `Date` and `created` may differ from the clock of the server: at most an hour.
   *
   * @default "5m"
   */
  readonly clockSkew?: Duration
  /**
   * Whether a body needs a `Digest` that the signature covers. Without it, a captured request can be sent with another body. A `Digest` that is
   * covered is compared in any case.
   *
   * @default true
   */
  readonly digest?: boolean
  /**
   * Whether a signature is accepted once. The same request, signed again in the same second, is then refused; without it, a captured request
   * can be repeated until its date is too old.
   *
   * @default true
   */
  readonly once?: boolean
  /**
   * The most bytes of a body, which is kept in memory while its digest is computed.
   *
   * @default 1048576
   */
  readonly bodyLimit?: number
}

/** The options, checked. */
export interface DraftCavageSettings {
  /** In lower case. */
  readonly headers: readonly string[]
  readonly clockSkew: Seconds
  readonly digest: boolean
  readonly once: boolean
  readonly bodyLimit: number
}

const KNOWN = {
  headers: true,
  clockSkew: true,
  digest: true,
  once: true,
  bodyLimit: true,
} as const

const option = argumentOf('draftCavage')
const DEFAULT_HEADERS = ['(request-target)', 'date']
const LONGEST = 3600

/** What says when a request was signed. */
export const TIMES = ['date', '(created)'] as const

/** @throws AuthError `invalid_config` */
export function parseOptions(options: DraftCavageOptions): DraftCavageSettings {
  refuseUnknownOptions(options, KNOWN, option)
  const { headers = DEFAULT_HEADERS, clockSkew = '5m', digest = true } = options
  const { once = true } = options
  const skew = secondsOf(clockSkew)
  if (skew === undefined || skew < 1 || skew > LONGEST)
    throw configError(`${option('clockSkew')} must be "1s" to "1h", such as "5m".`)
  return {
    headers: headersIn(headers),
    clockSkew: seconds(skew),
    digest,
    once,
    bodyLimit: bodyLimitOf(options.bodyLimit, option('bodyLimit')),
  }
}

function headersIn(headers: readonly string[]): readonly string[] {
  const names = headers.map((name) => name.toLowerCase())
  const areNames = names.every((name) =>
    /^(?:[\w!#$%&'*+.^`|~-]+|\([a-z-]+\))$/.test(name),
  )
  if (areNames && names.some((name) => TIMES.some((time) => time === name))) return names
  throw configError(
    `${option('headers')} must be names of headers, "date" or "(created)" among them, such as ["(request-target)", "host", "date"].`,
  )
}
