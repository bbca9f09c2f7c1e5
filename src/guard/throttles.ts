import { configError } from '../base/errors.ts'
import type { Limit } from '../throttling/rate.ts'
import {
  anonThrottle,
  type Throttle,
  type ThrottleDeps,
  userThrottle,
} from '../throttling/throttle.ts'

/** The option `throttle`, parsed; `null` switches a rate off. */
export type Limits = Readonly<Record<string, Limit | null>>

/** The rates that count on every guarded route and at every endpoint, if the option `throttle` has them. */
const DEFAULT_RATES = ['anon', 'user']

/** Whether the option `throttle` limits every request. */
export const hasThrottles = (limits: Limits): boolean =>
  DEFAULT_RATES.some((name) => limits[name] != null)

/**
 * The throttles of a route.
 *
 * @param named the route's own; `undefined` for the instance's
 * @throws AuthError `invalid_config` if the option `throttle` has no rate of that name
 */
export function throttlesOf(
  named: string | readonly (string | Throttle)[] | undefined,
  limits: Limits,
): (deps: ThrottleDeps) => readonly Throttle[] {
  const throttles = listOf(named, limits)
  for (const each of throttles) if (typeof each === 'string') requireRate(each, limits)
  return (deps) =>
    throttles.flatMap((each) => {
      if (typeof each !== 'string') return each
      return throttlesNamed(each, limits[each], deps)
    })
}

function listOf(
  named: string | readonly (string | Throttle)[] | undefined,
  limits: Limits,
): readonly (string | Throttle)[] {
  const byDefault = DEFAULT_RATES.filter((name) => Object.hasOwn(limits, name))
  if (typeof named === 'string') return [...byDefault, named]
  return named ?? byDefault
}

/** @returns an empty list if the rate is switched off */
function throttlesNamed(
  name: string,
  limit: Limit | null | undefined,
  deps: ThrottleDeps,
): readonly Throttle[] {
  if (limit == null) return []
  const create = name === 'anon' ? anonThrottle : userThrottle
  return [create(name, limit, deps)]
}

function requireRate(name: string, limits: Limits): void {
  if (Object.hasOwn(limits, name)) return
  throw configError(
    `No default throttle rate set for '${name}' scope. Add it to the option "throttle": { ${JSON.stringify(name)}: "100/day" }.`,
  )
}
