import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { sign } from '../../src/jwt/index.ts'
import { visit } from '../services/chromium.ts'
import { freshKey, KEYS, sound } from './issuer.ts'
import { modulesFrom } from './modules.ts'

const ROOT = new URL('../../', import.meta.url)

/** Runs in the page and posts the outcome of each token. */
const PAGE = `<!doctype html><script type="module">
const post = (outcomes) => fetch('/outcomes', { method: 'POST', body: JSON.stringify(outcomes) })
try {
  const { verifier } = await import('/src/verify/index.ts')
  const tokens = verifier({ issuer: location.origin, audience: 'api', revocations: true })
  const outcomes = {}
  for (const [name, token] of Object.entries(await (await fetch('/tokens')).json())) {
    outcomes[name] = await tokens.check(token).then(({ user_id }) => user_id, ({ code, message }) => code ?? message)
  }
  await post(outcomes)
} catch (error) {
  await post({ error: String(error) })
}
</script>`

/** Serves the page, the modules that the verifier reaches, and what an issuer publishes. */
async function site(t: TestContext) {
  const keys = { es: freshKey('ES256'), ed: freshKey('EdDSA'), rs: freshKey('RS256') }
  const modules = new Map(
    [...modulesFrom(new URL('src/verify/index.ts', ROOT))].map(([url, { code }]) => [
      `/${url.slice(ROOT.href.length)}`,
      code,
    ]),
  )
  let report: (outcomes: string) => void
  const outcomes = new Promise<string>((resolve) => {
    report = resolve
  })
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', origin)
    const json = (value: unknown): void =>
      void response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(value))
    const module = modules.get(pathname)
    if (module !== undefined)
      response.setHeader('content-type', 'text/javascript').end(module)
    else if (pathname === KEYS)
      json({ keys: Object.values(keys).map(({ verifying }) => verifying.jwk) })
    else if (pathname === '/api/token/revocations/')
      json({ window: 300, until: 1, revoked: ['gone'], more: false })
    else if (pathname === '/tokens') json(tokens())
    else if (pathname === '/outcomes') {
      report(await text(request))
      response.end()
    } else response.setHeader('content-type', 'text/html').end(PAGE)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close().closeAllConnections())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const tokens = (): Record<string, string> => {
    const claims = { ...sound(Math.floor(Date.now() / 1000)), iss: origin }
    const good = sign(claims, keys.es)
    return {
      ES256: good,
      EdDSA: sign(claims, keys.ed),
      RS256: sign(claims, keys.rs),
      expired: sign({ ...claims, exp: 1 }, keys.es),
      elsewhere: sign({ ...claims, aud: 'web' }, keys.es),
      revoked: sign({ ...claims, sid: 'gone' }, keys.es),
      changed: `${good.slice(0, -8)}AAAAAAAA`,
      unknown: sign(claims, freshKey('ES256')),
    }
  }
  return { origin, outcomes }
}

test('tokens have the same outcome in a browser', async (t) => {
  const { origin, outcomes } = await site(t)
  const visited = visit(t, origin, outcomes)
  if (visited === undefined) return t.skip('Chromium is not installed')
  assert.deepEqual(JSON.parse(await visited), {
    ES256: 'ann',
    EdDSA: 'ann',
    RS256: 'ann',
    expired: 'expired',
    elsewhere: 'wrong_audience',
    revoked: 'revoked',
    changed: 'bad_signature',
    unknown: 'unknown_key',
  })
})
