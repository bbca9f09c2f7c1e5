import type {
  Authentication,
  Identity,
  Scheme,
  SchemeDeps,
} from '../authentication/scheme.ts'
import type { Clock } from '../base/clock.ts'
import { type AuthError, configError } from '../base/errors.ts'
import { type Log, pathForLog } from '../base/log.ts'
import type { AuthRequest } from '../http/request.ts'
import { has } from '../permissions/basic-permissions.ts'
import type { Permission } from '../permissions/permission.ts'
import { type Roles, rightsOf } from '../permissions/rights.ts'
import type { Hits } from '../throttling/hits.ts'
import type { GuardDeps, GuardParts } from './guard.ts'
import type { Requirement, RequirementOptions } from './requirement.ts'
import { type Limits, throttlesOf } from './throttles.ts'

/** The instance's own requirements, which a route's take the place of. */
export interface RouteSettings {
  readonly authentication: readonly Scheme<unknown>[]
  readonly permissions: readonly Permission<unknown, unknown, string>[]
  readonly throttle: Limits
  readonly roles: Roles
}

/** The parts of an open instance that guards use. */
export interface RouteDeps {
  readonly deps: SchemeDeps
  readonly hits: Hits
  readonly clock: Clock
}

/**
 * What a route asks for, once the house is open; what is impossible is told before.
 *
 * @throws AuthError `invalid_config`
 */
export function parseRequirement(
  requirement: Requirement<never, string> | undefined,
  settings: RouteSettings,
): (instance: RouteDeps) => GuardParts {
  const {
    schemes = settings.authentication,
    permissions = settings.permissions,
    throttle,
  } = tableOf(requirement, settings.roles)
  const throttles = throttlesOf(throttle, settings.throttle)
  return ({ deps, hits, clock }) => ({
    schemes: schemes.map((scheme) => madeIn(deps, scheme)),
    permissions: [permissions].flat() as readonly object[] as readonly Permission<
      unknown,
      unknown,
      string
    >[],
    throttles: throttles({ hits, clock }),
  })
}

function tableOf(
  requirement: Requirement<never, string> | undefined,
  roles: Roles,
): RequirementOptions<never, string> {
  if (typeof requirement === 'string')
    return { permissions: has(known(requirement, roles)) }
  if (typeof requirement === 'function') return { permissions: requirement }
  if (requirement === undefined) return {}
  if (!isTable(requirement))
    throw configError(
      `A guard asks for a permission string, a permission, or { ${[...MEMBERS].join(', ')} }.`,
    )
  for (const [name, value] of Object.entries(requirement)) {
    if (!MEMBERS.has(name))
      throw configError(
        `A guard asks for ${[...MEMBERS].join(', ')}: "${name}" is none of them.`,
      )
    // What is not there, as a misspelt name is not, would be the instance's.
    if (value == null)
      throw configError(
        `A guard's ${name} cannot be ${value}: leave the member out for the instance's.`,
      )
  }
  if ([requirement.permissions ?? []].flat().some((each) => typeof each !== 'function')) {
    throw configError(
      'The permissions of a guard are functions: a permission string among them is written has("…").',
    )
  }
  if ([requirement.schemes ?? []].flat().some((each) => typeof each !== 'function')) {
    throw configError('The schemes of a guard are what bearer() and its like give.')
  }
  return requirement
}

/** Where the roles are named, a permission string that none of them has is a slip that would refuse everybody. */
function known(right: string, roles: Roles): string {
  const rights = Object.entries(roles).flatMap(([role, strings]) => [
    `role:${role}`,
    ...strings,
  ])
  if (
    rights.every((each) => each === '*' || each.startsWith('role:')) ||
    rights.includes(right)
  )
    return right
  throw configError(
    `No role has ${JSON.stringify(right)}: write one of the permission strings in the option "roles".`,
  )
}

/** An object as it is written, and not a `Map`, a promise or a list. */
function isTable(requirement: unknown): boolean {
  if (typeof requirement !== 'object' || requirement === null) return false
  const prototype: unknown = Object.getPrototypeOf(requirement)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** @throws AuthError `invalid_config` where it is no scheme */
function madeIn(deps: SchemeDeps, scheme: Scheme<unknown>): Authentication {
  const made: Partial<Authentication> | undefined = scheme(deps)
  if (typeof made?.identify === 'function') return made as Authentication
  throw configError(
    'There is no scheme in a list of schemes: write [bearer()], with the parentheses.',
  )
}

const MEMBERS = new Set(['schemes', 'permissions', 'throttle'])

export interface GuardSettings {
  readonly roles: Roles
  readonly explain: boolean
  readonly log: Log
  readonly addressOf: (request: AuthRequest) => string
}

export function guardDeps({ roles, explain, log, addressOf }: GuardSettings): GuardDeps {
  return {
    rights: rightsOf(roles),
    addressOf,
    onDenied: explain
      ? (...told) =>
          log({ level: 'info', event: 'a request was refused', ...explained(...told) })
      : undefined,
  }
}

/** Why, without any secret: the query may hold one, credentials are not repeated. */
const explained = (
  { code, message }: AuthError,
  request: AuthRequest,
  who: Identity<unknown> | undefined,
): object => ({
  method: request.method,
  path: pathForLog(request.url),
  scheme: who?.scheme,
  user: (who?.user as { id?: unknown } | undefined)?.id,
  code,
  because: message,
})
