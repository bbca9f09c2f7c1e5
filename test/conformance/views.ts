import { guardOf, serves } from '../../src/adapters/node.ts'
import { NodeRequest } from '../../src/adapters/node-request.ts'
import { basic } from '../../src/authentication/basic.ts'
import { bearer, statelessBearer } from '../../src/authentication/bearer.ts'
import { isTokenUser, type TokenUser } from '../../src/authentication/token-user.ts'
import { AuthError } from '../../src/base/errors.ts'
import { apiToken } from '../../src/features/api-tokens/scheme.ts'
import { session } from '../../src/features/browser-sessions/scheme.ts'
import { parseBody } from '../../src/http/body.ts'
import { parseFields } from '../../src/http/fields.ts'
import {
  allOf,
  allowAny,
  anyOf,
  denied,
  isAuthenticated,
  isReadOnly,
  isStaff,
  modelMap,
  modelPermissions,
  modelPermissionsOrAnonReadOnly,
  objectPermissions,
} from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import type { Watchword } from '../../src/watchword.ts'
import { type Answer, type GuardedRequest, type Reply, type View, view } from './view.ts'

type Views = readonly (readonly [path: RegExp, view: View])[]
type Auth = Watchword<User>

// As in Simple JWT: a stateless user is valid until the token expires (D12).
const STATELESS = { schemes: [statelessBearer({ revocation: false })] }

const hello: Answer = () => ({ body: { message: 'Hello, World!' } })

export function helloViews(auth: Auth): Views {
  const guard = guardOf(auth)
  const GET = { GET: hello }
  return [
    [/^\/hello\/$/, view((listener) => guard(listener), GET)],
    [
      /^\/hello\/jwt\/$/,
      view((listener) => guard({ schemes: [bearer()] }, listener), GET),
    ],
    [
      /^\/hello\/token\/$/,
      view((listener) => guard({ schemes: [apiToken()] }, listener), GET),
    ],
    [
      /^\/hello\/basic\/$/,
      view((listener) => guard({ schemes: [basic()] }, listener), GET),
    ],
    ...browserViews(auth),
    [/^\/hello\/none\/$/, view((listener) => guard({ schemes: [] }, listener), GET)],
    [/^\/hello-stateless\/$/, view((listener) => guard(STATELESS, listener), GET)],
  ]
}

/** The view with browser sessions, if they are mounted. */
const browserViews = (auth: Auth): Views =>
  serves(auth, { url: '/session/login/' })
    ? [
        [
          /^\/hello\/session\/$/,
          view((listener) => guardOf(auth)({ schemes: [session()] }, listener), {
            GET: hello,
            POST: hello,
          }),
        ],
      ]
    : []

/** Public views that return the authenticated user. They reject invalid credentials. */
export function whoViews(
  auth: Auth,
  names: { readonly [scheme: string]: string },
): Views {
  const guard = guardOf(auth)
  const GET = { GET: (asked: GuardedRequest) => who(asked, names) }
  return [
    [/^\/whoami\/$/, view((listener) => guard(allowAny, listener), GET)],
    [
      /^\/whoami\/stateless\/$/,
      view((listener) => guard({ ...STATELESS, permissions: allowAny }, listener), GET),
    ],
  ]
}

function who(
  { auth: { user: known, scheme } }: GuardedRequest,
  names: { readonly [scheme: string]: string },
): Reply {
  const user = known as User | TokenUser | undefined
  const { id, username, active, staff, superuser } = user ?? ANONYMOUS
  const by = isTokenUser(user)
    ? 'JWTStatelessUserAuthentication'
    : (names[scheme] ?? null)
  return {
    body: {
      authenticated: user !== undefined,
      id: id === null ? null : String(id),
      username,
      is_active: active,
      is_staff: staff,
      is_superuser: superuser,
      by,
    },
  }
}

const ANONYMOUS = {
  id: null,
  username: '',
  active: false,
  staff: false,
  superuser: false,
}

const ok: Answer = () => ({ body: { ok: true } })
const OPEN = { GET: ok, POST: ok, PUT: ok, PATCH: ok, DELETE: ok }

