import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { watchword } from 'watchword'
import { mount } from 'watchword/hono'

const app = new Hono()
const guard = mount(app, watchword({ roles: { editor: ['posts.change'] } }))

app.get('/hello/', guard(), (c) => c.json({ hello: c.var.auth.user.username }))
app.put('/posts/:id', guard('posts.change'), (c) =>
  c.json({ changed: c.req.param('id'), by: c.var.auth.user.username }),
)
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8000), hostname: '127.0.0.1' })
