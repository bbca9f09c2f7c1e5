import { type Authentication, schemeThatRejected } from '../authentication/scheme.ts'
import type { AuthError } from '../base/errors.ts'
import { denialOf } from '../permissions/denial-error.ts'
import { throttleOfError } from '../throttling/throttle.ts'
import type { ExplainedScheme } from './explanation.ts'
import type { Refusal } from './guard.ts'

/** The schemes of a route, with the outcome of each: the first that found credentials decided. */
export function schemesOf(refusal: Refusal): readonly ExplainedScheme[] {
  const names = refusal.parts.schemes.map(schemeName)
  const decided = schemeThatDecided(refusal)
  if (decided === undefined) return names.map((name) => ({ name, outcome: 'absent' }))
  return names.map((name, i): ExplainedScheme => {
    if (i < decided.index) return { name, outcome: 'absent' }
    if (i > decided.index) return { name, outcome: 'notAsked' }
    return { name, ...decided.as }
  })
}

export const schemeName = ({ name = 'custom' }: Authentication): string => name

interface Decided {
  readonly index: number
  readonly as: Pick<ExplainedScheme, 'outcome' | 'code'>
}

function schemeThatDecided(refusal: Refusal): Decided | undefined {
  const { identity, error, parts } = refusal
  if (identity !== undefined)
    return { index: acceptedBy(identity.scheme, parts.schemes), as: ACCEPTED }
  if (!isRejected(refusal)) return undefined
  const as = { outcome: 'rejected', code: schemeCodeOf(error) } as const
  return { index: schemeThatRejected(error) ?? 0, as }
}

const ACCEPTED = { outcome: 'accepted' } as const

/** An identity may name a scheme that is not listed: then a scheme of the application made it. */
function acceptedBy(scheme: string, schemes: readonly Authentication[]): number {
  const named = schemes.findIndex(({ name }) => name === scheme)
  if (named !== -1) return named
  const custom = schemes.findIndex(({ name }) => name === undefined)
  return Math.max(custom, 0)
}

/** Whether a scheme has thrown the error. */
export const isRejected = ({ identity, error, parts }: Refusal): boolean =>
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
