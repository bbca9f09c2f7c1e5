import type { Scheme } from '../../authentication/scheme.ts'
import {
  type ShownRequirement,
  sentenceOf,
  shownPermission,
} from '../../guard/outcomes.ts'
import { has } from '../../permissions/basic-permissions.ts'
import type { DescribedPermission } from '../../permissions/description.ts'
import { requiresSignIn } from '../../permissions/permission.ts'

/** What a document says of the requirement of a guard, besides its schemes. */
export interface DocumentedRequirement {
  /** Those that the credentials must have, each of them. */
  readonly scopes: readonly string[]
  /** All that is required, as a sentence; empty if that is nothing. */
  readonly sentence: string
}

/** @param requirement as the guard is given it */
export function documentedRequirement(requirement: unknown): DocumentedRequirement {
  const shown = permissionsIn(requirement).map((each) =>
    shownPermission(permissionOf(each)),
  )
  return {
    scopes: [...new Set(shown.flatMap(scopesIn))],
    sentence: shown.map(sentenceOf).join(', and '),
  }
}

const permissionOf = (given: object | string): DescribedPermission =>
  (typeof given === 'string' ? has(given) : given) as DescribedPermission

/** Of alternatives no single one is required. */
function scopesIn(requirement: ShownRequirement): readonly string[] {
  if (requirement.kind === 'all') return requirement.of.flatMap(scopesIn)
  if (requirement.kind !== 'permission') return []
  // The name that `hasScope` gives to its permission.
  const [, scope] = /^scope "(.+)"$/.exec(requirement.name) ?? []
  return scope === undefined ? [] : [scope]
}

export const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

interface Table {
  readonly schemes?: readonly Scheme<unknown>[]
  readonly permissions?: object | readonly object[] | string | undefined
}

/** A permission or a permission string is a requirement of it alone. */
function tableOf(requirement: unknown): Table {
  if (typeof requirement === 'object' && requirement !== null) return requirement
  return { permissions: requirement as Table['permissions'] }
}

export const schemesIn = (requirement: unknown): Table['schemes'] =>
  tableOf(requirement).schemes

/** As the types of guarded handlers have it. A list of strings is one of permission strings. */
export function needsSignIn(requirement: unknown): boolean {
  if (tableOf(requirement).permissions === undefined) return true
  return permissionsIn(requirement).some(
    (part) => typeof part === 'string' || requiresSignIn(part),
  )
}

/** The permissions that a requirement names; none if it is left to the instance. */
const permissionsIn = (requirement: unknown): readonly (object | string)[] =>
  [tableOf(requirement).permissions ?? []].flat()
