import type { Authentication, Scheme, SchemeDeps } from '../authentication/scheme.ts'
import type { Clock } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { has } from '../permissions/basic-permissions.ts'
import type { Permission } from '../permissions/permission.ts'
import type { Roles } from '../permissions/rights.ts'
import type { Hits } from '../throttling/hits.ts'
import type { GuardParts } from './guard.ts'
import type { Requirement, RequirementOptions } from './requirement.ts'
import { type Limits, throttlesOf } from './throttles.ts'

/** The instance's options that fill the gaps of a requirement. */
export interface RequirementDefaults {
  readonly authentication: readonly Scheme<unknown>[]
  readonly permissions: readonly Permission<unknown, unknown, string>[]
  readonly roles: Roles
  readonly throttle: Limits
}

/** The parts of an open instance that a guard's schemes and throttles need. */
export interface RequirementDeps {
  readonly deps: SchemeDeps
  readonly hits: Hits
  readonly clock: Clock
}

/**
 * Checks a requirement at once; its parts are made once the instance is open.
 *
 * @throws AuthError `invalid_config`
 */
export function parseRequirement(
  requirement: Requirement<never, string> | undefined,
  {
    authentication,
    permissions: byDefault,
    roles,
    throttle: limits,
  }: RequirementDefaults,
): (deps: RequirementDeps) => GuardParts {
  const options = parseOptions(requirement, roles)
  const { schemes = authentication, permissions = byDefault, throttle } = options
  const throttles = throttlesOf(throttle, limits)
  return ({ deps, hits, clock }) => ({
    schemes: schemes.map((scheme) => createScheme(scheme, deps)),
    // The types of users and rights were checked by the compiler.
    permissions: [permissions].flat() as readonly unknown[] as GuardParts['permissions'],
    throttles: throttles({ hits, clock }),
  })
}

function parseOptions(
  requirement: unknown,
  roles: Roles,
): RequirementOptions<never, string> {
  if (requirement === undefined) return {}
  if (typeof requirement === 'string')
    return { permissions: has(knownRight(requirement, roles)) }
  if (typeof requirement === 'function')
    return { permissions: requirement as Permission<unknown, never> }
  if (!isPlainObject(requirement))
    throw configError(
      `A guard's requirement must be a permission string, a permission, or an object with ${NAMES}.`,
    )
  for (const [name, value] of Object.entries(requirement)) checkMember(name, value)
  return requirement
}

/** @throws AuthError `invalid_config` */
function checkMember(name: string, value: unknown): void {
  if (!Object.hasOwn(MEMBERS, name))
    throw configError(
      `A guard's requirement has no member "${name}". Its members are ${NAMES}.`,
    )
  // A misspelt import is `undefined`; taking the instance's default instead could open the route.
  if (value == null)
    throw configError(
      `A guard's "${name}" is ${value}. Leave "${name}" out to use the instance's.`,
    )
  const fault = MEMBERS[name as keyof typeof MEMBERS]
  if (fault !== undefined && [value].flat().some((each) => typeof each !== 'function'))
    throw configError(fault)
}

/** What to write if a member holds anything but functions. Rates of `throttle` are checked with it. */
const MEMBERS = {
  schemes: 'A guard\'s "schemes" must be a list of schemes, such as [bearer()].',
  permissions:
    'A guard\'s "permissions" must be functions. For a permission string write has("…").',
  throttle: undefined,
} as const

const NAMES = Object.keys(MEMBERS).join(', ')

/** If the roles list permission strings, one that no role has is a misspelling: it would deny every user. */
function knownRight(right: string, roles: Roles): string {
  const strings = Object.values(roles).flat()
  if (strings.every((each) => each === '*')) return right
  const rights = [...strings, ...Object.keys(roles).map((role) => `role:${role}`)]
  if (rights.includes(right)) return right
  throw configError(
    `No role has the permission string ${JSON.stringify(right)}. Add it to a role in the option "roles", or correct it.`,
  )
}

/** An object literal, of any realm: not a `Map`, a promise or a list. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** @throws AuthError `invalid_config` if it is not a scheme */
function createScheme(scheme: Scheme<unknown>, deps: SchemeDeps): Authentication {
  const created: Partial<Authentication> | undefined = scheme(deps)
  if (typeof created?.identify === 'function') return created as Authentication
  throw configError(
    'The list of schemes holds a function that is not a scheme. Call it: write [bearer()], not [bearer].',
  )
}
