import { join } from 'node:path'
import express from 'express'
import { watchword } from 'watchword'
import { mount } from 'watchword/express'

const port = Number(process.env.PORT ?? 8000)
const built = join(import.meta.dirname, 'dist')
const notes = new Map<string, string[]>()

const app = express()
const guard = mount(
  app,
  watchword({
    url: `http://localhost:${port}`,
    accounts: true,
    passkeys: true,
    tokens: { transport: 'cookie', claims: ({ username }) => ({ username }) },
  }),
)
app.get(
  '/notes/',
  guard((req, res) => res.json(notes.get(req.auth.user.id) ?? [])),
)
app.post(
  '/notes/',
  express.json(),
  guard((req, res) => {
    const { id } = req.auth.user
    notes.set(id, [...(notes.get(id) ?? []), String(req.body.text)])
    res.status(201).json(notes.get(id))
  }),
)
app.use(express.static(built))
app.listen(port, () => console.log(`http://localhost:${port}`))
