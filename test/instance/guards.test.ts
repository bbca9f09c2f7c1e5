import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import {
  allOf,
  allowAny,
  anyOf,
  denied,
  has,
  isAuthenticated,
  isReadOnly,
  isStaff,
  type Permission,
} from '../../src/permissions/index.ts'
import { testInstance } from '../../src/testing/index.ts'
import { watchword } from '../../src/watchword.ts'

const ROLES = { editor: ['posts.add', 'posts.change'], viewer: ['posts.view'] } as const

/** A custom scheme: `Authorization: Robot <name>`. */
const robot: Scheme<{ readonly name: string }> = () => ({
  challenge: 'Robot',
  identify(request) {
    const [word, name, ...more] = (request.header('authorization') ?? '').split(' ')
    if (word !== 'Robot') return undefined
    if (name === undefined || more.length > 0)
      throw new AuthError('authentication_failed', 'no name behind Robot')
    return { user: { name }, scheme: 'robot' }
  },
})

/** A scheme without a challenge that never finds credentials. */
const silent: Scheme<{ readonly name: string }> = () => ({ identify: () => undefined })

const requestOf = (method: string, authorization?: string): AuthRequest => ({
  method,
  url: '/posts/?token=not-for-the-log',
  address: '192.0.2.1',
  secure: false,
  header: (name) => (name === 'authorization' ? authorization : undefined),
  body: async () => Buffer.alloc(0),
})

async function instance(t: { after(end: () => Promise<void>): void }) {
  const app = testInstance({ roles: ROLES, explain: true })
  const { auth, log } = app
  t.after(() => auth.close())
  const user = await auth.users.create({ username: 'ada', roles: ['editor'] })
  const { authorization: asAda } = await app.as(user)
  /** `200 ada`, or the status, the challenges and the detail. */
  const answer = async (
    ...[requirement, method = 'GET', authorization = asAda]: AnswerArgs
  ): Promise<string> => {
    try {
      const { user } = await auth.require(
        requestOf(method, authorization),
        requirement as never,
      )
      return `200 ${(user as { username?: string } | undefined)?.username ?? 'anonymous'}`
    } catch (error) {
      const { status, headers, body } = internalsOf(auth).replyToError(error)
      const challenges = headers
        .filter(([name]) => name === 'WWW-Authenticate')
        .map(([, value]) => value)
      return [status, ...challenges, JSON.parse(body).detail].join(' | ')
    }
  }
  return { auth, user, answer, log }
}
type AnswerArgs = [requirement?: unknown, method?: string, authorization?: string]

const NO_CREDENTIALS = 'Authentication credentials were not provided.'
const NOT_ALLOWED = 'You do not have permission to perform this action.'

test('authorized users get 200, others 403, and anonymous requests 401 with a challenge', async (t) => {
  const { answer } = await instance(t)

  assert.equal(await answer(), '200 ada')
  assert.equal(await answer('posts.change'), '200 ada')
  assert.equal(await answer(has('posts.view')), `403 | ${NOT_ALLOWED}`)
  assert.equal(await answer({ permissions: isStaff }), `403 | ${NOT_ALLOWED}`)
  assert.equal(
    await answer('posts.change', 'GET', ''),
    `401 | Bearer realm="api" | ${NO_CREDENTIALS}`,
  )
})

test('on a public route wrong credentials still get 401', async (t) => {
  const { answer } = await instance(t)

  assert.equal(await answer(allowAny, 'POST', ''), '200 anonymous')
  assert.match(await answer(allowAny, 'POST', 'Bearer x'), /^401/)
  assert.equal(
    await answer(anyOf(isAuthenticated, isReadOnly), 'GET', ''),
    '200 anonymous',
  )
  assert.match(await answer(anyOf(isAuthenticated, isReadOnly), 'POST', ''), /^401/)
})

test('without a challenge of the first scheme there is a 403, else a 401 with the challenges of all schemes', async (t) => {
  const { answer } = await instance(t)

  assert.equal(
    await answer({ schemes: [robot, bearer()] }, 'GET', ''),
    `401 | Robot | Bearer realm="api" | ${NO_CREDENTIALS}`,
  )
  assert.equal(
    await answer({ schemes: [robot, silent] }, 'GET', 'Robot'),
    '401 | Robot | Incorrect authentication credentials.',
  )
  assert.equal(
    await answer({ schemes: [silent, robot] }, 'GET', ''),
    `403 | ${NO_CREDENTIALS}`,
  )
  assert.equal(
    await answer({ schemes: [silent, robot] }, 'GET', 'Robot'),
    '403 | Incorrect authentication credentials.',
  )
  assert.equal(
    await answer({ schemes: [bearer(), statelessBearer()] }, 'GET', ''),
    `401 | Bearer realm="api" | ${NO_CREDENTIALS}`,
  )
})

