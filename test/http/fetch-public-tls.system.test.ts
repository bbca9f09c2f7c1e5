import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { publicNetwork } from '../../src/http/fetch-public.ts'

/** A certificate of `app.example` that no authority has signed. */
function selfSigned() {
  const directory = mkdtempSync(join(tmpdir(), 'watchword-tls-'))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${key} -out ${cert} -days 1 -subj /CN=app.example`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  )
  const pair = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(directory, { recursive: true })
  return pair
}

test('the connection goes to the checked address, and its certificate is verified', async () => {
  const server = createServer(selfSigned(), (_, response) => response.end('ok'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const reached = once(server, 'connection')
  const { port } = server.address() as AddressInfo

  // No resolver knows this name.
  const socket = publicNetwork.connect({
    hostname: 'app.invalid',
    port,
    addresses: [{ address: '127.0.0.1', family: 4 }],
  })
  const [error] = await once(socket, 'error')
  await reached
  server.close()

  assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT')
})
