import type { Authentication } from '../authentication/scheme.ts'
import { schemeThatRejected } from '../authentication/scheme.ts'
import type { Clock } from '../base/clock.ts'
import { type AuthError, type ErrorCode, statusOf } from '../base/errors.ts'
import { EXPLAIN, setExplanation } from '../base/explained.ts'
import type { Random } from '../base/random.ts'
import { currentContext } from '../base/request-context.ts'
import { hostOf } from '../http/origins.ts'
import type { AuthRequest } from '../http/request.ts'
import { requestIdOf } from '../http/request-id.ts'
import type { Denial } from '../permissions/denial-error.ts'
import { denialOf } from '../permissions/denial-error.ts'
import type { DescribedPermission } from '../permissions/description.ts'
import type { RequestPrincipal } from '../permissions/request-principal.ts'
import { throttleOfError } from '../throttling/throttle.ts'
import type { Explainer, Refusal } from './guard.ts'
import { hintOf } from './hints.ts'
import { type Outcome, type ShownRequirement, shownRequirement } from './outcomes.ts'
import { stepUpNames } from './step-up.ts'

/** Why a request was refused: the header `Watchword-Explanation`, in base64url. */
export interface Explanation {
  readonly version: 1
  readonly status: number
  readonly code: ErrorCode
  /** In the order in which they are tried. */
  readonly schemes: readonly ExplainedScheme[]
  readonly principal?: ExplainedPrincipal
  readonly requirement?: ShownRequirement
  readonly throttle?: ExplainedThrottle
  /** Seconds since 1970; for tokens whose signature is valid. */
  readonly clock?: Clocks
  /** What to do next. */
  readonly hint: string
  /** Finds the line in the log. */
  readonly requestId: string
  /** Whether parts were left out, because the header must not be larger than 4 KiB. */
  readonly truncated?: true
}

export interface ExplainedScheme {
  readonly name: string
  readonly outcome: 'absent' | 'accepted' | 'rejected' | 'notAsked'
  readonly code?: string
}

export interface ExplainedPrincipal {
  readonly scheme: string
  readonly user: { readonly id: string; readonly label: string }
  /** The beginning of its id. */
  readonly session?: string
  readonly scopes: readonly string[]
  readonly expiresAt?: number
}

export interface ExplainedThrottle {
  readonly name: string
  readonly limit?: number
  /** In seconds. */
  readonly period?: number
  readonly by: 'account' | 'address'
  readonly retryAfter?: number
}

interface Clocks {
  readonly server: number
  readonly issuedAt?: number
  readonly expiresAt?: number
}

export interface ExplainerSettings {
  /** Whether a request that asks for an explanation gets one. */
  readonly maySee: (
    request: AuthRequest,
    principal: RequestPrincipal<unknown> | undefined,
  ) => boolean
  readonly clock: Clock
  readonly random: Random
}

/** Explains refusals to requests that ask with the header `Watchword-Explain`, and may see it. Nothing else of an answer changes. */
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
  const { error, principal, parts } = refusal
  const names = parts.schemes.map(nameOf)
  const throttle = throttleIn(refusal)
  return {
    version: 1,
    status,
    code: error.code,
    schemes: schemesOf(refusal),
    ...(principal && { principal: principalOf(principal) }),
    ...{ requirement: requirementOf(refusal) },
    ...(throttle && { throttle }),
    ...clocksOf(refusal, clock),
    hint: hintOf(error.code, names),
    requestId: currentContext()?.requestId ?? requestIdOf(undefined, random),
  }
}

const nameOf = ({ name = 'custom' }: Authentication): string => name

function schemesOf(refusal: Refusal): readonly ExplainedScheme[] {
  const { schemes } = refusal.parts
  const decided = schemeThatDecided(refusal)
  return schemes.map((scheme, i): ExplainedScheme => {
    const name = nameOf(scheme)
    if (decided === undefined || i < decided.index) return { name, outcome: 'absent' }
    return i === decided.index
      ? { name, ...decided.as }
      : { name, outcome: 'notAsked' as const }
  })
}

