import { createServer } from 'node:http'
import { watchword } from 'watchword'
import { mount, serves } from 'watchword/node'

const auth = watchword({ roles: { editor: ['posts.change'] } })
const server = createServer()
const guard = mount(server, auth)

const hello = guard((request, response) =>
  response.end(JSON.stringify({ hello: request.auth.user.username })),
)
const change = guard('posts.change', (request, response) =>
  response.end(
    JSON.stringify({
      changed: request.url?.split('/')[2],
      by: request.auth.user.username,
    }),
  ),
)

server.on('request', (request, response) => {
  const { method, url = '' } = request
  if (url === '/hello/') hello(request, response)
  else if (method === 'PUT' && url.startsWith('/posts/')) change(request, response)
  else if (!serves(auth, request)) response.writeHead(404).end()
})
server.listen(Number(process.env.PORT ?? 8000), '127.0.0.1')
