import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type GuardedListener, guardOf } from '../../src/adapters/node.ts'
import { basic } from '../../src/authentication/basic.ts'
import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import { remoteUser } from '../../src/authentication/remote-user.ts'
import { isTokenUser } from '../../src/authentication/token-user.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import {
  allOf,
  allowAny,
  anyOf,
  denied,
  isAuthenticated,
  isReadOnly,
  isStaff,
  not,
  type Permission,
} from '../../src/permissions/index.ts'
import type { Throttle } from '../../src/throttling/throttle.ts'
import type { User } from '../../src/users/user.ts'
import type { Requirement, Watchword } from '../../src/watchword.ts'

type Listener = GuardedListener<unknown, string>

/** The rates of the throttled probes. */
export const RATES = {
  anon: '2/min',
  user: '3/min',
  second: '2/s',
  minute: '3/min',
  zero: '0/day',
} as const

const deny: Permission<unknown, unknown> = () =>
  denied('always denied', { detail: 'nope' })
/** Always refuses, with an unknown wait. */
const noWait: Throttle = { scope: 'nowait', wait: () => ({ seconds: undefined }) }

// D12: tokens are valid until they expire, as in Simple JWT.
const stateless = statelessBearer({ revocation: false })

/** Properties of a request that its client does not send. */
export interface RequestContext {
  /** The user that the server in front has authenticated. */
  remoteUser: string | undefined
  /** Whether it came over TLS. */
  secure: boolean
}

/**
 * The probe views by their names: `jwt`, `token+jwt`, `none-any`.
 *
 * @param counting an instance with the rates of the probes; the other one has no rates
 */
export function probes(
  auth: Watchword<User>,
  counting: Watchword<User>,
  context: RequestContext,
): { readonly [name: string]: RequestListener } {
  const guard = guardOf(auth)
  const counted = (throttle: readonly (string | Throttle)[]): RequestListener =>
    guardOf(counting)({ permissions: allowAny, throttle }, sendUsername)
  const asked = (requirement: Requirement<User, string>): RequestListener =>
    guard(requirement, sendUsername as never)
  return {
    jwt: guard(sendUsername),
    'jwt-any': asked(allowAny),
    stateless: asked({ schemes: [stateless] }),
    'stateless-admin': asked({ schemes: [stateless], permissions: isStaff }),
    session: asked({ schemes: [session()] }),
    'session+basic': asked({ schemes: [session(), basic()] }),
    'basic+session': asked({ schemes: [basic(), session()] }),
    'session+jwt': asked({ schemes: [session(), bearer()] }),
    basic: asked({ schemes: [basic()] }),
    remote: asked({ schemes: [remoteUser(() => context.remoteUser, { create: true })] }),
    token: asked({ schemes: [apiToken()] }),
    'jwt+token': asked({ schemes: [bearer(), apiToken()] }),
    'token+jwt': asked({ schemes: [apiToken(), bearer()] }),
    none: asked({ schemes: [] }),
    'none-any': asked({ schemes: [], permissions: allowAny }),
    'none-deny': asked({ schemes: [], permissions: deny }),
    admin: asked(isStaff),
    ro: asked(anyOf(isAuthenticated, isReadOnly)),
    deny: asked(deny),
    'and-deny': asked(allOf(isAuthenticated, deny)),
    or: asked(anyOf(isStaff, isAuthenticated)),
    'not-admin': asked(not(isStaff)),
    't-anon': counted(['anon']),
    't-user': counted(['user']),
    't-two': counted(['second', 'minute']),
    't-zero': counted(['zero']),
    't-nowait': counted([noWait]),
  }
}

/** GET and POST return the username. */
const sendUsername: Listener = (
  { method, auth: { user } }: IncomingMessage & { auth: { user: unknown } },
  response,
) => {
  const isAllowed = method === 'GET' || method === 'POST'
  const body = isAllowed
    ? { user: textOf(user) }
    : { detail: `Method "${method}" not allowed.` }
  answer(response, isAllowed ? 200 : 405, body)
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

const textOf = (user: unknown): string => {
  if (user === undefined) return 'AnonymousUser'
  return isTokenUser(user) ? `TokenUser ${user.id}` : (user as User).username
}