test('the detail of a permission reaches authenticated users, and anonymous ones if the route has no schemes (P07 to P10)', async (t) => {
  const { answer } = await instance(t)
  const deny: Permission<unknown, unknown> = () =>
    denied('the moon is full', { detail: 'nope' })

  assert.equal(
    await answer(deny, 'GET', ''),
    `401 | Bearer realm="api" | ${NO_CREDENTIALS}`,
  )
  assert.equal(await answer(deny), '403 | nope')
  assert.equal(await answer({ permissions: [isAuthenticated, deny] }), '403 | nope')
  assert.equal(
    await answer({ permissions: allOf(isAuthenticated, deny) }),
    `403 | ${NOT_ALLOWED}`,
  )
  assert.equal(await answer({ schemes: [], permissions: deny }, 'GET', ''), '403 | nope')
  assert.equal(
    await answer({ schemes: [], permissions: isAuthenticated }, 'GET', ''),
    `403 | ${NOT_ALLOWED}`,
  )
})

test('a permission marked signedIn never admits an anonymous request', async (t) => {
  const { answer } = await instance(t)
  const mismarked = Object.assign(
    (() => ({ granted: true })) as Permission<unknown, unknown>,
    { signedIn: true },
  )

  assert.match(await answer(mismarked, 'GET', ''), /^401/)
  assert.equal(await answer(mismarked), '200 ada')
})

test('removing a role and deactivating a user take effect at the next request', async (t) => {
  const { auth, user, answer } = await instance(t)

  assert.equal(await answer('posts.change'), '200 ada')
  await auth.users.change(user.id, { roles: ['viewer'] })
  assert.equal(await answer('posts.change'), `403 | ${NOT_ALLOWED}`)
  assert.equal(await answer('posts.view'), '200 ada')
  await auth.users.change(user.id, { active: false })
  assert.equal(
    await answer('posts.view'),
    '401 | Bearer realm="api", error="invalid_token" | User is inactive',
  )
})

test('a role that the option "roles" lacks is rejected', async (t) => {
  const { auth, user } = await instance(t)
  const body = { roles: ['There is no role "editr".'] }

  await assert.rejects(auth.users.change(user.id, { roles: ['editr'] }), {
    code: 'invalid',
    body,
  })
  await assert.rejects(
    auth.users.create({ username: 'bob', roles: ['editr', 'toString'] }),
    { code: 'invalid' },
  )
})

test('with explain, each rejection is logged with its scheme and reason, without secrets', async (t) => {
  const { user, answer, log } = await instance(t)

  await answer('posts.view')
  await answer(undefined, 'GET', 'Bearer very-secret-token')

  assert.deepEqual(log, [
    {
      level: 'info',
      event: 'a request was refused',
      method: 'GET',
      path: '/posts/',
      scheme: 'bearer',
      user: user.id,
      code: 'permission_denied',
      reason: 'does not have "posts.view"',
    },
    {
      level: 'info',
      event: 'a request was refused',
      method: 'GET',
      path: '/posts/',
      scheme: undefined,
      user: undefined,
      code: 'malformed',
      reason: log[1]?.reason,
    },
  ])
  assert.doesNotMatch(JSON.stringify(log), /very-secret|not-for-the-log/)
})

test('an impossible requirement throws when the guard is created', async (t) => {
  const { auth } = await instance(t)

  assert.throws(
    () => internalsOf(auth).guard({ throttle: 'missing' }),
    /No default throttle rate set for 'missing' scope/,
  )
  assert.throws(
    () => internalsOf(auth).guard({ permission: isStaff } as never),
    /has no member "permission"\. Its members are schemes, permissions, throttle/,
  )
  // @ts-expect-error the default permissions must require a sign-in
  assert.throws(() => watchword({ permissions: allowAny }), /put isAuthenticated first/)
})

test('authorize() in a handler rejects with the challenges of its route, and is logged', async (t) => {
  const { auth, user, answer, log } = await instance(t)
  assert.equal(await answer(), '200 ada')
  const notOwner: Permission<string, unknown> = () => denied('not the owner')
  const refused = async (
    schemes: readonly Scheme<unknown>[],
    user?: object,
  ): Promise<string> => {
    const known: Scheme<unknown> = () => ({
      challenge: 'Known',
      identify: () => user && { user, scheme: 'known' },
    })
    const principal = await auth.require(requestOf('GET'), {
      schemes: [...schemes, known],
      permissions: allowAny,
    })
    const error = await principal
      .authorize(notOwner, 'a note')
      .catch((error: unknown) => error)
    const { status, headers } = internalsOf(auth).replyToError(error)
    return [
      status,
      ...headers
        .filter(([name]) => name === 'WWW-Authenticate')
        .map(([, value]) => value),
    ].join(' | ')
  }

  assert.equal(await refused([robot]), '401 | Robot | Known')
  assert.equal(await refused([silent]), '403')
  assert.equal(await refused([robot], user), '403')

  const refusals = log.map(({ scheme, user, code, reason }) => ({
    scheme,
    user,
    code,
    reason,
  }))
  const reason = 'not the owner'
  assert.deepEqual(refusals, [
    { scheme: undefined, user: undefined, code: 'not_authenticated', reason },
    { scheme: undefined, user: undefined, code: 'not_authenticated', reason },
    { scheme: 'known', user: user.id, code: 'permission_denied', reason },
  ])
})
