/**
 * Checked by `tsc` and never run: lines below `@ts-expect-error` must not compile, all others must.
 */
import { statelessBearer, type TokenUser } from '../../src/authentication.ts'
import type { FeatureAdmin } from '../../src/features.ts'
import {
  allOf,
  allowAny,
  anyOf,
  denied,
  granted,
  has,
  hasRole,
  isAuthenticated,
  isReadOnly,
  not,
  type Permission,
} from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const roles = { editor: ['posts.add', 'posts.change'], viewer: ['posts.view'] } as const
const auth = watchword({
  roles,
  throttle: { anon: '100/day', user: null, feed: '5/min' },
})
declare const request: Request

/* Members */

/** What a program sees of an instance. */
type Member =
  | 'handler'
  | 'authenticate'
  | 'require'
  | 'signIn'
  | 'users'
  | 'sessions'
  | 'keys'
  | 'events'
  | 'flush'
  | 'health'
  | 'stats'
  | 'migrate'
  | 'close'
  | keyof FeatureAdmin
declare const member: Member
is<keyof typeof auth>(member)
declare const key: keyof typeof auth
is<Member>(key)
is<keyof FeatureAdmin>('apiTokens')

/* Options */

// @ts-expect-error there is no such option
watchword({ databse: 'api.db' })
// @ts-expect-error there is no such option of tokens
watchword({ tokens: { acces: '5m' } })
// @ts-expect-error five a month is not five a minute (D32)
watchword({ throttle: { anon: '5/month' } })
// @ts-expect-error a rate has a period
watchword({ throttle: { anon: '5' } })
// @ts-expect-error a duration has one of the known units
watchword({ tokens: { access: '5 minutes' } })
// @ts-expect-error the default permissions require a sign-in
watchword({ permissions: allowAny })
// @ts-expect-error the roles know no such permission string
watchword({ roles, permissions: has('posts.chang') })
watchword({ roles, permissions: has('posts.change') })
watchword({ roles, permissions: [isAuthenticated, isReadOnly] })

/* Needs */

is<User>((await auth.require(request)).user)
is<User>((await auth.require(request, 'posts.change')).user)
is<User>((await auth.require(request, has('posts.change'))).user)
is<User>((await auth.require(request, allOf(isReadOnly, hasRole('editor')))).user)
is<User>((await auth.require(request, { throttle: 'feed' })).user)
is<TokenUser>((await auth.require(request, { schemes: [statelessBearer()] })).user)
is<User | undefined>((await auth.authenticate(request))?.user)
// @ts-expect-error the request may be anonymous
is<User>((await auth.require(request, allowAny)).user)
// @ts-expect-error the request may be anonymous: one of the two grants safe methods
is<User>((await auth.require(request, anyOf(isReadOnly, isAuthenticated))).user)
// @ts-expect-error the request may be anonymous
is<User>((await auth.require(request, { permissions: allowAny })).user)
const anonymous = { schemes: [statelessBearer()], permissions: allowAny }
// @ts-expect-error the user may be undefined, and then there is no token
is<TokenUser>((await auth.require(request, anonymous)).user)
// @ts-expect-error a token's user is no user of the store
is<User>((await auth.require(request, { schemes: [statelessBearer()] })).user)
// @ts-expect-error the roles know no such permission string
auth.require(request, 'posts.chang')
// @ts-expect-error the roles know no such permission string
auth.require(request, has('posts.chang'))
// @ts-expect-error the roles know no such permission string, wherever it stands
auth.require(request, allOf(isAuthenticated, not(has('posts.chang'))))
// @ts-expect-error there is no such role
auth.require(request, hasRole('edtor'))
// @ts-expect-error a requirement has no such member
auth.require(request, { permission: isAuthenticated })

/* Who it is */

const principal = await auth.require(request)
principal.can('posts.change')
principal.can('role:viewer')
// @ts-expect-error the roles know no such permission string
principal.can('posts.chang')
// @ts-expect-error users are read-only: auth.users.change changes them
principal.user.staff = true

/* Things */

interface Note {
  readonly ownerId: string
}
const isOwner: Permission<Note> = ({ identity, resource }) =>
  identity?.user.id === resource.ownerId ? granted : denied('not the owner')
await principal.authorize(isOwner, { ownerId: 'ada' })
await principal.authorize(allOf(isAuthenticated, isOwner), { ownerId: 'ada' })
// @ts-expect-error the permission is about a note
await principal.authorize(isOwner, 7)
// @ts-expect-error a permission about a note needs one
auth.require(request, isOwner)
// @ts-expect-error nor as a part of another
auth.require(request, allOf(isAuthenticated, isOwner))
declare const ask: Parameters<typeof isOwner>[0]
// @ts-expect-error a decision that was not awaited is not a grant
if (isOwner(ask).granted) throw 0