interface Decided {
  readonly index: number
  readonly as: Pick<ExplainedScheme, 'outcome' | 'code'>
}

function schemeThatDecided(refusal: Refusal): Decided | undefined {
  const { identity, error, parts } = refusal
  if (identity !== undefined) {
    const index = parts.schemes.findIndex(({ name }) => name === identity.scheme)
    const custom = parts.schemes.findIndex(({ name }) => name === undefined)
    return { index: Math.max(index, index === -1 ? custom : 0), as: ACCEPTED }
  }
  if (!isRejected(refusal)) return undefined
  const as = { outcome: 'rejected', code: schemeCodeOf(error) } as const
  return { index: schemeThatRejected(error) ?? 0, as }
}

const ACCEPTED = { outcome: 'accepted' } as const

/** Whether a scheme has thrown the error. */
const isRejected = ({ identity, error, parts }: Refusal): boolean =>
  identity === undefined &&
  parts.schemes.length > 0 &&
  error.code !== 'not_authenticated' &&
  denialOf(error) === undefined &&
  throttleOfError(error) === undefined

/** The code of an error, and of a CSRF failure which check failed. */
function schemeCodeOf({ code, detail }: AuthError): string {
  if (code === 'revoked') return 'session_revoked'
  if (code !== 'csrf_failed') return code
  return CSRF_CODES.find(([text]) => detail.includes(text))?.[1] ?? code
}

const CSRF_CODES = [
  ['Origin checking', 'csrf_origin'],
  ['Referer checking', 'csrf_referer'],
  ['Sec-Fetch-Site', 'csrf_site'],
  ['CSRF cookie', 'csrf_cookie'],
  ['CSRF token missing', 'csrf_token_missing'],
  ['CSRF token', 'csrf_token'],
] as const

export function principalOf(principal: RequestPrincipal<unknown>): ExplainedPrincipal {
  const { scheme, user, sessionId, scopes, token, credential } = principal
  const expiresAt = credential?.expiresAt ?? token?.exp
  return {
    scheme,
    user: userOf(user),
    ...(typeof sessionId === 'string' && { session: `${sessionId.slice(0, 8)}…` }),
    scopes: scopes.map(shortened),
    ...(typeof expiresAt === 'number' && { expiresAt }),
  }
}

/** A name that may be an e-mail address is not shown. */
function userOf(user: unknown): ExplainedPrincipal['user'] {
  const { id, username } = user as { readonly id?: unknown; readonly username?: unknown }
  const known = shortened(String(id ?? ''))
  const isName = typeof username === 'string' && !username.includes('@')
  return { id: known, label: isName ? shortened(username) : known }
}

