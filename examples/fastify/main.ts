import fastify from 'fastify'
import { watchword } from 'watchword'
import { mount } from 'watchword/fastify'

const app = fastify()
const guard = mount(app, watchword({ roles: { editor: ['posts.change'] } }))

app.get(
  '/hello/',
  guard((request) => ({ hello: request.auth.user.username })),
)
app.put<{ Params: { id: string } }>(
  '/posts/:id',
  guard('posts.change', (request) => ({
    changed: request.params.id,
    by: request.auth.user.username,
  })),
)
await app.listen({ port: Number(process.env.PORT ?? 8000), host: '127.0.0.1' })
