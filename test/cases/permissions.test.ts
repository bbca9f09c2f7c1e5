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
 * Specification 8.P, of compositions that are asked about a thing. Upstream asks a class twice, about the request and about the
 * thing, and its operators have to join two answers of each part. Here a permission is one function of who asks, what for and
 * about which thing: a rule that speaks of both says so itself, and there is no second answer to forget.
 */
interface Note {
  readonly owner: string
}
type Asked = Permission<Note, Somebody, string>
interface Somebody {
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

const somebody = (id: string, staff = false): RequestPrincipal<Somebody> => {
  const identity: Identity<Somebody> = { user: { id, staff }, scheme: 'test' }
  return new RequestPrincipal(
    identity,
    { rights: rightsOf({}), toRouteError: (error) => error },
    request,
  )
}
const ada = somebody('ada')
const hers: Note = { owner: 'ada' }
const his: Note = { owner: 'bob' }

const isOwner: Asked = ({ identity, resource }) =>
  identity?.user.id === resource.owner ? granted : denied('not the owner')

const mayAda = async (permission: unknown, resource: Note): Promise<boolean> =>
  (await (permission as Asked)({ identity: ada, request, resource })).granted

/** A permission, and how often it was asked. */
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

test('P16 of parts joined with anyOf one has to grant all that it asks, of the request and of the thing', async () => {
  // p: for staff, whatever the thing; q: for whoever owns it.
  const p = allOf(isStaff as Asked, (() => granted) as Asked)
  assert.equal(await mayAda(anyOf(p, isOwner), hers), true)
  assert.equal(await mayAda(anyOf(p, isOwner), his), false)
})

test('P16 what a part asks of the thing is not asked where it refuses the request', async () => {
  const ofThing = counted(granted)

  assert.equal(
    await mayAda(anyOf(allOf(isStaff as Asked, ofThing.permission), isOwner), hers),
    true,
  )

  assert.equal(ofThing.asked(), 0)
})

test('P17 of parts joined with allOf each is asked once about the thing', async () => {
  const [p, q] = [counted(granted), counted(granted)]

  assert.equal(await mayAda(allOf(p.permission, q.permission), hers), true)

  assert.deepEqual([p.asked(), q.asked()], [1, 1])
})

test('P18 not() of a rule without anything to say of things grants them: it does not refuse every one (D31)', async () => {
  const signedIn = somebody('bob', true)
  const may = async (who: typeof ada): Promise<boolean> =>
    (await (not(isStaff) as unknown as Asked)({ identity: who, request, resource: his }))
      .granted

  assert.equal(await may(ada), true)
  assert.equal(await may(signedIn), false)
})

test('P18 not() of a rule of things is its opposite for each of them (D31)', async () => {
  assert.equal(await mayAda(not(isOwner), his), true)
  assert.equal(await mayAda(not(isOwner), hers), false)
})

test('P19 what binds tighter is told by what stands inside: anyOf(allOf(not(a), b), c) is ~a & b | c', async () => {
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
