import type { ErrorCode } from '../base/errors.ts'
import type { ShownRequirement } from './outcomes.ts'

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
  readonly clock?: ExplainedClock
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

export interface ExplainedClock {
  readonly server: number
  readonly issuedAt?: number
  readonly expiresAt?: number
}

const LONGEST_TEXT = 120

/** Names in an explanation may be long: the header must not be. */
export const shortened = (text: string): string => {
  if (text.length <= LONGEST_TEXT) return text
  return `${text.slice(0, LONGEST_TEXT)}…`
}
