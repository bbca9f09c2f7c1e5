import type { Clock } from '../base/clock.ts'
import { statusOf } from '../base/errors.ts'
import { EXPLAIN, setExplanation } from '../base/explained.ts'
import type { Random } from '../base/random.ts'
import { currentContext } from '../base/request-context.ts'
import { hostOf } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import { requestIdOf } from '../http/request-id.ts'
import type { RequestPrincipal } from '../permissions/request-principal.ts'
import { throttleOfError } from '../throttling/throttle.ts'
import { clockOf } from './explained-clock.ts'
import { principalOf } from './explained-principal.ts'
import { requirementOf } from './explained-requirement.ts'
import { schemesOf } from './explained-schemes.ts'
import { type ExplainedThrottle, type Explanation, shortened } from './explanation.ts'
import { headerOf } from './explanation-header.ts'
import type { Explainer, Refusal } from './guard.ts'
import { hintOf } from './hints.ts'

export interface ExplainerSettings {
  /** Whether a request that asks for an explanation gets one. */
  readonly maySee: (
    request: AuthRequest,
    principal: RequestPrincipal<unknown> | undefined,
  ) => boolean
  readonly clock: Clock
  readonly random: Random
}

/** Adds an explanation to error answers if the request has the header `Watchword-Explain` and may see one. Nothing else changes. */
export const createExplainer =
  (settings: ExplainerSettings): Explainer =>
  (answered, refusal) => {
    const { request, principal } = refusal
    if (request.header(EXPLAIN) === undefined || isForeign(request)) return
    const status = statusOf(answered, answered.challenges ?? [])
    if (!STATUSES.has(status) || !settings.maySee(request, principal)) return
    setExplanation(answered, headerOf(explanationOf(status, refusal, settings)))
  }

const STATUSES: ReadonlySet<number> = new Set([401, 403, 429, 503])

/** Whether a page of another origin sent the request. */
function isForeign(request: AuthRequest): boolean {
  const site = request.header('sec-fetch-site') ?? 'none'
  if (site !== 'same-origin' && site !== 'none') return true
  const origin = request.header('origin')
  return origin !== undefined && URL.parse(origin)?.host !== hostOf(request)
}

function explanationOf(
  status: number,
  refusal: Refusal,
  { clock, random }: ExplainerSettings,
): Explanation {
  const { error, principal } = refusal
  const schemes = schemesOf(refusal)
  const throttle = throttleOf(refusal)
  const clocks = clockOf(refusal, clock)
  return {
    version: 1,
    status,
    code: error.code,
    schemes,
    ...(principal && { principal: principalOf(principal) }),
    requirement: requirementOf(refusal),
    ...(throttle && { throttle }),
    ...(clocks && { clock: clocks }),
    hint: hintOf(
      error.code,
      schemes.map(({ name }) => name),
    ),
    requestId: currentContext()?.requestId ?? requestIdOf(undefined, random),
  }
}

function throttleOf({ error, principal }: Refusal): ExplainedThrottle | undefined {
  if (error.code !== 'throttled') return undefined
  const { scope = 'login', limit } = throttleOfError(error) ?? {}
  const { retryAfter } = error
  return {
    name: shortened(scope),
    ...(limit && { limit: limit.limit, period: limit.per }),
    by: principal?.user === undefined ? 'address' : 'account',
    ...(retryAfter !== undefined && { retryAfter }),
  }
}
