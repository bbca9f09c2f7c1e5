import type { Authentication, Identity, Scheme } from '../authentication/scheme.ts'
import { Refusal } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import { has } from '../permissions/basic-permissions.ts'
import type { Permission } from '../permissions/permission.ts'
import { type Roles, rightsOf } from '../permissions/rights.ts'
import { pathForLog } from '../base/log.ts'
import type { Settings } from '../settings/settings.ts'
import type { Asked, GateWorld } from './guard.ts'
import type { House } from '../instance/instance.ts'
import type { Need, NeedTable } from './requirement.ts'
import { throttlesOf } from './throttles.ts'

/**
 * What a route asks for, once the house is open; what is impossible is told before.
 *
 * @throws Refusal `config_refused`
 */
export function askedBy(need: Need<never, string> | undefined, settings: Settings): (house: House) => Asked {
  const {
    schemes = settings.authentication,
    permissions = settings.permissions,
    throttle,
  } = tableOf(need, settings.roles)
  const throttles = throttlesOf(throttle, settings.throttle)
  return ({ world, hits, clock }) => ({
    schemes: schemes.map((scheme) => madeIn(world, scheme)),
    permissions: [permissions].flat() as readonly object[] as readonly Permission<unknown, unknown, string>[],
    throttles: throttles({ hits, clock }),
  })
}

function tableOf(need: Need<never, string> | undefined, roles: Roles): NeedTable<never, string> {
  if (typeof need === 'string') return { permissions: has(known(need, roles)) }
  if (typeof need === 'function') return { permissions: need }
  if (need === undefined) return {}
  if (!isTable(need))
    throw refused(`A guard asks for a permission string, a permission, or { ${[...MEMBERS].join(', ')} }.`)
  for (const [name, value] of Object.entries(need)) {
    if (!MEMBERS.has(name)) throw refused(`A guard asks for ${[...MEMBERS].join(', ')}: "${name}" is none of them.`)
    // What is not there, as a misspelt name is not, would be the instance's.
    if (value == null) throw refused(`A guard's ${name} cannot be ${value}: leave the member out for the instance's.`)
  }
  if ([need.permissions ?? []].flat().some((each) => typeof each !== 'function')) {
    throw refused('The permissions of a guard are functions: a permission string among them is written has("…").')
  }
  if ([need.schemes ?? []].flat().some((each) => typeof each !== 'function')) {
    throw refused('The schemes of a guard are what bearer() and its like give.')
  }
  return need
}

/** Where the roles are named, a permission string that none of them has is a slip that would refuse everybody. */
function known(right: string, roles: Roles): string {
  const rights = Object.entries(roles).flatMap(([role, strings]) => [`role:${role}`, ...strings])
  if (rights.every((each) => each === '*' || each.startsWith('role:')) || rights.includes(right)) return right
  throw refused(`No role has ${JSON.stringify(right)}: write one of the permission strings in the option "roles".`)
}

/** An object as it is written, and not a `Map`, a promise or a list. */
function isTable(need: unknown): boolean {
  if (typeof need !== 'object' || need === null) return false
  const prototype: unknown = Object.getPrototypeOf(need)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const refused = (sentence: string): Refusal => new Refusal('config_refused', sentence)

/** @throws Refusal `config_refused` where it is no scheme */
function madeIn(world: House['world'], scheme: Scheme<unknown>): Authentication {
  const made: Partial<Authentication> | undefined = scheme(world)
  if (typeof made?.identify === 'function') return made as Authentication
  throw refused('There is no scheme in a list of schemes: write [bearer()], with the parentheses.')
}

const MEMBERS = new Set(['schemes', 'permissions', 'throttle'])

export function gateWorld({ roles, explain, log, addressOf }: Settings): GateWorld {
  return {
    rights: rightsOf(roles),
    addressOf,
    refused: explain
      ? (...told) => log({ level: 'info', event: 'a request was refused', ...explained(...told) })
      : undefined,
  }
}

/** Why, without any secret: the query may hold one, credentials are not repeated. */
const explained = ({ code, message }: Refusal, request: AuthRequest, who: Identity<unknown> | undefined): object => ({
  method: request.method,
  path: pathForLog(request.url),
  scheme: who?.scheme,
  user: (who?.user as { id?: unknown } | undefined)?.id,
  code,
  because: message,
})