const LONGEST_TEXT = 120
const shortened = (text: string): string =>
  text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`

function requirementOf(refusal: Refusal): ShownRequirement {
  const { parts, error } = refusal
  const denial = denialOf(error)
  const permissions = parts.permissions as readonly unknown[] as DescribedPermission[]
  const decided = permissions.indexOf(denial?.permission as DescribedPermission)
  const of = [
    ...permissions.map((permission, i) =>
      shownRequirement(
        permission,
        outcomeOf(i, decided, refusal),
        contextOf(refusal),
        i === decided ? denial?.decision : undefined,
      ),
    ),
    ...objectOf(denial, decided, refusal),
    ...signInOf(refusal),
  ]
  const [only] = of
  const outcome = of.some((each) => each.outcome === 'denied') ? 'denied' : outcomeIn(of)
  return only !== undefined && of.length === 1 ? only : { kind: 'all', outcome, of }
}

const outcomeIn = (of: readonly ShownRequirement[]): Outcome =>
  of.every((each) => each.outcome === 'granted') ? 'granted' : 'notAsked'

const contextOf = ({ principal, request }: Refusal) => ({
  identity: principal,
  request,
  resource: undefined,
})

/** @param decided the index of the permission that denied, or -1 */
function outcomeOf(index: number, decided: number, refusal: Refusal): Outcome {
  if (isRejected(refusal)) return 'notAsked'
  if (decided === -1 || index < decided) {
    const isKnown = decided !== -1 || refusal.error.code !== 'not_authenticated'
    return isKnown || denialOf(refusal.error) !== undefined ? 'granted' : 'unknown'
  }
  return index === decided ? 'denied' : 'notAsked'
}

/** The permission that a handler has applied to an object, with `authorize`. */
function objectOf(
  denial: Denial | undefined,
  decided: number,
  refusal: Refusal,
): readonly ShownRequirement[] {
  if (denial === undefined || decided !== -1) return []
  const permission = denial.permission as DescribedPermission
  const context = contextOf(refusal)
  return [shownRequirement(permission, 'denied', context, denial.decision)]
}

/** What the route requires of the sign-in. */
function signInOf({ parts, error }: Refusal): readonly ShownRequirement[] {
  if (parts.stepUp === undefined) return []
  const name = stepUpNames(parts.stepUp.required).join(', and ')
  const isDenied = error.code === 'insufficient_user_authentication'
  const outcome = isDenied ? 'denied' : 'notAsked'
  return [{ kind: 'permission', name, outcome }]
}

function throttleIn({ error, principal }: Refusal): ExplainedThrottle | undefined {
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

/** The errors that are thrown when the signature of a token has been verified. */
const AFTER_SIGNATURE: ReadonlySet<string> = new Set([
  'expired',
  'not_yet_valid',
  'wrong_issuer',
  'wrong_audience',
  'revoked',
  'password_changed',
  'user_not_found',
  'user_inactive',
] satisfies ErrorCode[])

function clocksOf(refusal: Refusal, clock: Clock): { readonly clock?: Clocks } {
  const { error, request, parts } = refusal
  if (!isRejected(refusal) || !AFTER_SIGNATURE.has(error.code)) return {}
  const scheme = parts.schemes[schemeThatRejected(error) ?? 0]
  const { iat, exp } = claimsIn(scheme?.tokenIn?.(request))
  return {
    clock: {
      server: Math.floor(clock()),
      ...(typeof iat === 'number' && { issuedAt: iat }),
      ...(typeof exp === 'number' && { expiresAt: exp }),
    },
  }
}

function claimsIn(header: string | undefined): {
  readonly iat?: unknown
  readonly exp?: unknown
} {
  const [, payload = ''] = header?.trim().split(/\s/).at(-1)?.split('.') ?? []
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) ?? {}
  } catch {
    return {}
  }
}

/** Headers of more than this are refused by some servers and proxies, together with the others. */
const LONGEST_HEADER = 4096

function headerOf(explanation: Explanation): string {
  let text = encoded(explanation)
  for (let most = 32; text.length > LONGEST_HEADER && most > 0; most >>= 1)
    text = encoded(cut(explanation, most))
  return text
}

const encoded = (explanation: Explanation): string =>
  Buffer.from(JSON.stringify(explanation)).toString('base64url')

/** @param most the entries that each list keeps */
function cut(explanation: Explanation, most: number): Explanation {
  const { requirement, principal, schemes } = explanation
  return {
    ...explanation,
    schemes: schemes.slice(0, most),
    ...(principal && {
      principal: { ...principal, scopes: principal.scopes.slice(0, most) },
    }),
    ...(requirement && { requirement: cutRequirement(requirement, most) }),
    truncated: true,
  }
}

/** Keeps what denied: that is what the reader looks for. */
function cutRequirement(requirement: ShownRequirement, most: number): ShownRequirement {
  if (requirement.kind === 'permission')
    return { ...requirement, name: shortened(requirement.name) }
  const { kind, outcome, of } = requirement
  const denied = of.filter((each) => each.outcome === 'denied').slice(0, most)
  const others = of.filter((each) => each.outcome !== 'denied')
  const kept = new Set([...denied, ...others.slice(0, most - denied.length)])
  const parts = of.filter((each) => kept.has(each))
  return { kind, outcome, of: parts.map((each) => cutRequirement(each, most >> 1)) }
}
