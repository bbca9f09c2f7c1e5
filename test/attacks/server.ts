import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { mount } from '../../src/adapters/node.ts'
import type { LogEntry } from '../../src/base/log.ts'
import { clientOf } from '../../src/server/request-client.ts'
import { logWhenDone, textLine } from '../../src/server/request-log.ts'
import { serve } from '../../src/server/serve.ts'
import type { Profile } from './corpus.ts'
import { instanceOf, type SchemeName, type TestInstance } from './instance.ts'
import { serverKeyOf } from './server-key.ts'

/** A server in a process of its own, with the options of a profile. */
export interface ServerOptions {
  readonly profile: Profile
  readonly now: number
  readonly scheme: SchemeName
}

const log = (entry: LogEntry): void => console.log(textLine(entry))

// The parent process sends the options and receives the port.
process.once('message', async ({ profile, now, scheme }: ServerOptions) => {
  const { auth } = await instanceOf(profile, now, serverKeyOf(profile), scheme)
  const port = scheme === 'session' ? await serveBrowsers(auth) : await serveAlone(auth)
  process.send?.({ port })
})

/** The stand-alone server. */
async function serveAlone(auth: TestInstance['auth']): Promise<number> {
  const { url } = await serve({ auth, host: '127.0.0.1', port: 0, log })
  return Number(new URL(url).port)
}

/** A site over https with one page that changes something on POST; the stand-alone server has no such page. */
function serveBrowsers(auth: TestInstance['auth']): Promise<number> {
  const [key, cert] = ['key', 'cert'].map((name) =>
    readFileSync(new URL(`../data/tls/${name}.pem`, import.meta.url)),
  )
  const server = createServer({ key: key!, cert: cert! })
  server.on('request', (request, response) =>
    logWhenDone(request, response, clientOf(request, 0), log),
  )
  const guard = mount(server, auth)
  const page = guard(({ auth: { user } }, response) =>
    response.end(JSON.stringify({ hello: user.username })),
  )
  server.on('request', page)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

process.on('disconnect', () => process.exit())
