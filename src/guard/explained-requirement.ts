import { type Denial, denialOf } from '../permissions/denial-error.ts'
import type { DescribedPermission } from '../permissions/description.ts'
import { isRejected } from './explained-schemes.ts'
import type { Refusal } from './guard.ts'
import {
  allRequired,
  type Outcome,
  type ShownRequirement,
  shownRequirement,
} from './outcomes.ts'
import { stepUpNames } from './step-up.ts'

/** What the route requires, with the outcome of each permission: they are asked in turn, until one denies. */
export function requirementOf(refusal: Refusal): ShownRequirement {
  const denial = denialOf(refusal.error)
  const permissions = refusal.parts
    .permissions as readonly unknown[] as DescribedPermission[]
  const decided = permissions.indexOf(denial?.permission as DescribedPermission)
  const shown = permissions.map((permission, i) => {
    if (i === decided) return denied(permission, denial, refusal)
    return shownRequirement(
      permission,
      outcomeAt(i, decided, refusal),
      contextOf(refusal),
    )
  })
  const of = [...shown, ...objectOf(denial, decided, refusal), ...signInOf(refusal)]
  return allRequired(of, outcomeIn(of))
}

function outcomeIn(of: readonly ShownRequirement[]): Outcome {
  if (of.some(({ outcome }) => outcome === 'denied')) return 'denied'
  if (of.every(({ outcome }) => outcome === 'granted')) return 'granted'
  return 'notAsked'
}

const contextOf = ({ principal, request }: Refusal) => ({
  identity: principal,
  request,
  resource: undefined,
})

const denied = (
  permission: DescribedPermission,
  denial: Denial | undefined,
  refusal: Refusal,
): ShownRequirement =>
  shownRequirement(permission, 'denied', contextOf(refusal), denial?.decision)

/**
 * The outcome of a permission that did not deny.
 *
 * @param decided the index of the one that did, or -1
 */
function outcomeAt(index: number, decided: number, refusal: Refusal): Outcome {
  if (isRejected(refusal)) return 'notAsked'
  if (index < decided) return 'granted'
  if (decided !== -1) return 'notAsked'
  // Of an anonymous request that no permission denied, the answers were not kept.
  const { error } = refusal
  const isUnknown = error.code === 'not_authenticated' && denialOf(error) === undefined
  return isUnknown ? 'unknown' : 'granted'
}

/** The permission that a handler has applied to an object, with `authorize`. */
function objectOf(
  denial: Denial | undefined,
  decided: number,
  refusal: Refusal,
): readonly ShownRequirement[] {
  if (denial === undefined || decided !== -1) return []
  return [denied(denial.permission as DescribedPermission, denial, refusal)]
}

/** What the route requires of the sign-in. */
function signInOf({ parts, error }: Refusal): readonly ShownRequirement[] {
  if (parts.stepUp === undefined) return []
  const name = stepUpNames(parts.stepUp.required).join(', and ')
  const isDenied = error.code === 'insufficient_user_authentication'
  const outcome = isDenied ? 'denied' : 'notAsked'
  return [{ kind: 'permission', name, outcome }]
}
