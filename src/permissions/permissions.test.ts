import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenUser } from '../authentication/token-user.ts'
import type { AuthError } from '../base/errors.ts'
import type { AuthRequest } from '../http/request.ts'
import {
  allOf,
  allowAny,
  anyOf,
  type Decision,
  denied,
  granted,
  has,
  hasRole,
  hasScope,
  isAuthenticated,
  isReadOnly,
  isStaff,
  modelMap,
  modelPermissions,
  modelPermissionsOrAnonReadOnly,
  not,
  objectPermissions,
  type Permission,
} from './index.ts'
import { requiresSignIn } from './permission.ts'
import { type PrincipalDeps, RequestPrincipal } from './request-principal.ts'
import { rightsOf } from './rights.ts'

const DEPS: PrincipalDeps = {
  rights: rightsOf({
    editor: ['posts.add', 'posts.change'],
    viewer: ['posts.view'],
    owner: ['*'],
  }),
  toRouteError: (error) => error,
}

const requestWith = (method: string): AuthRequest => ({
  method,
  url: '/',
  address: '',
  secure: false,
  header: () => undefined,
  body: async () => Buffer.alloc(0),
})

interface UserFields {
  readonly active?: boolean
  readonly staff?: boolean
  readonly superuser?: boolean
  readonly roles?: readonly string[]
}

const principalOf = (
  user: UserFields | object,
  scopes: readonly string[] = [],
  method = 'GET',
) =>
  new RequestPrincipal<unknown>(
    { user, scheme: 'test', scopes },
    DEPS,
    requestWith(method),
  )

type AnyPermission = Permission<unknown, unknown, string>

const TOKEN_SETTINGS = { userIdClaim: 'user_id' }

const decide = (
  permission: AnyPermission,
  who: ReturnType<typeof principalOf> | undefined,
  method = 'GET',
  resource?: unknown,
) => permission({ identity: who, request: requestWith(method), resource })

/** The decision of a permission: `yes`, `no`, or the denial's `as`. */
async function decisionOf(...args: Parameters<typeof decide>): Promise<string> {
  const decision = await decide(...args)
  return decision.granted ? 'yes' : (decision.as ?? 'no')
}

const editor = principalOf({ roles: ['editor'] })
const anonymous = undefined

for (const [name, permission, who, method, expected] of [
  ['allowAny', allowAny, anonymous, 'POST', 'yes'],
  ['authenticated', isAuthenticated, editor, 'POST', 'yes'],
  ['anonymous', isAuthenticated, anonymous, 'GET', 'no'],
  ['staff', isStaff, principalOf({ staff: true }), 'POST', 'yes'],
  ['a superuser is not staff', isStaff, principalOf({ superuser: true }), 'POST', 'no'],
  [
    'staff as a string is not staff',
    isStaff,
    principalOf({ staff: 'true' }),
    'POST',
    'no',
  ],
  ['a safe method', isReadOnly, anonymous, 'HEAD', 'yes'],
  ['another method', isReadOnly, editor, 'TRACE', 'no'],
  ['a permission string of a role', has('posts.change'), editor, 'GET', 'yes'],
  ['a permission string of another role', has('posts.view'), editor, 'GET', 'no'],
  [
    'a permission string of one of two roles',
    has('posts.view'),
    principalOf({ roles: ['editor', 'viewer'] }),
    'GET',
    'yes',
  ],
  ['a role with *', has('posts.burn'), principalOf({ roles: ['owner'] }), 'GET', 'yes'],
  [
    'a role that the instance lacks',
    has('posts.view'),
    principalOf({ roles: ['toString'] }),
    'GET',
    'no',
  ],
  ['a superuser', has('posts.burn'), principalOf({ superuser: true }), 'GET', 'yes'],
  [
    'a superuser who is inactive',
    has('posts.burn'),
    principalOf({ superuser: true, active: false }),
    'GET',
    'no',
  ],
  ['has() for an anonymous request', has('posts.view'), anonymous, 'GET', 'no'],
  [
    'a user from a token',
    has('posts.view'),
    principalOf(tokenUser({ is_superuser: true }, TOKEN_SETTINGS)),
    'GET',
    'no',
  ],
  ['a role', hasRole('editor'), editor, 'GET', 'yes'],
  [
    'a superuser without the role',
    hasRole('editor'),
    principalOf({ superuser: true }),
    'GET',
    'no',
  ],
  ['a scope', hasScope('posts:read'), principalOf({}, ['posts:read']), 'GET', 'yes'],
  [
    'no scope',
    hasScope('posts:read'),
    principalOf({ superuser: true }),
    'GET',
    'insufficient_scope',
  ],
] as const) {
  test(`permission: ${name}: ${expected}`, async () =>
    assert.equal(await decisionOf(permission as AnyPermission, who, method), expected))
}

/** A permission that records its calls. */
function spy(decision: Decision) {
  const seen: string[] = []
  const permission: AnyPermission = ({ request }) => {
    seen.push(request.method)
    return decision
  }
  return { permission, seen }
}

test('P14 allOf stops at the first denial', async () => {
  const second = spy(granted)
  assert.equal(
    await decisionOf(allOf(isStaff, second.permission) as AnyPermission, editor),
    'no',
  )
  assert.deepEqual(second.seen, [])
})

test('P15 anyOf stops at the first grant', async () => {
  const second = spy(granted)
  assert.equal(
    await decisionOf(anyOf(isAuthenticated, second.permission) as AnyPermission, editor),
    'yes',
  )
  assert.deepEqual(second.seen, [])
})

