import { AuthError } from '../../src/base/errors.ts'
import { codeOfClass } from '../error-classes.ts'

/** The result of a case: `faults` is empty if it is as expected. */
export interface Verdict {
  readonly id: string
  readonly kind: string
  readonly reason: string
  readonly faults: readonly string[]
  /** Why another answer than the corpus's is right: see `wire-rules.ts`. */
  readonly because?: string
}

/** A case that belongs to a feature that does not exist yet. */
export interface Pending {
  readonly id: string
  readonly kind: string
  readonly feature: string
}

export type Judged = Verdict | Pending

export const isPending = (judged: Judged): judged is Pending => 'feature' in judged

/** What the code under test did. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly error: AuthError }
  | { readonly kind: 'broken'; readonly error: unknown }

export function outcomeOf(judge: () => unknown): Outcome {
  try {
    return { kind: 'accepted', value: judge() }
  } catch (error) {
    return refusalOr(error)
  }
}

export async function outcomeOfAsync(judge: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { kind: 'accepted', value: await judge() }
  } catch (error) {
    return refusalOr(error)
  }
}

const refusalOr = (error: unknown): Outcome =>
  error instanceof AuthError
    ? { kind: 'refused', error: error }
    : { kind: 'broken', error }

/**
 * What is wrong with an outcome: nothing, or one line.
 *
 * @param alias other error codes that count as one of the corpus
 */
export function outcomeFaults(
  outcome: Outcome,
  {
    expect,
    error,
  }: { readonly expect: string; readonly error?: readonly string[] | undefined },
  alias: { readonly [code: string]: string } = {},
): string[] {
  if (outcome.kind === 'broken')
    return [`threw what is no refusal: ${String(outcome.error).slice(0, 200)}`]
  if (outcome.kind === 'accepted') return expect === 'accept' ? [] : ['is accepted']
  const { code, message } = outcome.error
  if (expect === 'accept') return [`is refused: ${code} (${message})`]
  const codes = error?.map(codeOfClass)
  if (codes === undefined || codes.includes(code) || codes.includes(alias[code] ?? ''))
    return []
  return [`is refused as ${code} (${message}), not as ${codes.join(' or ')}`]
}

/** A common substring of the first length is a leak; shorter secrets than the second are not searched for. */
const RUN = 16
const LEAST = 8

/** Whether an error contains a part of `hidden`: in its message, its answer or its causes. */
export function leaks(error: AuthError, hidden: string): boolean {
  const shown = [
    error.message,
    error.detail,
    JSON.stringify(error.body) ?? '',
    ...causesOf(error),
  ].join('\n')
  if (hidden.length < LEAST) return false
  const run = Math.min(RUN, hidden.length)
  for (let start = 0; start + run <= shown.length; start++) {
    if (hidden.includes(shown.slice(start, start + run))) return true
  }
  return false
}

function causesOf(error: Error): string[] {
  const { cause } = error
  if (cause === undefined) return []
  return cause instanceof Error ? [cause.message, ...causesOf(cause)] : [String(cause)]
}
