import { type Awaitable, isPromise } from '../base/awaitable.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { networkOf, truncateAddress } from '../http/client-address.ts'
import type { AuthRequest } from '../http/request.ts'
import type { HitResult, Hits } from './hits.ts'
import type { Limit } from './rate.ts'

/** Who is counted: whoever has signed in, else an address. */
export interface ThrottleSubject {
  readonly userId: string | undefined
  readonly address: string
}

/** Seconds to wait; `undefined` where nobody can tell. */
export interface Wait {
  readonly seconds: number | undefined
}

/** Something that counts requests and lets too many of them wait. */
export interface Throttle {
  readonly scope: string
  /** Counts a request. @returns `undefined` where it is let through */
  wait(caller: ThrottleSubject, ask: AuthRequest): Awaitable<Wait | undefined>
}

export interface ThrottleDeps {
  readonly hits: Hits
  readonly clock: Clock
}

/** Counts those who have not signed in, by address. @param limit `null`: none. AnonRateThrottle */
export const anonThrottle = (
  scope: string,
  limit: Limit | null,
  deps: ThrottleDeps,
): Throttle =>
  throttle(scope, limit, deps, ({ userId, address }) =>
    userId === undefined ? networkOf(address) : undefined,
  )

/** Counts everybody: by user, else by address. @param limit `null`: none. UserRateThrottle, ScopedRateThrottle */
export const userThrottle = (
  scope: string,
  limit: Limit | null,
  deps: ThrottleDeps,
): Throttle =>
  throttle(scope, limit, deps, ({ userId, address }) =>
    userId === undefined ? networkOf(address) : truncateAddress(userId),
  )

/** @param identOf who is counted as one; `undefined`: whoever is not counted at all */
function throttle(
  scope: string,
  limit: Limit | null,
  { hits, clock }: ThrottleDeps,
  identOf: (caller: ThrottleSubject) => string | undefined,
): Throttle {
  return {
    scope,
    wait(caller) {
      const ident = identOf(caller)
      if (limit === null || ident === undefined) return undefined
      const counted = hits.hit(keyOf(scope, ident), limit, clock())
      return isPromise(counted) ? counted.then(waitOf) : waitOf(counted)
    },
  }
}

/** Django REST framework's key. */
export const keyOf = (scope: string, ident: string): string =>
  `throttle_${scope}_${ident}`

const waitOf = (counted: HitResult): Wait | undefined =>
  counted.kind === 'counted' ? undefined : { seconds: counted.wait }

/**
 * Asks every throttle, so that each counts the request also where another refuses it. Waits for nothing where none of them
 * does.
 *
 * @throws AuthError `throttled`, with the longest wait
 */
export function throttleAll(
  list: readonly Throttle[],
  caller: ThrottleSubject,
  ask: AuthRequest,
): Awaitable<void> {
  const answers = list.map((each) => answerOf(each, caller, ask))
  if (answers.some((answer) => isPromise(answer))) {
    return Promise.all(answers).then((waits) => refuseLongest(list, waits))
  }
  refuseLongest(list, answers as (Wait | undefined)[])
}

/** A throttle that throws must not keep those after it from counting, nor leave the promises of others without anybody. */
function answerOf(
  each: Throttle,
  caller: ThrottleSubject,
  ask: AuthRequest,
): Awaitable<Wait | undefined> {
  try {
    return each.wait(caller, ask)
  } catch (error) {
    return Promise.reject(error)
  }
}

function refuseLongest(
  list: readonly Throttle[],
  waits: readonly (Wait | undefined)[],
): void {
  const refused = list.filter((_, i) => waits[i] !== undefined).map(({ scope }) => scope)
  if (refused.length === 0) return
  const known = waits.flatMap((wait) =>
    wait?.seconds === undefined ? [] : [wait.seconds],
  )
  throw throttled(
    `throttled by ${refused.join(', ')}`,
    known.length === 0 ? undefined : Math.max(...known),
  )
}

/** The refusal in Django REST framework's words. @param wait in seconds, told rounded up */
export function throttled(note: string, wait: number | undefined): AuthError {
  if (wait === undefined) return new AuthError('throttled', note)
  const seconds = Math.ceil(wait)
  const detail = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`
  return new AuthError(
    'throttled',
    note,
    seconds > 0 ? { detail, retryAfter: seconds } : { detail },
  )
}