test('compositions return a promise only if a part does', async () => {
  const later: AnyPermission = async () => granted
  assert.ok(
    !(
      decide(allOf(isAuthenticated, not(isStaff)) as AnyPermission, editor) instanceof
      Promise
    ),
  )
  assert.ok(
    decide(allOf(isAuthenticated, later) as AnyPermission, editor) instanceof Promise,
  )
  assert.equal(
    await decisionOf(allOf(later, isAuthenticated, later) as AnyPermission, editor),
    'yes',
  )
  assert.equal(
    await decisionOf(allOf(later, isStaff, later) as AnyPermission, editor),
    'no',
  )
  assert.equal(await decisionOf(anyOf(isStaff, later) as AnyPermission, editor), 'yes')
  assert.equal(await decisionOf(not(later) as AnyPermission, editor), 'no')
})

test('allOf() grants and anyOf() denies', async () => {
  assert.equal(await decisionOf(allOf() as unknown as AnyPermission, anonymous), 'yes')
  assert.equal(await decisionOf(anyOf() as unknown as AnyPermission, editor), 'no')
  assert.equal(requiresSignIn(anyOf()), true)
})

test('a composition keeps the reason of a part and drops its detail', () => {
  const nope = denied('the moon is full', { detail: 'nope' })
  for (const composed of [allOf(() => nope), anyOf(() => nope)]) {
    const decision = decide(composed as AnyPermission, editor)
    assert.deepEqual(decision, { granted: false, reason: 'the moon is full' })
  }
})

test('not(isOwner) grants exactly the objects of others (D31)', async () => {
  const isOwner: Permission<{ owner: string }, { id: string }> = ({
    identity,
    resource,
  }) => (identity?.user.id === resource.owner ? granted : denied('not yours'))
  const ada = principalOf({ id: 'ada' }) as RequestPrincipal<{ id: string }>
  const decide = (owner: string) =>
    not(isOwner)({
      identity: ada,
      request: requestWith('GET'),
      resource: { owner },
    } as never)

  assert.equal((await decide('ada')).granted, false)
  assert.equal((await decide('bob')).granted, true)
})

test('requiresSignIn recognizes permissions that deny every anonymous request', () => {
  for (const yes of [
    isAuthenticated,
    isStaff,
    has('x'),
    hasRole('x'),
    hasScope('x'),
    modelPermissions('posts'),
  ])
    assert.equal(requiresSignIn(yes), true)
  assert.equal(requiresSignIn(allOf(allowAny, isStaff)), true)
  assert.equal(requiresSignIn(anyOf(isStaff, has('x'))), true)
  for (const no of [
    allowAny,
    isReadOnly,
    not(isAuthenticated),
    anyOf(isAuthenticated, isReadOnly),
    allOf(isReadOnly),
  ])
    assert.equal(requiresSignIn(no), false)
})

const MODEL = modelPermissions('posts') as AnyPermission
const fromToken = principalOf(tokenUser({}, TOKEN_SETTINGS))
const OR_READ = modelPermissionsOrAnonReadOnly('posts') as AnyPermission
for (const [name, permission, who, method, expected] of [
  ['P20 without the string', MODEL, editor, 'DELETE', 'no'],
  ['with the string', MODEL, editor, 'PATCH', 'yes'],
  ['P21 reading needs none', MODEL, principalOf({}), 'GET', 'yes'],
  ['P22 anonymous', MODEL, anonymous, 'GET', 'no'],
  ['P22 anonymous, if reading requires nothing', OR_READ, anonymous, 'GET', 'yes'],
  ['anonymous may not write', OR_READ, anonymous, 'POST', 'no'],
  [
    'a user without the string may not write either',
    OR_READ,
    principalOf({}),
    'POST',
    'no',
  ],
  ['P23 another method', MODEL, editor, 'FOO', 'method_not_allowed'],
  ['a method of an object', MODEL, editor, 'constructor', 'method_not_allowed'],
  ['P24 a user from a token', MODEL, fromToken, 'GET', 'no'],
] as const) {
  test(`model permissions: ${name}: ${expected}`, async () =>
    assert.equal(await decisionOf(permission, who, method), expected))
}

test('P25 to P27 object permissions answer 404 to users who may not read the object', async () => {
  const map = { ...modelMap('posts'), GET: ['posts.view'] } as const
  const may = (right: string, note: { readonly may: readonly string[] }): boolean =>
    note.may.includes(right)
  const permission = objectPermissions(map, may) as unknown as AnyPermission
  const decide = (method: string, ...rights: string[]) =>
    decisionOf(permission, editor, method, { may: rights })

  assert.equal(await decide('GET'), 'not_found')
  assert.equal(await decide('GET', 'posts.view'), 'yes')
  assert.equal(await decide('PATCH', 'posts.view'), 'no')
  assert.equal(await decide('PATCH'), 'not_found')
  assert.equal(await decide('PATCH', 'posts.change'), 'yes')
  assert.equal(await decide('FOO'), 'method_not_allowed')
  assert.equal(
    await decisionOf(permission, anonymous, 'GET', { may: ['posts.view'] }),
    'no',
  )
})

test("authorize throws the error of the permission's decision", async () => {
  const codeOf = async (decision: Decision) => {
    try {
      await principalOf({}).authorize((() => decision) as AnyPermission, undefined)
      return 'granted'
    } catch (error) {
      const { code, detail } = error as AuthError
      return `${code}: ${detail}`
    }
  }

  assert.equal(await codeOf(granted), 'granted')
  assert.equal(await codeOf(denied('x', { detail: 'nope' })), 'permission_denied: nope')
  assert.equal(await codeOf(denied('x', { as: 'not_found' })), 'not_found: Not found.')
})
