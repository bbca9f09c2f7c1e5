import { statelessBearer } from '../authentication/bearer.ts'
import type {
  Authentication,
  LibrarySchemeDeps,
  Scheme,
} from '../authentication/scheme.ts'
import {
  ACR_FAULT,
  AMR_FAULT,
  FRESH_FAULT,
  isFresh,
  isMethods,
  parseStepUp,
} from '../authentication/step-up.ts'
import { isAssuranceLevel } from '../base/acr.ts'
import type { Clock } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { has, hasScope } from '../permissions/basic-permissions.ts'
import { rightsNamedIn } from '../permissions/named-rights.ts'
import { scopesOfAll } from '../permissions/named-scopes.ts'
import type { Permission } from '../permissions/permission.ts'
import type { Roles } from '../permissions/rights.ts'
import type { Hits } from '../throttling/hits.ts'
import type { Throttle } from '../throttling/throttle.ts'
import type { GuardParts } from './guard.ts'
import { guardedResource } from './guarded-resource.ts'
import type { Permissions, Requirement, RequirementOptions } from './requirement.ts'
import { type BrowsableOptions, isBrowsable, isDescription } from './route-description.ts'
import { stepUpCheck } from './step-up.ts'
import { type Limits, throttlesOf } from './throttles.ts'

/** The instance's options, which are the defaults of a requirement. */
export interface RequirementDefaults {
  readonly authentication: readonly Scheme<unknown>[]
  readonly permissions: readonly Permission<unknown, unknown, string>[]
  readonly roles: Roles
  readonly throttle: Limits
  /** The public address. */
  readonly url: string | undefined
  readonly tokens: {
    /** Whether sessions are stored. */
    readonly sessions: boolean
    /** Whether tokens say when and how their users signed in. */
    readonly signInClaims: boolean
  }
}

/** The parts of an open instance that a guard's schemes and throttles need. */
export interface RequirementDeps {
  readonly deps: LibrarySchemeDeps
  readonly hits: Hits
  readonly clock: Clock
}

/**
 * Checks a requirement at once. The returned function creates its parts when the instance is open.
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
    tokens,
    url,
  }: RequirementDefaults,
): (deps: RequirementDeps) => GuardParts {
  const options = parseOptions(requirement)
  const { schemes = authentication, throttle } = options
  if (url === undefined) refuseWithoutUrl(schemes)
  const permissions = [
    ...permissionsOf(options.permissions ?? byDefault, roles),
    ...[options.scope ?? []].flat().map(hasScope),
  ]
  const { clients = false, resource } = options
  const scopes = scopesOfAll(permissions)
  const throttles = throttlesOf(throttle, limits)
  const stepUp = parseStepUp(options)
  if (stepUp !== undefined) requireProofs(schemes, tokens)
  return ({ deps, hits, clock }) => ({
    schemes: createSchemes(schemes, resource, deps),
    // The types of users and rights were checked by the compiler.
    permissions: permissions as readonly unknown[] as GuardParts['permissions'],
    scopes,
    clients,
    throttles: throttles({ hits, clock }),
    stepUp: stepUp && stepUpCheck(stepUp, deps, clock),
    useSession: deps.sessions?.use,
  })
}

/** @throws AuthError `invalid_config` */
function refuseWithoutUrl(schemes: readonly Scheme<unknown>[]): void {
  const [message] = schemes.flatMap(({ needsUrl }) => needsUrl ?? [])
  if (message !== undefined) throw configError(message)
}

/** Stops a guard that no request could pass. @throws AuthError `invalid_config` */
function requireProofs(
  schemes: readonly Scheme<unknown>[],
  { sessions, signInClaims }: RequirementDefaults['tokens'],
): void {
  if (signInClaims) return
  const isStateless = schemes.some(({ madeBy }) => madeBy === statelessBearer)
  if (isStateless || !sessions) throw configError(isStateless ? NO_CLAIMS : NO_SESSIONS)
}

const NO_CLAIMS =
  'A guard\'s "fresh", "amr" and "acr" need to know how the user signed in, and with statelessBearer() only the token can say so: set tokens: { signInClaims: true }, or use bearer() for this guard.'
const NO_SESSIONS =
  'A guard\'s "fresh", "amr" and "acr" need to know how the user signed in, and without stored sessions only the token can say so: set tokens: { signInClaims: true }.'

function parseOptions(requirement: unknown): RequirementOptions<never, string> {
  if (requirement === undefined) return {}
  if (isPermission(requirement)) return { permissions: requirement }
  if (!isPlainObject(requirement))
    throw configError(
      `A guard's requirement must be a permission string, a permission, or an object with ${NAMES}.`,
    )
  for (const [name, value] of Object.entries(requirement)) checkMember(name, value)
  return requirement
}

/** What a requirement says of its route for the browsable API; it has been parsed before. */
export function browsableOptionsOf(
  requirement: Requirement<never, string> | undefined,
): BrowsableOptions {
  if (typeof requirement !== 'object') return {}
  return requirement
}

