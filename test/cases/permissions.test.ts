import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../src/authentication/scheme.ts'
import type { AuthRequest } from '../../src/http/request.ts'
import {
  allOf,
  anyOf,
  type Decision,
  denied,
  granted,
  isStaff,
  not,
  type Permission,
} from '../../src/permissions/index.ts'
import { RequestPrincipal } from '../../src/permissions/request-principal.ts'
import { rightsOf } from '../../src/permissions/rights.ts'

/**
 * The numbered cases of compositions with an object. Django REST framework calls a permission twice, with the request and
 * with the object, and its operators have to combine two answers of each part. Here a permission is one function of
 * principal, request and object.
 */
interface Note {
  readonly owner: string
}
type Asked = Permission<Note, TestUser, string>
interface TestUser {
  readonly id: string
  readonly staff: boolean
}

const request: AuthRequest = {
  method: 'GET',
  url: '/',
  address: '',
  secure: false,
  header: () => undefined,
  body: async () => Buffer.alloc(0),
}

const principalNamed = (id: string, staff = false): RequestPrincipal<TestUser> => {
  const identity: Identity<TestUser> = { user: { id, staff }, scheme: 'test' }
  return new RequestPrincipal(
    identity,
    { rights: rightsOf({}), toRouteError: (error) => error },
    request,
  )
}
const ada = principalNamed('ada')
const hers: Note = { owner: 'ada' }
const his: Note = { owner: 'bob' }

const isOwner: Asked = ({ identity, resource }) =>
  identity?.user.id === resource.owner ? granted : denied('not the owner')

const mayAda = async (permission: unknown, resource: Note): Promise<boolean> =>
  (await (permission as Asked)({ identity: ada, request, resource })).granted

/** A permission that counts its calls. */
function counted(decision: Decision): {
  readonly permission: Asked
  readonly asked: () => number
} {
  let count = 0
  const permission: Asked = () => {
    count += 1
    return decision
  }
  return { permission, asked: () => count }
}

test('P16 anyOf grants only if one part grants both request and object', async () => {
  // p: for staff, any object; q: for the owner.
  const p = allOf(isStaff as Asked, (() => granted) as Asked)
  assert.equal(await mayAda(anyOf(p, isOwner), hers), true)
  assert.equal(await mayAda(anyOf(p, isOwner), his), false)
})

test('P16 a part that denies the request does not look at the object', async () => {
  const ofThing = counted(granted)

  assert.equal(
    await mayAda(anyOf(allOf(isStaff as Asked, ofThing.permission), isOwner), hers),
    true,
  )

  assert.equal(ofThing.asked(), 0)
})

test('P17 allOf calls each part once for the object', async () => {
  const [p, q] = [counted(granted), counted(granted)]

  assert.equal(await mayAda(allOf(p.permission, q.permission), hers), true)

  assert.deepEqual([p.asked(), q.asked()], [1, 1])
})

test('P18 not() of a permission that ignores the object does not deny every object (D31)', async () => {
  const signedIn = principalNamed('bob', true)
  const may = async (who: typeof ada): Promise<boolean> =>
    (await (not(isStaff) as unknown as Asked)({ identity: who, request, resource: his }))
      .granted

  assert.equal(await may(ada), true)
  assert.equal(await may(signedIn), false)
})

test('P18 not() of an object permission is its opposite for each object (D31)', async () => {
  assert.equal(await mayAda(not(isOwner), his), true)
  assert.equal(await mayAda(not(isOwner), hers), false)
})

test('P19 nesting sets the precedence: anyOf(allOf(not(a), b), c) is ~a & b | c', async () => {
  const rule = (yes: boolean): Asked => (() => (yes ? granted : denied('no'))) as Asked
  for (const [a, b, c] of everyThree()) {
    const permission = anyOf(allOf(not(rule(a)), rule(b)), rule(c))
    assert.equal(await mayAda(permission, hers), (!a && b) || c, `${a} ${b} ${c}`)
  }
})

function everyThree(): (readonly [boolean, boolean, boolean])[] {
  const both = [false, true]
  return both.flatMap((a) => both.flatMap((b) => both.map((c) => [a, b, c] as const)))
}
