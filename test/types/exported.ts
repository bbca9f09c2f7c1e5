/**
 * Checked by `tsc` and never run. What an instance returns and takes has a name that a program can import from the entry
 * which hands it out, and its ids and moments are plain strings and numbers.
 */
import type * as fastify from '../../src/adapters/fastify.ts'
import type * as fetch from '../../src/adapters/fetch.ts'
import type * as next from '../../src/adapters/next.ts'
import type * as authentication from '../../src/authentication.ts'
import type * as root from '../../src/index.ts'
import { AuthError, session, watchword } from '../../src/index.ts'
import type * as jwt from '../../src/jwt/index.ts'
import type * as permissions from '../../src/permissions/index.ts'
import type * as testing from '../../src/testing/index.ts'
import type * as verify from '../../src/verify/index.ts'
import { is } from './is.ts'

const auth = watchword()
declare const request: Request

/* What an instance returns */

is<root.Watchword>(auth)
is<root.UserAdmin>(auth.users)
is<root.SessionAdmin>(auth.sessions)
is<root.ApiTokenAdmin>(auth.apiTokens)
is<root.KeyAdmin>(auth.keys)
is<root.EventAdmin<root.EventKind>>(auth.events)
is<root.User>(await auth.users.create({ username: 'ada' }))
is<readonly root.Session[]>(await auth.sessions.list('1'))
is<root.SignInResult>(await auth.signIn('1'))
is<root.Session | undefined>((await auth.signIn('1')).session)
is<root.ShownToken>(await auth.apiTokens.create('1'))
is<readonly root.ApiToken[]>(await auth.apiTokens.list('1'))
is<readonly root.AuditEvent<root.EventKind>[]>(await auth.events.list())
is<readonly root.KeySummary[]>(await auth.keys.list())
is<root.RotationResult>(await auth.keys.rotate())
is<root.FlushCounts>(await auth.flush())
is<root.Health>(await auth.health())
is<root.Stats | undefined>(auth.stats())
const principal = is<root.Principal>(await auth.require(request))
is<root.Identity>(principal)
is<root.Credential | undefined>(principal.credential)
is<root.Claims | undefined>(principal.token)
is<string | undefined>(principal.sessionId)
is<root.RevokeReason | undefined>((await auth.signIn('1')).session?.revokeReason)
is<root.ErrorCode>(new AuthError('expired').code)
is<root.Scheme>(session())

/* What it takes */

declare const taken: {
  readonly options: root.Options
  readonly tokens: root.TokenOptions
  readonly slidingTokens: root.SlidingTokenOptions
  readonly users: root.UserOptions
  readonly endpoints: root.EndpointOptions
  readonly endpoint: root.EndpointOption
  readonly handler: root.EndpointHandler
  readonly hooks: root.Hooks
  readonly throttle: root.Throttle
  readonly rate: root.Rate
  readonly duration: root.Duration
  readonly permission: root.Permission
  readonly input: root.UserInput
  readonly update: root.UserUpdate
  readonly query: root.UserQuery
  readonly newToken: root.NewApiToken
  readonly rotate: root.RotateOptions
  readonly error: root.AuthErrorOptions
  readonly requirement: root.Requirement<root.User, string>
  readonly request: root.AuthRequest
  readonly peer: root.Peer
}
watchword(taken.options)
watchword({
  tokens: taken.tokens,
  slidingTokens: taken.slidingTokens,
  users: taken.users,
  endpoints: taken.endpoints,
  throttle: { user: taken.rate },
})
watchword({ endpoints: { obtain: taken.endpoint, verify: { handle: taken.handler } } })
watchword({ on: taken.hooks, audit: { keep: taken.duration } })
watchword({
  on: {
    signedIn: (event) => void is<root.SignInEvent>(event),
    signInFailed: (event) => void is<root.SignInFailedEvent>(event),
    signedOut: (event) => void is<root.SessionEvent>(event),
    reuseDetected: (event) => void is<root.SessionEvent>(event),
  },
  log: (entry) => void is<root.LogEntry>(entry),
})
await auth.users.create(taken.input)
await auth.users.change('1', taken.update)
await auth.users.find(taken.query)
await auth.apiTokens.create('1', taken.newToken)
await auth.keys.rotate(taken.rotate)
await auth.require(taken.request, taken.requirement)
await auth.require(request, taken.permission)
await auth.require(request, { throttle: [taken.throttle] })
await auth.handler(request, taken.peer)
new AuthError('expired', undefined, taken.error)

