import express from 'express'
import { watchword } from 'watchword'
import { mount } from 'watchword/express'

const app = express()
const guard = mount(app, watchword({ roles: { editor: ['posts.change'] } }))

app.get(
  '/hello/',
  guard((req, res) => res.json({ hello: req.auth.user.username })),
)
app.put(
  '/posts/:id',
  guard('posts.change', (req, res) =>
    res.json({ changed: req.params.id, by: req.auth.user.username }),
  ),
)
app.listen(Number(process.env.PORT ?? 8000), '127.0.0.1')
