import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import type { Hits } from '../throttling/hits.ts'
import type { Limit } from '../throttling/rate.ts'
import { anonThrottle, type Throttle, userThrottle } from '../throttling/throttle.ts'

export type Limits = Readonly<Record<string, Limit | null>>

/** The rates that every guarded route and token endpoint counts by, where they are given. */
const EVERYWHERE = ['anon', 'user']

/** Whether something counts everywhere. */
export const hasThrottles = (limits: Limits): boolean =>
  EVERYWHERE.some((name) => limits[name] != null)

/**
 * The throttles that a route names, or the instance's.
 *
 * @throws AuthError `invalid_config` where there is no rate of that name (specification H19)
 */
export function throttlesOf(
  named: string | readonly (string | Throttle)[] | undefined,
  limits: Limits,
): (deps: { readonly hits: Hits; readonly clock: Clock }) => readonly Throttle[] {
  const everywhere = EVERYWHERE.filter((name) => Object.hasOwn(limits, name))
  const list = typeof named === 'string' ? [...everywhere, named] : (named ?? everywhere)
  for (const each of list) if (typeof each === 'string') refuseUnknown(each, limits)
  return (deps) =>
    list.flatMap((each) =>
      typeof each === 'string' ? throttleNamed(each, limits[each], deps) : each,
    )
}

function throttleNamed(
  name: string,
  limit: Limit | null | undefined,
  deps: { readonly hits: Hits; readonly clock: Clock },
): readonly Throttle[] {
  if (limit == null) return []
  return [
    name === 'anon' ? anonThrottle(name, limit, deps) : userThrottle(name, limit, deps),
  ]
}

function refuseUnknown(name: string, limits: Limits): void {
  if (Object.hasOwn(limits, name)) return
  throw new AuthError(
    'invalid_config',
    `No default throttle rate set for '${name}' scope: write throttle: { ${JSON.stringify(name)}: "100/day" } in the options.`,
  )
}
