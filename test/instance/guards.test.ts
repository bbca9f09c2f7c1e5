import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import type { Scheme } from '../../src/authentication/scheme.ts'
import { AuthError } from '../../src/base/errors.ts'
import type { AuthRequest } from '../../src/http/request.ts'
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
import { watchword } from '../../src/watchword.ts'

const ROLES = { editor: ['posts.add', 'posts.change'], viewer: ['posts.view'] } as const

/** `Robot <name>`: a scheme of one's own. */
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

/** One without a challenge, which knows nobody. */
const silent: Scheme<{ readonly name: string }> = () => ({ identify: () => undefined })

const asking = (method: string, authorization?: string): AuthRequest => ({
  method,
  url: '/posts/?token=not-for-the-log',
  address: '192.0.2.1',
  secure: false,
  header: (name) => (name === 'authorization' ? authorization : undefined),
  body: async () => Buffer.alloc(0),
})

async function instance(t: { after(end: () => Promise<void>): void }) {
  const logged: Record<string, unknown>[] = []
  const auth = watchword({
    database: 'sqlite::memory:',
    roles: ROLES,
    explain: true,
    log: (entry) => logged.push(entry),
  })
  t.after(() => auth.close())
  const user = await auth.users.create({
    username: 'ada',
    password: 'qhr4-7mzt-w2pd-x9kc',
    roles: ['editor'],
  })
  const reply = await auth.handler(
    new Request('http://localhost/api/token/', {
      method: 'POST',
      body: JSON.stringify({ username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' }),
      headers: { 'content-type': 'application/json' },
    }),
  )
  const { access } = (await reply.json()) as { access: string }
  /** `200 ada`, or the status, the challenges and the detail. */
  const answer = async (
    ...[requirement, method = 'GET', authorization = `Bearer ${access}`]: Asked
  ): Promise<string> => {
    try {
      const { user: who } = await auth.require(
        asking(method, authorization),
        requirement as never,
      )
      return `200 ${(who as { username?: string } | undefined)?.username ?? 'anonymous'}`
    } catch (error) {
      const { status, headers, body } = auth.replyToError(error)
      const challenges = headers
        .filter(([name]) => name === 'WWW-Authenticate')
        .map(([, value]) => value)
      return [status, ...challenges, JSON.parse(body).detail].join(' | ')
    }
  }
  return { auth, user, answer, logged }
}
type Asked = [need?: unknown, method?: string, authorization?: string]

const NO_CREDENTIALS = 'Authentication credentials were not provided.'
const NOT_ALLOWED = 'You do not have permission to perform this action.'

test('who may is let through, who may not is told so, and nobody is asked to sign in', async (t) => {
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

test('a route for everybody lets nobody in under a false name', async (t) => {
  const { answer } = await instance(t)

  assert.equal(await answer(allowAny, 'POST', ''), '200 anonymous')
  assert.match(await answer(allowAny, 'POST', 'Bearer x'), /^401/)
  assert.equal(
    await answer(anyOf(isAuthenticated, isReadOnly), 'GET', ''),
    '200 anonymous',
  )
  assert.match(await answer(anyOf(isAuthenticated, isReadOnly), 'POST', ''), /^401/)
})

test('the first scheme decides whether there is a challenge, and then all are named', async (t) => {
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

test("a permission's own sentence is for who has signed in, or where nobody can (P07 to P10)", async (t) => {
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

test('a mark that promises a sign-in is held to it', async (t) => {
  const { answer } = await instance(t)
  const liar = Object.assign(
    (() => ({ granted: true })) as Permission<unknown, unknown>,
    { signedIn: true },
  )

  assert.match(await answer(liar, 'GET', ''), /^401/)
  assert.equal(await answer(liar), '200 ada')
})

test('a role that is taken away, and a user who is deactivated, count at the next request', async (t) => {
  const { auth, user, answer } = await instance(t)

  assert.equal(await answer('posts.change'), '200 ada')
  await auth.users.change(user.id, { roles: ['viewer'] })
  assert.equal(await answer('posts.change'), `403 | ${NOT_ALLOWED}`)
  assert.equal(await answer('posts.view'), '200 ada')
  await auth.users.change(user.id, { active: false })
  assert.equal(await answer('posts.view'), '401 | Bearer realm="api" | User is inactive')
})

test('a role that the instance does not know is not given', async (t) => {
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

test('the operator is told which scheme and which permission said no, and no secret', async (t) => {
  const { user, answer, logged } = await instance(t)
  logged.length = 0

  await answer('posts.view')
  await answer(undefined, 'GET', 'Bearer very-secret-token')

  assert.deepEqual(logged, [
    {
      level: 'info',
      event: 'a request was refused',
      method: 'GET',
      path: '/posts/',
      scheme: 'bearer',
      user: user.id,
      code: 'permission_denied',
      reason: 'has not "posts.view"',
    },
    {
      level: 'info',
      event: 'a request was refused',
      method: 'GET',
      path: '/posts/',
      scheme: undefined,
      user: undefined,
      code: 'malformed',
      reason: logged[1]?.reason,
    },
  ])
  assert.doesNotMatch(JSON.stringify(logged), /very-secret|not-for-the-log/)
})

test('what cannot be asked for is told when the guard is made', async (t) => {
  const { auth } = await instance(t)

  assert.throws(
    () => auth.guard({ throttle: 'missing' }),
    /No default throttle rate set for 'missing' scope/,
  )
  assert.throws(
    () => auth.guard({ permission: isStaff } as never),
    /"permission" is none of them/,
  )
  // @ts-expect-error what the instance asks by default must ask for a sign-in
  assert.throws(() => watchword({ permissions: allowAny }), /put isAuthenticated first/)
})

test('what a handler asks about a thing is refused as its route refuses, and the operator is told', async (t) => {
  const { auth, user, answer, logged } = await instance(t)
  assert.equal(await answer(), '200 ada')
  const nobodys: Permission<string, unknown> = () => denied('it is nobody’s')
  const refused = async (
    schemes: readonly Scheme<unknown>[],
    user?: object,
  ): Promise<string> => {
    const known: Scheme<unknown> = () => ({
      challenge: 'Known',
      identify: () => user && { user, scheme: 'known' },
    })
    const who = await auth.require(asking('GET'), {
      schemes: [...schemes, known],
      permissions: allowAny,
    })
    const error = await who.authorize(nobodys, 'a note').catch((error: unknown) => error)
    const { status, headers } = auth.replyToError(error)
    return [
      status,
      ...headers
        .filter(([name]) => name === 'WWW-Authenticate')
        .map(([, value]) => value),
    ].join(' | ')
  }
  logged.length = 0

  assert.equal(await refused([robot]), '401 | Robot | Known')
  assert.equal(await refused([silent]), '403')
  assert.equal(await refused([robot], user), '403')

  const told = logged.map(({ scheme, user, code, reason }) => ({
    scheme,
    user,
    code,
    reason,
  }))
  const reason = 'it is nobody’s'
  assert.deepEqual(told, [
    { scheme: undefined, user: undefined, code: 'not_authenticated', reason },
    { scheme: undefined, user: undefined, code: 'not_authenticated', reason },
    { scheme: 'known', user: user.id, code: 'permission_denied', reason },
  ])
})
