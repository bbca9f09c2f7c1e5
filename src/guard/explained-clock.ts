import { schemeThatRejected } from '../authentication/scheme.ts'
import type { Clock } from '../base/clock.ts'
import type { ErrorCode } from '../base/errors.ts'
import { isRejected } from './explained-schemes.ts'
import type { ExplainedClock } from './explanation.ts'
import type { Refusal } from './guard.ts'

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

/** The times of a token that was rejected; `undefined` unless its signature is valid. */
export function clockOf(refusal: Refusal, clock: Clock): ExplainedClock | undefined {
  const { error, request, parts } = refusal
  if (!isRejected(refusal) || !AFTER_SIGNATURE.has(error.code)) return undefined
  const scheme = parts.schemes[schemeThatRejected(error) ?? 0]
  const { iat, exp } = claimsIn(scheme?.tokenIn?.(request))
  return {
    server: Math.floor(clock()),
    ...(typeof iat === 'number' && { issuedAt: iat }),
    ...(typeof exp === 'number' && { expiresAt: exp }),
  }
}

interface Times {
  readonly iat?: unknown
  readonly exp?: unknown
}

function claimsIn(header: string | undefined): Times {
  const [, payload = ''] = header?.trim().split(/\s/).at(-1)?.split('.') ?? []
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) ?? {}
  } catch {
    return {}
  }
}