/* Plain strings and numbers: a program can make each of these, for a test of its own */

is<root.User>({
  id: '1',
  username: 'ada',
  email: undefined,
  emailVerifiedAt: 0,
  phone: undefined,
  phoneVerifiedAt: undefined,
  active: true,
  staff: false,
  superuser: false,
  roles: [],
  epoch: 0,
  joinedAt: 0,
  lastLoginAt: 0,
  attributes: {},
})
is<root.Session>({
  id: '1',
  userId: '1',
  createdAt: 0,
  rotatedAt: 0,
  generation: 0,
  expiresAt: 0,
  idleExpiresAt: 0,
  lastUsedAt: 0,
  address: '127.0.0.1',
  userAgent: undefined,
  amr: ['pwd'],
  authTime: 0,
  actor: undefined,
  jkt: undefined,
  clientId: undefined,
  scopes: [],
  resource: [],
  revokedAt: 0,
  revokeReason: 'admin',
})
is<root.ApiToken>({
  id: '1',
  userId: '1',
  hint: 'ww_1',
  name: undefined,
  scopes: [],
  createdAt: 0,
  expiresAt: 0,
  derived: false,
  kind: undefined,
})
is<root.AuditEvent>({
  id: '1',
  at: 0,
  kind: 'signed_in',
  userId: '1',
  sessionId: '1',
  actor: undefined,
  address: undefined,
  requestId: undefined,
  detail: {},
})
is<root.Identity<string>>({ user: 'ada', scheme: 'mine', sessionId: '1' })
is<root.KeySummary>({
  id: '1',
  algorithm: 'ES256',
  stage: 'current',
  createdAt: 0,
  verifiesUntil: 0,
})

/* The other entries */

export type Exported = [
  authentication.Authentication,
  authentication.AuthRequest,
  authentication.Claims,
  authentication.Credential,
  authentication.Duration,
  authentication.FindName,
  authentication.FromHeader,
  authentication.Identity,
  authentication.RemoteUserOptions,
  authentication.Scheme,
  authentication.SchemeDeps,
  authentication.SessionOptions,
  authentication.TokenUser,
  authentication.User,
  permissions.AuthRequest,
  permissions.ByMethod<string>,
  permissions.Decision,
  permissions.Denied,
  permissions.Granted,
  permissions.Identity,
  permissions.ObjectRights<unknown, unknown, string>,
  permissions.Permission,
  permissions.PermissionContext,
  permissions.Principal,
  permissions.SignedIn,
  permissions.User,
  verify.AsymmetricAlgorithm,
  verify.AuthErrorOptions,
  verify.Claims,
  verify.Duration,
  verify.ErrorCode,
  verify.RevocationOptions,
  verify.TokenClaims,
  verify.TokenVerifier,
  verify.VerifierOptions,
  jwt.Algorithm,
  jwt.AuthErrorOptions,
  jwt.Claims,
  testing.Duration,
  testing.Faults,
  testing.LogEntry,
  testing.SignInAs,
  testing.StoreVerb,
  testing.TestClock,
  testing.TestInstance,
  testing.TestOptions,
  fetch.Guard<unknown, string>,
  fetch.GuardedRequest<unknown, string>,
  fetch.GuardedHandler<unknown, string>,
  fetch.Handler,
  fetch.Peer,
  fastify.Guard<unknown, string>,
  fastify.WithAuth<unknown, string>,
  next.GuardedRequest<unknown, string>,
  next.GuardedHandler<unknown, string, unknown>,
  next.Handler<unknown>,
  next.Handlers,
]
