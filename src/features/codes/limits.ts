import { hash } from 'node:crypto'
import type { UnixSeconds } from '../../base/clock.ts'
import { listOf } from '../../base/optional.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { Limit } from '../../throttling/rate.ts'
import { keyOf, throttled } from '../../throttling/throttle.ts'
import type { Core } from '../core.ts'
import { type CodeSettings, codeOptions } from './options.ts'
import type { CodePurpose } from './purposes.ts'

type LimitDeps = Pick<Core, 'clock' | 'hits' | 'section'>

/** An address or number for one purpose. */
export interface CodeTarget {
  readonly purpose: CodePurpose
  /** In normal form, whether or not an account has it. */
  readonly target: string
}

/**
 * Counts a request to send a code, by its target, by the client's address and in total. Call it before the account is looked up:
 * it answers the same whether or not there is one.
 *
 * @returns takes the target's count back, for a request that turns out to be invalid: the client's and the total stay counted
 * @throws AuthError `throttled`
 */
export async function limitCodeRequests(
  target: CodeTarget,
  { clock, hits, section }: LimitDeps,
): Promise<() => Promise<void>> {
  const now = clock()
  const counted: Count[] = []
  for (const count of countsOf(target, section(codeOptions))) {
    const result = await hits.hit(count.key, count.limit, now)
    if (result.kind === 'counted') counted.push(count)
    else {
      // A rejected request must not count against the limits that it has passed.
      for (const { key, limit } of counted) await hits.takeBack(key, limit, now)
      throw throttled('throttled by codes', result.wait)
    }
  }
  const ofTarget = counted.filter(({ isOfTarget }) => isOfTarget)
  return async () => {
    for (const { key, limit } of ofTarget) await hits.takeBack(key, limit, now)
  }
}

interface Count {
  readonly key: string
  readonly limit: Limit
  readonly isOfTarget: boolean
}

/** The target's last, so that a client at its own limit does not use up the target's. */
function countsOf(target: CodeTarget, settings: CodeSettings): readonly Count[] {
  const address = currentContext()?.address
  const { perClient, inTotal, perTarget, resendAfter } = settings
  const resend = resendAfter > 0 ? { limit: 1, per: resendAfter } : null
  const ident = identOf(target)
  return [
    ...count('code_total', 'all', inTotal),
    ...listOf(address).flatMap((each) =>
      count('code_client', networkOf(each), perClient),
    ),
    ...count('code_resend', ident, resend, true),
    ...count('code_target', ident, perTarget, true),
  ]
}

function count(
  scope: string,
  ident: string,
  limit: Limit | null,
  isOfTarget = false,
): readonly Count[] {
  if (limit === null) return []
  return [{ key: keyOf(scope, ident), limit, isOfTarget }]
}

/** Hashed: users type passwords into other fields by mistake. */
const identOf = ({ purpose, target }: CodeTarget): string =>
  hash('sha256', JSON.stringify([purpose, target]), 'base64url')

/**
 * Compares digits, unless there were too many wrong ones for their target. An attempt is counted before it is compared, and taken
 * back if it was right: concurrent ones cannot pass together.
 *
 * @throws AuthError `throttled`
 */
export async function limitWrongDigits<Result extends { readonly kind: string }>(
  target: CodeTarget,
  { clock, hits, section }: LimitDeps,
  compare: (now: UnixSeconds) => Promise<Result>,
): Promise<Result> {
  const now = clock()
  const limit = section(codeOptions).wrongPerTarget
  if (limit === null) return compare(now)
  const key = keyOf('code_wrong', identOf(target))
  const counted = await hits.hit(key, limit, now)
  if (counted.kind === 'full') throw throttled('throttled by wrong codes', counted.wait)
  const result = await compare(now)
  if (result.kind === 'right') await hits.takeBack(key, limit, now)
  return result
}
