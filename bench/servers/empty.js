import { createServer } from 'node:http'

/** The least that Node can serve. */
const server = createServer((_, response) => response.end('{}'))
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
)
