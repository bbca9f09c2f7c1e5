import { join } from 'node:path'
import express from 'express'
import { watchword } from 'watchword'
import { mount } from 'watchword/express'

const port = Number(process.env.PORT ?? 8000)
const built = join(import.meta.dirname, 'dist')
const mailbox: object[] = []

const app = express()
app.use((_req, res, next) => {
  res.set({
    'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'",
    // The pages that mails link to have a token in their address.
    'Referrer-Policy': 'no-referrer',
  })
  next()
})

mount(
  app,
  watchword({
    url: `http://127.0.0.1:${port}`,
    // For development: mails are kept, not sent. Then: 'smtp://…'.
    mail: (mail) => void mailbox.unshift(mail),
    users: { loginField: 'email' },
    accounts: true,
    secondFactors: true,
    tokens: { transport: 'cookie' },
  }),
)
app.get('/dev/mail', (_req, res) => res.json(mailbox))
app.use(express.static(built))
app.get('/{*page}', (_req, res) => res.sendFile('index.html', { root: built }))
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
