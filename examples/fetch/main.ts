import { serve } from '@hono/node-server'
import { watchword } from 'watchword'
import { guardOf } from 'watchword/fetch'

const auth = watchword({ roles: { editor: ['posts.change'] } })
const guard = guardOf(auth)

const hello = guard((request) => Response.json({ hello: request.auth.user.username }))
const change = guard('posts.change', (request) =>
  Response.json({
    changed: new URL(request.url).pathname.split('/')[2],
    by: request.auth.user.username,
  }),
)

/** On Deno, Bun and edge workers: `export default { fetch: answer }`. */
function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/hello/') return hello(request)
  if (pathname.startsWith('/posts/') && request.method === 'PUT') return change(request)
  return auth.handler(request)
}
serve({ fetch: answer, port: Number(process.env.PORT ?? 8000), hostname: '127.0.0.1' })
