/** What a token is. `other`: a JSON Web Token that is none of this instance's kinds. */
export type ExplainedKind =
  | 'access'
  | 'refresh'
  | 'sliding'
  | 'other'
  | 'api token'
  | 'browser session'
  | 'unknown'

/** One check of a token, in the order in which they are made. */
export interface ExplainedCheck {
  readonly name: string
  /** `passes` and `fails` also if an earlier check has already rejected the token. */
  readonly outcome: 'passed' | 'refused' | 'passes' | 'fails'
  readonly text: string
  /** The option that decides. */
  readonly option?: string | undefined
}

/** A member of the header or of the claims. */
export interface ExplainedMember {
  readonly name: string
  /** As JSON, or a string as it is. */
  readonly value: string
  readonly meaning: string
}

/** A token in words. It does not contain the token. */
export interface ExplainedToken {
  readonly kind: ExplainedKind
  /** Whether a guard accepts it, or, for a refresh token, the refresh endpoint exchanges it. */
  readonly accepted: boolean
  /** The verdict, in one sentence. */
  readonly summary: string
  /** What it means, and what to do. */
  readonly advice: string
  /** The option that decides. */
  readonly option: string | undefined
  readonly checks: readonly ExplainedCheck[]
  readonly header: readonly ExplainedMember[]
  readonly claims: readonly ExplainedMember[]
  readonly user: { readonly id: string; readonly username: string } | undefined
  readonly sessionId: string | undefined
  /** The answer to a client; `undefined` if the token is accepted, or it depends on the endpoint. */
  readonly answer:
    | { readonly status: number; readonly challenge?: string; readonly body: object }
    | undefined
}

/** A check before it is known whether an earlier one has refused the token. */
export interface Check {
  readonly name: string
  readonly holds: boolean
  readonly text: string
  readonly option?: string | undefined
  /** With a check that does not hold: what to do. */
  readonly advice?: string
  /** With a check that does not hold: the verdict, in place of the text. */
  readonly summary?: string
}

/** Checks after the first that does not hold are not reached. */
export function outcomesOf(checks: readonly Check[]): readonly ExplainedCheck[] {
  const first = checks.findIndex(({ holds }) => !holds)
  return checks.map(({ name, holds, text, option }, index) => {
    const isReached = first === -1 || index <= first
    const outcome = holds ? ('passes' as const) : ('fails' as const)
    const reached = holds ? ('passed' as const) : ('refused' as const)
    return { name, outcome: isReached ? reached : outcome, text, option }
  })
}

export const refusedBy = (checks: readonly Check[]): Check | undefined =>
  checks.find(({ holds }) => !holds)
