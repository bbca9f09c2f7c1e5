import { isPromise } from '../base/awaitable.ts'
import { partThatDenied } from '../permissions/compose.ts'
import type { Decision } from '../permissions/decision.ts'
import {
  type CompositionDescription,
  type DescribedPermission,
  descriptionOf,
} from '../permissions/description.ts'

/** `unknown`: a function of the application, whose answer was not kept. */
export type Outcome = 'granted' | 'denied' | 'notAsked' | 'unknown'

/** A permission, or a combination of some, and what it answered. */
export type ShownRequirement =
  | {
      readonly kind: 'all' | 'any' | 'not'
      readonly outcome: Outcome
      readonly of: readonly ShownRequirement[]
    }
  | {
      readonly kind: 'permission'
      readonly name: string
      readonly outcome: Outcome
      readonly because?: string
    }

/** Requirements that must all be met; one stands for itself. */
export function allRequired(
  of: readonly ShownRequirement[],
  outcome: Outcome,
): ShownRequirement {
  const [only, ...others] = of
  if (only !== undefined && others.length === 0) return only
  return { kind: 'all', outcome, of }
}

type Context = Parameters<DescribedPermission>[0]

/** A requirement in words: `staff, and scope "export"`. */
export function sentenceOf(requirement: ShownRequirement): string {
  if (requirement.kind === 'permission') return requirement.name
  const parts = requirement.of.map(partOf)
  if (requirement.kind === 'not') return `not ${parts.join('')}`
  return parts.join(JOINTS[requirement.kind])
}

const JOINTS = { all: ', and ', any: ', or ' } as const

function partOf(requirement: ShownRequirement): string {
  if (requirement.kind === 'permission') return requirement.name
  return `(${sentenceOf(requirement)})`
}

/** A permission that has not been asked. */
export const shownPermission = (permission: DescribedPermission): ShownRequirement =>
  shownRequirement(permission, 'unknown', NO_REQUEST)

/** The names of permissions do not depend on a request. */
const NO_REQUEST = {
  identity: undefined,
  request: undefined,
  resource: undefined,
} as never

/**
 * What a permission of the library would answer now. It calls no function of the application.
 *
 * @returns `undefined` if that depends on such a function, or on an object
 */
export function evaluate(
  permission: DescribedPermission,
  context: Context,
): 'granted' | 'denied' | undefined {
  const description = descriptionOf(permission)
  if (description === undefined) return undefined
  if (description.kind === 'rule') return answerOf(permission, context)
  const parts = description.of.map((part) => evaluate(part, context))
  switch (description.kind) {
    case 'all':
      return joined(parts, 'denied', 'granted')
    case 'any':
      return joined(parts, 'granted', 'denied')
    case 'not':
      return opposite(parts[0])
  }
}

function answerOf(
  permission: DescribedPermission,
  context: Context,
): 'granted' | 'denied' | undefined {
  const decision = permission(context)
  if (isPromise(decision)) return undefined
  if (decision.granted === true) return 'granted'
  return 'denied'
}

type Answer = 'granted' | 'denied' | undefined

/** One part with the deciding answer is enough; otherwise all must be known. */
function joined(parts: readonly Answer[], deciding: Answer, otherwise: Answer): Answer {
  if (parts.includes(deciding)) return deciding
  if (parts.includes(undefined)) return undefined
  return otherwise
}

function opposite(answer: Answer | Outcome): Answer {
  if (answer === 'granted') return 'denied'
  if (answer === 'denied') return 'granted'
  return undefined
}

/**
 * A permission with the outcome that it had, and what can be said of its parts.
 *
 * @param decision what it returned, if it denied and that was kept
 */
export function shownRequirement(
  permission: DescribedPermission,
  outcome: Outcome,
  context: Context,
  decision?: Decision,
): ShownRequirement {
  const description = descriptionOf(permission)
  if (description === undefined) {
    const name = permission.name || 'a function of the application'
    return { kind: 'permission', name, outcome }
  }
  if (description.kind !== 'rule') {
    const of = partsOf(description, outcome, context, decision)
    return { kind: description.kind, outcome, of }
  }
  const { name, because } = description
  if (outcome !== 'denied') return { kind: 'permission', name, outcome }
  if (context.identity === undefined)
    return { kind: 'permission', name, outcome, because: 'the request is anonymous' }
  return { kind: 'permission', name, outcome, because }
}

function partsOf(
  { kind, of }: CompositionDescription,
  outcome: Outcome,
  context: Context,
  decision: Decision | undefined,
): readonly ShownRequirement[] {
  const part = partThatDenied(decision)
  const outcomes = outcomesOf(kind, of, outcome, context, part?.index)
  const decisions = new Map(part && [[part.index, part.decision]])
  return of.map((each, i) =>
    shownRequirement(each, outcomes[i] ?? 'unknown', context, decisions.get(i)),
  )
}

/** @param denied the index of the part that denied, if it was kept */
function outcomesOf(
  kind: CompositionDescription['kind'],
  of: readonly DescribedPermission[],
  outcome: Outcome,
  context: Context,
  denied: number | undefined,
): readonly Outcome[] {
  const allAre = (each: Outcome): readonly Outcome[] => of.map(() => each)
  if (outcome === 'notAsked' || outcome === 'unknown') return allAre(outcome)
  if (kind === 'not') return [opposite(outcome) ?? 'unknown']
  const isUniform = (kind === 'all') === (outcome === 'granted')
  if (isUniform) return allAre(outcome)
  if (denied !== undefined) return decidedAt(denied, of.length, 'granted', 'denied')
  return decidedBy(of, outcome, context)
}

const decidedAt = (
  index: number,
  length: number,
  before: Outcome,
  at: Outcome,
): readonly Outcome[] =>
  Array.from({ length }, (_, i) => {
    if (i < index) return before
    if (i === index) return at
    return 'notAsked'
  })

/** Finds the part that decided among those of the library; after a function of the application that may have, nothing is known. */
function decidedBy(
  of: readonly DescribedPermission[],
  outcome: 'granted' | 'denied',
  context: Context,
): readonly Outcome[] {
  const answers = of.map((each) => evaluate(each, context))
  const first = answers.findIndex((each) => each === outcome || each === undefined)
  const before = opposite(outcome) as Outcome
  if (first === -1) return of.map(() => 'unknown')
  if (answers[first] !== undefined)
    return decidedAt(first, of.length, before, answers[first])
  const known = decidedAt(first, of.length, before, 'unknown')
  return known.map((each) => (each === 'notAsked' ? 'unknown' : each))
}
