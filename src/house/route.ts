import type { Authentication, Identity, Scheme } from '../authentication/scheme.ts'
import { Refusal } from '../base/refusal.ts'
import type { AuthRequest } from '../base/request.ts'
import { has } from '../permissions/basic-permissions.ts'
import type { Permission } from '../permissions/permission.ts'
import { rightsOf } from '../permissions/rights.ts'
import type { Settings } from '../settings/settings.ts'
import { addressIn } from './client-address.ts'
import type { Asked, GateWorld } from './gate.ts'
import type { House } from './house.ts'
import type { Need, NeedTable } from './need.ts'
import { throttlesOf } from './throttles.ts'

/**
 * What a route asks for, once the house is open; what is impossible is told before.
 *
 * @throws Refusal `config_refused`
 */
export function askedBy(need: Need<never, string> | undefined, settings: Settings): (house: House) => Asked {
  const { schemes = settings.authentication, permissions = settings.permissions, throttle } = tableOf(need)
  const throttles = throttlesOf(throttle, settings.throttle)
  return ({ world, hits }) => ({
    schemes: schemes.map((scheme) => madeIn(world, scheme)),
    permissions: [permissions].flat() as readonly object[] as readonly Permission<unknown, unknown, string>[],
    throttles: throttles({ hits, clock: settings.clock }),
  })
}

function tableOf(need: Need<never, string> | undefined): NeedTable<never, string> {
  if (typeof need === 'string') return { permissions: has(need) }
  if (typeof need === 'function') return { permissions: need }
  for (const name of Object.keys(need ?? {})) {
    if (!MEMBERS.has(name))
      throw new Refusal('config_refused', `A guard asks for ${[...MEMBERS].join(', ')}: "${name}" is none of them.`)
  }
  return need ?? {}
}

/** @throws Refusal `config_refused` where it is no scheme */
function madeIn(world: House['world'], scheme: Scheme<unknown>): Authentication {
  const made: Partial<Authentication> | undefined = scheme(world)
  if (typeof made?.identify === 'function') return made as Authentication
  throw new Refusal(
    'config_refused',
    'There is no scheme in a list of schemes: write [bearer()], with the parentheses.',
  )
}

const MEMBERS = new Set(['schemes', 'permissions', 'throttle'])

export function gateWorld(settings: Settings): GateWorld {
  const { roles, explain, log } = settings
  return {
    rights: rightsOf(roles),
    addressOf: addressIn(settings),
    refused: explain
      ? (...told) => log({ level: 'info', event: 'a request was refused', ...explained(...told) })
      : undefined,
  }
}

/** Why, without any secret: the query may hold one, credentials are not repeated. */
const explained = ({ code, message }: Refusal, request: AuthRequest, who: Identity<unknown> | undefined): object => ({
  method: request.method,
  path: request.url.replace(/\?.*$/s, ''),
  scheme: who?.scheme,
  user: (who?.user as { id?: unknown } | undefined)?.id,
  code,
  because: message,
})