export function permissionViews(auth: Auth): Views {
  const guard = guardOf(auth)
  const never = () =>
    denied('there are no members', { detail: 'Members of the club only.' })
  return [
    [/^\/perm\/any\/$/, view((listener) => guard(allowAny, listener), OPEN)],
    [
      /^\/perm\/authenticated\/$/,
      view((listener) => guard(isAuthenticated, listener), OPEN),
    ],
    [/^\/perm\/admin\/$/, view((listener) => guard(isStaff, listener), OPEN)],
    [
      /^\/perm\/read-only\/$/,
      view((listener) => guard(anyOf(isAuthenticated, isReadOnly), listener), OPEN),
    ],
    [
      /^\/perm\/composed\/$/,
      view(
        (listener) => guard(allOf(isAuthenticated, anyOf(isStaff, isReadOnly)), listener),
        OPEN,
      ),
    ],
    [/^\/perm\/message\/$/, view((listener) => guard(never, listener), OPEN)],
  ]
}

/** Views with one throttle each. */
export function throttledViews(auth: Auth): Views {
  const guard = guardOf(auth)
  return ['anon', 'user', 'scoped'].map((name) => [
    new RegExp(`^/throttle/${name}/$`),
    view(
      (listener) => guard({ permissions: allowAny, throttle: [name] }, listener),
      OPEN,
    ),
  ])
}

/** A collection and its items, with Django's model permissions and object permissions. */
export function noteViews(auth: Auth, notes: Map<number, string>): Views {
  const guard = guardOf(auth)
  const collection = {
    GET: () => ({ body: [...notes].map(noteOf) }),
    POST: (asked: GuardedRequest) => added(asked, notes),
  }
  const forModel = modelPermissions('notes')
  // Roles have no object permissions. As in Django, superusers have all of them, and other users none.
  const forObject = objectPermissions<unknown, User, string>(
    modelMap('notes'),
    (_right, _note, user) => user.superuser,
  )
  return [
    [/^\/perm\/notes\/$/, view((listener) => guard(forModel, listener), collection)],
    [
      /^\/perm\/notes-anon-read\/$/,
      view(
        (listener) => guard(modelPermissionsOrAnonReadOnly('notes'), listener),
        collection,
      ),
    ],
    [
      /^\/perm\/notes\/\d+\/$/,
      view((listener) => guard(forModel, listener), detail(notes)),
    ],
    [
      /^\/perm\/notes-object\/\d+\/$/,
      view(
        (listener) => guard(forModel, listener),
        detail(notes, async ({ auth }, note) => auth.authorize(forObject as never, note)),
      ),
    ],
  ]
}

type Authorize = (asked: GuardedRequest, note: object) => Promise<void>

function detail(notes: Map<number, string>, authorize: Authorize = async () => {}) {
  const found = async (
    asked: GuardedRequest,
  ): Promise<{ readonly id: number; readonly title: string }> => {
    const id = Number(/(\d+)\/$/.exec(asked.url ?? '')?.[1])
    const title = notes.get(id)
    if (title === undefined)
      throw new AuthError('not_found', undefined, {
        detail: 'No Note matches the given query.',
      })
    await authorize(asked, { id, title })
    return { id, title }
  }
  const change = async (asked: GuardedRequest): Promise<Reply> => {
    const { id, title: old } = await found(asked)
    const sent = await sentNote(asked, asked.method === 'PATCH' ? old : undefined)
    if ('reply' in sent) return sent.reply
    notes.set(id, sent.title)
    return { body: { id, title: sent.title } }
  }
  const remove = async (asked: GuardedRequest): Promise<Reply> => {
    notes.delete((await found(asked)).id)
    return { status: 204, body: null }
  }
  return {
    GET: async (asked: GuardedRequest) => ({ body: await found(asked) }),
    PUT: change,
    PATCH: change,
    DELETE: remove,
  }
}

async function added(asked: GuardedRequest, notes: Map<number, string>): Promise<Reply> {
  const sent = await sentNote(asked)
  if ('reply' in sent) return sent.reply
  const id = Math.max(0, ...notes.keys()) + 1
  notes.set(id, sent.title)
  return { status: 201, body: { id, title: sent.title } }
}

/** @param old the title that stays if none is sent, as PATCH has it */
async function sentNote(
  asked: GuardedRequest,
  old?: string,
): Promise<{ readonly title: string } | { readonly reply: Reply }> {
  const body = await parseBody(new NodeRequest(asked))
  if (old !== undefined && !body.values.has('title')) return { title: old }
  const { title } = parseFields({ title: { trim: true } }, body)
  if (title.length <= 50) return { title }
  return {
    reply: {
      status: 400,
      body: { title: ['Ensure this field has no more than 50 characters.'] },
    },
  }
}

const noteOf = ([id, title]: readonly [number, string]): object => ({ id, title })
