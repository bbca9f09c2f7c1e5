/** What a permission returns. It is an object, so that a decision that was not awaited does not compile as `true`. */
export type Decision = Granted | Denied

export interface Granted {
  readonly granted: true
}

export interface Denied {
  readonly granted: false
  /** Written to the log with `explain: true`; never part of a response. */
  readonly reason: string
  /**
   * The `detail` of the 403, in place of the default one. Anonymous clients never receive it, and `allOf`, `anyOf` and
   * `not` drop it: a part's text would describe only half of the rule.
   */
  readonly detail?: string
  /**
   * Answers 404 (the object is hidden from this user) or 405 instead of 403; or, to a token of an application, with the challenge
   * `insufficient_scope` (RFC 6750 §3.1).
   */
  readonly as?: 'not_found' | 'method_not_allowed' | 'insufficient_scope'
}

export const granted: Granted = { granted: true }

/**
 * @param reason for the log
 * @param more `detail` replaces the response's text, `as` its status
 */
export const denied = (
  reason: string,
  more: Pick<Denied, 'detail' | 'as'> = {},
): Denied => ({ granted: false, reason, ...more })
