import { type Seconds, seconds } from '../../base/clock.ts'
import { type Duration, secondsOf } from '../../base/duration.ts'
import { configError } from '../../base/errors.ts'
import { argumentOf, refuseUnknownOptions } from '../../base/known-options.ts'
import { bodyLimitOf } from '../signing-keys/body-limit.ts'

/** Which requests need a hash of their payload. */
export type HashPolicy = 'unsafe' | 'body'

/** The options of `hawk()`. */
export interface HawkOptions {
  /**
   * How far the clock of a client may be from that of the server, in both directions: at most a minute.
   *
   * @default "60s"
   */
  readonly clockSkew?: Duration
  /**
   * Which requests need a `hash` of their payload. `"unsafe"`: all but GET, HEAD and OPTIONS, and those with a body or a content type.
   * `"body"`: those with a body or a content type only, as in hawkrest. A hash that is sent is compared in any case.
   *
   * @default "unsafe"
   */
  readonly payloadHash?: HashPolicy
  /**
   * The longest life of a bewit, with which anyone who has a URL may get it: at most an hour. `false`: bewits are not looked at.
   *
   * @default false
   */
  readonly bewit?: Duration | false
  /**
   * Whether answers can be signed: `request.auth.signature` then has `signAnswer`.
   *
   * @default false
   */
  readonly signAnswers?: boolean
  /**
   * The most bytes of a body, which is kept in memory while it is hashed.
   *
   * @default 1048576
   */
  readonly bodyLimit?: number
}

/** The options, checked. */
export interface HawkSettings {
  readonly clockSkew: Seconds
  readonly payloadHash: HashPolicy
  /** `undefined`: off. */
  readonly bewit: Seconds | undefined
  readonly signAnswers: boolean
  readonly bodyLimit: number
}

const KNOWN = {
  clockSkew: true,
  payloadHash: true,
  bewit: true,
  signAnswers: true,
  bodyLimit: true,
} as const

const option = argumentOf('hawk')
const MINUTE = 60
const HOUR = 3600

/** @throws AuthError `invalid_config` */
export function parseOptions(options: HawkOptions): HawkSettings {
  refuseUnknownOptions(options, KNOWN, option)
  const { clockSkew = '60s', payloadHash = 'unsafe', bewit = false } = options
  const { signAnswers = false } = options
  if (payloadHash !== 'unsafe' && payloadHash !== 'body')
    throw configError(`${option('payloadHash')} must be "unsafe" or "body".`)
  return {
    clockSkew: lengthOf('clockSkew', clockSkew, MINUTE),
    payloadHash,
    bewit: bewit === false ? undefined : lengthOf('bewit', bewit, HOUR),
    signAnswers: signAnswers === true,
    bodyLimit: bodyLimitOf(options.bodyLimit, option('bodyLimit')),
  }
}

function lengthOf(
  name: 'clockSkew' | 'bewit',
  duration: Duration,
  longest: number,
): Seconds {
  const length = secondsOf(duration)
  if (length !== undefined && length >= 1 && length <= longest) return seconds(length)
  throw configError(`${option(name)} must be "1s" to "${longest}s", such as "60s".`)
}
