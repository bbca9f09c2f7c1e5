import { createServer } from 'node:http'
import * as fetch from '../../src/adapters/fetch.ts'
import * as node from '../../src/adapters/node.ts'
import { allowAny } from '../../src/permissions/index.ts'
import type { User } from '../../src/users/user.ts'
import { watchword } from '../../src/watchword.ts'
import { is } from './is.ts'

const auth = watchword({ roles: { editor: ['posts.change'] } })
const server = createServer()

const guard = node.mount(server, auth)
server.on(
  'request',
  guard((request, response) => response.end(is<User>(request.auth.user).username)),
)
server.on(
  'request',
  guard('posts.change', (request, response) =>
    response.end(is<User>(request.auth.user).username),
  ),
)
// @ts-expect-error the request may be anonymous
guard(allowAny, (request) => is<User>(request.auth.user))
// @ts-expect-error the roles know no such permission string
guard('posts.chang', (request) => is<User>(request.auth.user))

const guardFetch = fetch.guardOf(auth)
const handler = guardFetch('posts.change', (request) =>
  Response.json(is<User>(request.auth.user)),
)
is<Promise<Response>>(
  handler(new Request('https://api.example/'), { address: '192.0.2.1' }),
)
// @ts-expect-error the request may be anonymous
guardFetch(allowAny, (request) => Response.json(is<User>(request.auth.user)))
// @ts-expect-error a handler answers
guardFetch((request) => request.auth.user)
