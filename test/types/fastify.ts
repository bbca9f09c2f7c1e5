import fastify, { type FastifyBaseLogger, type FastifyTypeProvider } from 'fastify'
import { mount } from '../../src/adapters/fastify.ts'
import { statelessBearer, type TokenUser } from '../../src/authentication.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const auth = watchword({ roles: { editor: ['posts.change'] } })
const app = fastify()
const guard = mount(app, auth)

/* Without types of a route */

const url = '/'
app.get(
  url,
  guard(({ auth: { user }, ip }) => ({ user: is<User>(user), ip: is<string>(ip) })),
)
app.get(
  url,
  guard('posts.change', (request, reply) =>
    reply.code(200).send(is<User>(request.auth.user)),
  ),
)
app.get(
  url,
  guard(async (request, reply) => reply.send(is<User>(request.auth.user))),
)
app.route({
  method: 'GET',
  url,
  handler: guard('role:editor', (request) => is<User>(request.auth.user)),
})
app.get(
  url,
  guard({ schemes: [statelessBearer()] }, (request) => is<TokenUser>(request.auth.user)),
)
const read = guard(function (request) {
  this.log.info(request.url)
})
app.get(url, read)

/* With them */

interface Note {
  Params: { id: string }
  Reply: { size: number }
}
app.get<Note>(
  url,
  guard((request) => ({ size: request.params.id.length })),
)
app.get<Note>(
  url,
  { schema: {} },
  guard('posts.change', async ({ params: { id } }) => ({ size: id.length })),
)
app.get<Note>(
  url,
  // @ts-expect-error there is no such parameter
  guard((request) => ({ size: request.params.no })),
)
app.get<Note>(
  url,
  // @ts-expect-error a reply has a number
  guard((request) => ({ size: request.params.id })),
)
app.get<Note>(
  url,
  // @ts-expect-error a reply has a number, behind a requirement too
  guard('posts.change', async (request) => ({ size: request.params.id })),
)

/* With those of a schema */

interface Provider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { readonly properties: infer P }
    ? { [name in keyof P]: number }
    : unknown
}
const schema = { params: { properties: { id: { type: 'integer' } } } } as const
const typed = fastify().withTypeProvider<Provider>()
const guardTyped = mount(typed, auth)
typed.get(
  url,
  { schema },
  guardTyped('posts.change', (request) => is<number>(request.params.id)),
)
typed.get(
  url,
  { schema },
  // @ts-expect-error it is a number
  guardTyped('posts.change', (request) => is<string>(request.params.id)),
)

/* On other servers */

const http2 = fastify({ http2: true })
http2.get(
  url,
  mount(http2, auth)((request) => is<User>(request.auth.user) && request.raw.stream.id),
)

declare const loggerInstance: FastifyBaseLogger & { readonly own: number }
const logging = fastify({ loggerInstance })
logging.get(
  url,
  mount(logging, auth)((request) => is<User>(request.auth.user)),
)

/* Mistakes */

// @ts-expect-error the request may be anonymous
guard(allowAny, (request) => is<User>(request.auth.user))
// @ts-expect-error the roles know no such permission string
guard('posts.chang', (request) => request.auth.scheme)
// @ts-expect-error there is no req.auth without a guard
app.get(url, (request) => request.auth)
