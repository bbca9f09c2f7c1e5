import { createServer } from 'node:http'
import { AuthError, watchword } from 'watchword'
import { mount, serves } from 'watchword/node'

/** What every bundler builds: sign-in, a guarded route, and users made. */
const auth = watchword({ database: process.env.DATABASE })
const server = createServer()
const guard = mount(server, auth)

const hello = guard((req, res) => res.end(`hello ${req.auth.user.username}`))
const made = async (req, res) => {
  const chunks = await req.toArray()
  try {
    const { username } = await auth.users.create(JSON.parse(Buffer.concat(chunks)))
    res.end(username)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const response = error.toResponse()
    res.writeHead(response.status).end(await response.text())
  }
}

server.on('request', (req, res) => {
  if (req.url === '/hello/') hello(req, res)
  else if (req.url === '/made/') made(req, res)
  else if (!serves(auth, req)) res.writeHead(404).end()
})

auth.migrate().then(
  () =>
    server.listen(0, '127.0.0.1', () =>
      console.log(`http://127.0.0.1:${server.address().port}`),
    ),
  (error) => {
    console.error(error.message)
    process.exitCode = 1
  },
)