/** Permission strings become permissions. @throws AuthError `invalid_config` if no role has one of them */
const permissionsOf = (
  given: Permissions<never, string>,
  roles: Roles,
): readonly Permission<unknown, never, string>[] =>
  [given].flat().map((each) => {
    const permission = typeof each === 'string' ? has(each) : each
    for (const right of rightsNamedIn(permission)) refuseUnknown(right, roles)
    return permission
  })

/**
 * The schemes that `authenticate` is given; `undefined` for the instance's.
 *
 * @throws AuthError `invalid_config`
 */
export function parseSchemes(options: unknown): readonly Scheme<unknown>[] | undefined {
  if (options === undefined) return undefined
  if (!isPlainObject(options) || Object.keys(options).some((name) => name !== 'schemes'))
    throw configError(
      'auth.authenticate(…) takes a request and, optionally, an object with "schemes" only: write { schemes: [bearer()] }.',
    )
  const { schemes } = options as RequirementOptions<never, string>
  if (schemes !== undefined) checkMember('schemes', schemes)
  return schemes
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
  const { isValid, fault } = MEMBERS[name as keyof typeof MEMBERS]
  if (!isValid(value)) throw configError(fault)
}

/** RFC 6749 appendix A.4. */
const isScope = (value: unknown): boolean =>
  typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value)

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isPermission = (value: unknown): value is string | Permission<unknown, never> =>
  typeof value === 'string' || isFunction(value)
const isThrottle = (value: unknown): boolean =>
  typeof value === 'string' || isFunction((value as Partial<Throttle> | null)?.wait)

/** What each member holds, and what to write otherwise. */
const MEMBERS = {
  schemes: {
    isValid: (value: unknown) => Array.isArray(value) && value.every(isFunction),
    fault: 'A guard\'s "schemes" must be a list of schemes: write [bearer()].',
  },
  permissions: {
    isValid: (value: unknown) => [value].flat().every(isPermission),
    fault:
      'A guard\'s "permissions" must be permission strings and permissions: write "posts.change", or [isStaff].',
  },
  throttle: {
    isValid: (value: unknown) =>
      typeof value === 'string' || (Array.isArray(value) && value.every(isThrottle)),
    fault:
      'A guard\'s "throttle" must be the name of a rate, or a list of names and throttles: write ["feed"], or [{ scope, wait }].',
  },
  scope: {
    isValid: (value: unknown) =>
      [value].flat().length > 0 && [value].flat().every(isScope),
    fault: 'A guard\'s "scope" must be a scope, or a list of scopes: write "posts:read".',
  },
  clients: {
    isValid: (value: unknown) => typeof value === 'boolean',
    fault: 'A guard\'s "clients" must be true or false.',
  },
  resource: {
    isValid: (value: unknown) => typeof value === 'string' && value.startsWith('/'),
    fault: 'A guard\'s "resource" must be a path such as "/mcp".',
  },
  fresh: { isValid: isFresh, fault: FRESH_FAULT },
  amr: { isValid: isMethods, fault: AMR_FAULT },
  acr: { isValid: isAssuranceLevel, fault: ACR_FAULT },
  browsable: {
    isValid: isBrowsable,
    fault: 'A guard\'s "browsable" must be true, false or "rendered".',
  },
  describe: {
    isValid: isDescription,
    fault:
      'A guard\'s "describe" must be an object of summary, description, body, query, answers, example, types, methods and path: write { summary: "Write a note", body: NewNote }.',
  },
  confirm: {
    isValid: (value: unknown) => typeof value === 'boolean',
    fault: 'A guard\'s "confirm" must be true or false.',
  },
} as const

const NAMES = Object.keys(MEMBERS).join(', ')

/** If the roles list permission strings, one that no role has is a misspelling: it would deny every user. */
function refuseUnknown(right: string, roles: Roles): void {
  const strings = Object.values(roles).flat()
  if (strings.every((each) => each === '*')) return
  const rights = [...strings, ...Object.keys(roles).map((role) => `role:${role}`)]
  if (rights.includes(right)) return
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

function createSchemes(
  schemes: readonly Scheme<unknown>[],
  resource: string | undefined,
  deps: LibrarySchemeDeps,
): readonly Authentication[] {
  if (resource === undefined) return schemes.map((scheme) => createScheme(scheme, deps))
  const guarded = guardedResource(resource, deps)
  return schemes.map((scheme) => guarded.challenged(createScheme(scheme, guarded.deps)))
}

/** @throws AuthError `invalid_config` if it is not a scheme */
function createScheme(scheme: Scheme<unknown>, deps: LibrarySchemeDeps): Authentication {
  const created: Partial<Authentication> | undefined = scheme(deps)
  if (typeof created?.identify === 'function') return created as Authentication
  throw configError(
    'The list of schemes holds a function that is not a scheme. Call it: write [bearer()], not [bearer].',
  )
}
