import * as z from 'zod/mini'
import {
  apiToken,
  basic,
  bearer,
  type Scheme,
  session,
  statelessBearer,
} from '../../src/authentication.ts'
import { AuthError } from '../../src/base/errors.ts'
import {
  allOf,
  allowAny,
  denied,
  granted,
  isStaff,
  type Permission,
  type Principal,
} from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import type { Requirement, Watchword } from '../../src/watchword.ts'
import { buildWatchword } from '../build-watchword.ts'
import type { Setting } from './adapter.ts'
import { inParts } from './parts.ts'

export const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'

/** The instance of a program. */
export const authOf = ({
  database,
  redirects = false,
}: Pick<Setting, 'database' | 'redirects'>) =>
  buildWatchword({
    database,
    secret: SECRET,
    authentication: [bearer(), apiToken(), basic(), session()],
    roles: { editor: ['posts.change'] },
    tokens: { types: ['access', 'sliding'] },
    endpoints: { slidingObtain: true, slidingRefresh: true },
    throttle: { sip: '2/min', login: null },
    // A program of Next runs in production.
    pages: redirects && { redirect: true },
    browsableApi: { production: true, requirements: 'public' },
    log: () => {},
    presets: [inParts()],
  })

type Auth = ReturnType<typeof authOf>
export type Right = Auth extends Watchword<User, infer R> ? R : never

/** `Robot <name>`: a scheme of ten lines. */
const robot: Scheme<{ readonly username: string }> = () => ({
  challenge: 'Robot realm="api"',
  identify(request) {
    const [word, name] = (request.header('authorization') ?? '').split(' ')
    if (word !== 'Robot') return undefined
    if (name === undefined || name === '')
      throw new AuthError('authentication_failed', 'no name behind Robot')
    return { user: { username: name }, scheme: 'robot' }
  },
})

/** Knows the sender of a body by the letters in it, as a webhook is known by the signature of its body. */
const webhook: Scheme<{ readonly username: string }> = () => ({
  async identify(request) {
    const text = Buffer.from(await request.body()).toString()
    return text.includes('sesame')
      ? { user: { username: 'hook' }, scheme: 'webhook' }
      : undefined
  },
})
/** Reads the body as well. */
const other: Scheme<{ readonly username: string }> = () => ({
  async identify(request) {
    await request.body()
    return undefined
  },
})

/** Denies every request, with a detail of what the adapter passes. */
const mirror: Permission<unknown, unknown> = ({
  request: { method, url, address, secure },
}) =>
  denied('it is a mirror', { detail: JSON.stringify({ method, url, address, secure }) })

interface Note {
  readonly owner: string
}
const NOTES: Readonly<Record<string, Note>> = { 'of-ada': { owner: 'ada' } }
const isOwner: Permission<Note | undefined, { readonly username: string }> = ({
  identity,
  resource,
}) => {
  if (resource === undefined) return denied('no such note', { as: 'not_found' })
  return identity?.user.username === resource.owner
    ? granted
    : denied('not the owner', { detail: 'Not your note.' })
}

/** What an adapter's handler passes to a route. */
export interface Asked {
  readonly auth: Principal<unknown, Right>
  /** The path parameter `:id`; empty if the route has none. */
  readonly id: string
  /** The body as the framework parses it. */
  body(): Promise<unknown>
}

/** For frameworks that leave reading a body to the handler. */
export const parsed = (type: string | null | undefined, text: string): unknown =>
  type?.startsWith('application/x-www-form-urlencoded')
    ? Object.fromEntries(new URLSearchParams(text))
    : JSON.parse(text)

export interface Route {
  /** `ALL`: any method. */
  readonly method: 'GET' | 'POST' | 'ALL'
  /** Parameters are written `:id`. */
  readonly path: string
  /** `undefined`: `guard(handler)`. */
  readonly requirement?: Requirement<User, Right>
  /** The JSON of the response. */
  answer(asked: Asked): object | Promise<object>
}

const who = ({ auth }: Asked): object => {
  const user = auth.user as { readonly username: string } | undefined
  return { user: user?.username ?? null, scheme: auth.scheme }
}

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/hello/', answer: who },
  { method: 'GET', path: '/open/', requirement: allowAny, answer: who },
  {
    method: 'GET',
    path: '/stateless/',
    requirement: { schemes: [statelessBearer()] },
    answer: who,
  },
  {
    method: 'GET',
    path: '/robots/',
    requirement: { schemes: [robot, bearer()] },
    answer: who,
  },
  {
    method: 'GET',
    path: '/posts/:id/',
    requirement: 'posts.change',
    answer: ({ id }) => ({ id }),
  },
  { method: 'GET', path: '/sips/', requirement: { throttle: 'sip' }, answer: who },
  { method: 'GET', path: '/mirror/', requirement: mirror, answer: who },
  { method: 'ALL', path: '/all/', answer: who },
  {
    method: 'POST',
    path: '/echo/',
    answer: async ({ body }) => ({ sent: await body() }),
  },
  {
    method: 'POST',
    path: '/hooks/',
    requirement: { schemes: [other, webhook] },
    answer: async ({ body }) => ({ sent: await body() }),
  },
  {
    method: 'GET',
    path: '/notes/:id/',
    async answer({ auth, id }) {
      await (auth as Principal<{ readonly username: string }, Right>).authorize(
        isOwner,
        NOTES[id],
      )
      return { id }
    },
  },
  {
    method: 'GET',
    path: '/rendered/',
    requirement: { permissions: allowAny, browsable: 'rendered' },
    answer: who,
  },
  {
    method: 'GET',
    path: '/shown/',
    requirement: {
      browsable: true,
      describe: { summary: 'Notes <of> ada', description: 'One\ntwo' },
    },
    answer: who,
  },
  {
    method: 'POST',
    path: '/shown/',
    requirement: {
      browsable: true,
      permissions: 'posts.change',
      describe: {
        summary: 'Write a note',
        body: z.object({ title: z.string().check(z.maxLength(200)) }),
        methods: ['POST'],
      },
    },
    answer: async ({ body }) => ({ sent: await body() }),
  },
  {
    method: 'GET',
    path: '/shown/:id/',
    requirement: { browsable: true, permissions: allOf(isStaff, mirror) },
    answer: ({ id }) => ({ id }),
  },
  {
    method: 'GET',
    path: '/busy/',
    answer() {
      throw new AuthError('busy', 'a secret', { retryAfter: 3 })
    },
  },
  {
    method: 'GET',
    path: '/boom/now/',
    answer() {
      throw new Error('a secret')
    },
  },
  {
    method: 'GET',
    path: '/boom/later/',
    answer: () => Promise.reject(new Error('a secret')),
  },
]
