import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { seconds } from '../../src/base/clock.ts'
import {
  type FetchPublicOptions,
  fetchPublic,
  fetchPublicJson,
  type Network,
  type PublicTarget,
} from '../../src/http/fetch-public.ts'

const PUBLIC = '93.184.215.14'
const TIMEOUT = seconds(5)

/** A server at "https://app.example/", whose TLS ends before it. */
async function stranger(listener: RequestListener) {
  const server = createServer({ maxHeaderSize: 65_536 }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const targets: PublicTarget[] = []
  const sockets: Socket[] = []
  const names: string[] = []
  let addresses = [PUBLIC]
  const network: Network = {
    async resolve(name) {
      names.push(name)
      return addresses.map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }))
    },
    connect(target) {
      targets.push(target)
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      return socket
    },
  }
  return {
    targets,
    names,
    resolveTo: (...next: string[]) => {
      addresses = next
    },
    sockets,
    get: (url: string, options: Partial<FetchPublicOptions> = {}) =>
      fetchPublic(url, { what: 'the document', timeout: TIMEOUT, network, ...options }),
    json: (url: string) =>
      fetchPublicJson(url, { what: 'the document', timeout: TIMEOUT, network }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('a document of a public address is fetched from the address that was checked', async () => {
  await using site = await stranger((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ host: request.headers.host, path: request.url }))
  })

  const { document } = await site.json('https://app.example/client.json?a=1')

  assert.deepEqual(document, { host: 'app.example', path: '/client.json?a=1' })
  assert.deepEqual(site.names, ['app.example'])
  assert.deepEqual(site.targets, [
    { hostname: 'app.example', port: 443, addresses: [{ address: PUBLIC, family: 4 }] },
  ])
})

test('a body can be sent', async () => {
  await using site = await stranger((request, response) => {
    request.pipe(response)
  })
  const sent = { method: 'POST', body: 'logout_token=1' } as const

  const { body, status } = await site.get('https://app.example/', sent)

  assert.equal(status, 200)
  assert.equal(String(body), 'logout_token=1')
})

const REFUSED = [
  'http://app.example/',
  'ftp://app.example/',
  'file:///etc/passwd',
  'data:application/json,{}',
  'https://user:password@app.example/',
  'https://user@app.example/',
  'app.example',
  '//app.example/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://169.254.169.254/latest/meta-data/',
]

test('other schemes and addresses that are not public are refused without a connection', async () => {
  await using site = await stranger((_, response) => response.end())

  for (const url of REFUSED) await assert.rejects(site.get(url), /the document/, url)

  assert.deepEqual(site.targets, [])
})

test('a name with one private address among public ones is refused without a connection', async () => {
  await using site = await stranger((_, response) => response.end())
  for (const addresses of [['10.0.0.1'], [PUBLIC, '127.0.0.1'], [PUBLIC, '::1'], []]) {
    site.resolveTo(...addresses)
    await assert.rejects(site.get('https://app.example/'), /not on a public address/)
  }

  assert.deepEqual(site.targets, [])
})

test('a name is resolved once, so that another answer of its server has no effect', async () => {
  await using site = await stranger((_, response) => {
    site.resolveTo('127.0.0.1')
    response.end('ok')
  })

  assert.equal(String((await site.get('https://app.example/')).body), 'ok')
  assert.equal(site.names.length, 1)
  assert.deepEqual(site.targets[0]?.addresses, [{ address: PUBLIC, family: 4 }])
})

test('a redirect is not followed', async () => {
  await using site = await stranger((_, response) => {
    response.writeHead(302, { location: 'https://127.0.0.1/' }).end()
  })

  assert.equal((await site.get('https://app.example/')).status, 302)
  await assert.rejects(site.json('https://app.example/'), /status 302, expected 200/)
  assert.equal(site.targets.length, 2)
})

test('a body that is too large is refused, and its connection closed', async () => {
  await using site = await stranger((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
    response.on('close', () => clearInterval(timer))
  })

  await assert.rejects(site.get('https://app.example/'), /larger than 65536 bytes/)
  assert.equal(site.sockets[0]?.destroyed, true)
})

test('headers that are too large are refused', async () => {
  await using site = await stranger((_, response) => {
    response.writeHead(200, { 'x-large': 'x'.repeat(20_000) }).end()
  })

  await assert.rejects(site.get('https://app.example/'))
})

const LATE: Readonly<Record<string, RequestListener>> = {
  'before its headers': () => undefined,
  'within its body': (_, response) => void response.writeHead(200).write('{'),
}

for (const [when, listener] of Object.entries(LATE))
  test(`a server that stops ${when} is given up after the time limit`, async () => {
    await using site = await stranger(listener)
    const timeout = seconds(0.2)

    await assert.rejects(site.get('https://app.example/', { timeout }), /abort|timeout/i)
  })

test('a resolver that does not answer is given up after the time limit', async () => {
  await using site = await stranger((_, response) => response.end())
  const network: Network = {
    resolve: () => new Promise(() => undefined),
    connect: () => assert.fail('a connection'),
  }
  const timeout = seconds(0.2)
  const keepAlive = setTimeout(() => undefined, 5000)

  await assert.rejects(site.get('https://app.example/', { timeout, network }), /timeout/)
  clearTimeout(keepAlive)
})

const NOT_JSON: Readonly<Record<string, RequestListener>> = {
  'of another type': (_, response) => response.end('{}'),
  'not JSON': (_, response) =>
    response.setHeader('content-type', 'application/json').end('{'),
  'not UTF-8': (_, response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(Buffer.from([34, 255, 34])),
}

for (const [how, listener] of Object.entries(NOT_JSON))
  test(`a document that is ${how} is refused`, async () => {
    await using site = await stranger(listener)

    await assert.rejects(site.json('https://app.example/'))
  })
