import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { watchword } from 'watchword'
import { mount } from 'watchword/express'

const port = Number(process.env.PORT ?? 8000)
const app = express()
const auth = watchword({
  url: `http://localhost:${port}`,
  oauth: {
    scopes: { 'notes:read': 'Read your notes' },
    protectedResources: { '/mcp': { name: 'Notes', scopes: ['notes:read'] } },
    // MCP clients are not known beforehand: they register themselves, or name a document about themselves.
    registration: 'open',
    clientDocuments: true,
    registrationScopes: ['notes:read'],
  },
})
const guard = mount(app, auth)

/** The tools for a user: a server of its own for each request, so that nothing is shared between users. */
function toolsFor(username: string): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('list_notes', { description: 'Lists your notes.' }, () => ({
    content: [{ type: 'text', text: `The notes of ${username}: buy milk` }],
  }))
  return server
}

app.post(
  '/mcp',
  guard({ scope: 'notes:read', resource: '/mcp' }, async (req, res) => {
    const server = toolsFor(req.auth.user.username)
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    res.on('close', () => void server.close())
    await server.connect(transport)
    await transport.handleRequest(req, res)
  }),
)
app.listen(port, '127.0.0.1')
