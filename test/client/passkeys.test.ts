import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { passkeys } from '../../src/client/passkeys.ts'
import { openBench } from './bench.ts'

/** A browser with passkeys, in which the user chooses none. @returns the ceremonies that were begun */
function withAuthenticator(t: TestContext): readonly string[] {
  const begun: string[] = []
  const begin = (verb: string) => async () => {
    begun.push(verb)
    return null
  }
  const members = {
    credentials: { get: begin('get'), create: begin('create') },
  }
  const { navigator } = globalThis
  for (const [name, value] of [
    ['navigator', members],
    ['PublicKeyCredential', {}],
  ] as const)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  t.after(() => {
    Object.defineProperty(globalThis, 'navigator', { value: navigator })
    Reflect.deleteProperty(globalThis, 'PublicKeyCredential')
  })
  return begun
}

async function setUp(t: TestContext) {
  const begun = withAuthenticator(t)
  const bench = await openBench(t)
  const { client } = await bench.signedIn()
  bench.state.fault = ({ path }) =>
    path.endsWith('/options/')
      ? { delay: 1000, answer: () => Response.json({ challenge: 'AAAA' }) }
      : undefined
  return { bench, begun, keys: passkeys(client) }
}

const codeOf = (error: { readonly code: string }): string => error.code

test('a button ends an autofill whose options are still on their way, and they are not used', async (t) => {
  const { bench, begun, keys } = await setUp(t)
  const autofill = keys.signIn({ autofill: true }).catch(codeOf)
  await bench.time.pass(500)
  const button = keys.register().catch(codeOf)

  assert.equal(await bench.time.until(autofill), 'cancelled')
  assert.equal(await bench.time.until(button), 'cancelled')
  assert.deepEqual(begun, ['create'])
})

test('a signal that is aborted before or meanwhile ends a ceremony before the browser asks', async (t) => {
  const { bench, begun, keys } = await setUp(t)
  const aborted = keys.signIn({ signal: AbortSignal.abort() }).catch(codeOf)
  assert.equal(await bench.time.until(aborted), 'cancelled')

  const controller = new AbortController()
  const pending = keys.signIn({ signal: controller.signal }).catch(codeOf)
  await bench.time.pass(500)
  controller.abort()
  assert.equal(await bench.time.until(pending), 'cancelled')
  assert.deepEqual(begun, [])
})

test('a browser without passkeys and a cancelled choice have different error codes', async (t) => {
  const bench = await openBench(t)
  const keys = passkeys((await bench.signedIn()).client)
  assert.deepEqual(await keys.supported(), { passkeys: false, autofill: false })
  assert.equal(await keys.signIn().catch(codeOf), 'not_supported')
})
