import { type Awaitable, andThen, isPromise } from '../base/awaitable.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { plural } from '../base/plural.ts'
import { networkOf, truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import { type HitResult, type Hits, keyPrefix } from './hits.ts'
import type { Limit } from './rate.ts'

/** What a request is counted by: its user, else its client's address. */
export interface ThrottleSubject {
  /** `undefined` if the request is anonymous. */
  readonly userId: string | undefined
  readonly address: string
}

/** @property seconds until a request would be let through; `undefined` if that is unknown */
export interface Wait {
  readonly seconds: number | undefined
}

/** Counts requests and refuses those above a limit. Custom ones are listed in a guard's `throttle`. */
export interface Throttle {
  /** The name of the throttle, for the log. */
  readonly scope: string
  /** What it allows, for explanations. */
  readonly limit?: Limit | null
  /** Counts a request. @returns `undefined` if it is let through */
  wait(subject: ThrottleSubject, request: AuthRequest): Awaitable<Wait | undefined>
}

export interface ThrottleDeps {
  readonly hits: Hits
  readonly clock: Clock
}

/** Counts anonymous requests by address (`AnonRateThrottle`). @param limit `null` for no limit */
export const anonThrottle = (
  scope: string,
  limit: Limit | null,
  deps: ThrottleDeps,
): Throttle =>
  createThrottle(scope, limit, deps, ({ userId, address }) =>
    userId === undefined ? networkOf(address) : undefined,
  )

/** Counts requests by user, else by address (`UserRateThrottle`, `ScopedRateThrottle`). @param limit `null` for no limit */
export const userThrottle = (
  scope: string,
  limit: Limit | null,
  deps: ThrottleDeps,
): Throttle =>
  createThrottle(scope, limit, deps, ({ userId, address }) =>
    userId === undefined ? networkOf(address) : `user:${truncateAddress(userId)}`,
  )

/** @param identOf requests with the same ident are counted together; with `undefined` a request is not counted */
function createThrottle(
  scope: string,
  limit: Limit | null,
  { hits, clock }: ThrottleDeps,
  identOf: (subject: ThrottleSubject) => string | undefined,
): Throttle {
  return {
    scope,
    limit,
    wait(subject) {
      const ident = identOf(subject)
      if (limit === null || ident === undefined) return undefined
      return andThen(hits.hit(keyOf(scope, ident), limit, clock()), waitOf)
    },
  }
}

/** Django REST framework's cache key. */
export const keyOf = (scope: string, ident: string): string => keyPrefix(scope) + ident

function waitOf(result: HitResult): Wait | undefined {
  if (result.kind === 'counted') return undefined
  return { seconds: result.wait }
}

/**
 * Calls every throttle, so that each counts the request even if another refuses it. Returns a promise only if one of them
 * does.
 *
 * @throws AuthError `throttled`, with the longest wait
 */
export function throttleAll(
  throttles: readonly Throttle[],
  subject: ThrottleSubject,
  request: AuthRequest,
): Awaitable<void> {
  const waits = throttles.map((throttle) => waitFor(throttle, subject, request))
  const check = (known: readonly (Wait | undefined)[]): void =>
    throwLongest(throttles, known)
  if (waits.some((wait) => isPromise(wait))) return Promise.all(waits).then(check)
  check(waits as readonly (Wait | undefined)[])
}

/** A throttle that throws must neither keep the next ones from counting nor leave their rejections unhandled. */
function waitFor(
  throttle: Throttle,
  subject: ThrottleSubject,
  request: AuthRequest,
): Awaitable<Wait | undefined> {
  try {
    return throttle.wait(subject, request)
  } catch (error) {
    return Promise.reject(error)
  }
}

function throwLongest(
  throttles: readonly Throttle[],
  waits: readonly (Wait | undefined)[],
): void {
  const refused = throttles.filter((_, i) => waits[i] !== undefined)
  if (refused.length === 0) return
  const seconds = waits.flatMap((wait) => wait?.seconds ?? [])
  const scopes = refused.map(({ scope }) => scope).join(', ')
  const [longest] = seconds.toSorted((a, b) => b - a)
  const error = throttled(`throttled by ${scopes}`, longest)
  THROTTLED_BY.set(error, throttleOf(longest, throttles, waits))
  throw error
}

const throttleOf = (
  longest: number | undefined,
  throttles: readonly Throttle[],
  waits: readonly (Wait | undefined)[],
): Throttle | undefined =>
  throttles.find((_, i) => waits[i] !== undefined && waits[i].seconds === longest)

const THROTTLED_BY = new WeakMap<AuthError, Throttle | undefined>()

/** The throttle whose wait an error names; `undefined` if `throttleAll` has not thrown it. */
export const throttleOfError = (error: AuthError): Throttle | undefined =>
  THROTTLED_BY.get(error)

/** The error with Django REST framework's detail. @param wait in seconds; rounded up */
export function throttled(note: string, wait: number | undefined): AuthError {
  if (wait === undefined) return new AuthError('throttled', note)
  const seconds = Math.ceil(wait)
  const detail = `Request was throttled. Expected available in ${plural(seconds, 'second')}.`
  if (seconds <= 0) return new AuthError('throttled', note, { detail })
  return new AuthError('throttled', note, { detail, retryAfter: seconds })
}
