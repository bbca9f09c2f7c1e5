import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testInstance } from '../../src/testing/index.ts'
import { checkAnswers, type Findings } from './check-answers.ts'
import { CONFIGURATIONS } from './configurations.ts'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> }
  readonly security: readonly object[]
  readonly responses: Readonly<Record<string, object>>
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** What is asked of each operation that lists a status, so that it answers with it. */
type Probe = RequestInit & { readonly query?: string }
const PROBES: Readonly<Record<string, Probe>> = {
  400: { headers: JSON_TYPE, body: '{' },
  401: {},
  404: { query: '?format=xml' },
  405: { method: 'PURGE' },
  406: { headers: { accept: 'application/xml' } },
  413: { headers: JSON_TYPE, body: JSON.stringify('x'.repeat(70_000)) },
  415: { headers: { 'content-type': 'text/csv' }, body: 'a,b' },
}

const FORM_TYPE = 'application/x-www-form-urlencoded'
const FORM = { 'content-type': FORM_TYPE }

/** The same for operations that read forms alone. */
const FORM_PROBES: Readonly<Record<string, Probe>> = {
  400: { headers: FORM, body: '' },
  413: { headers: FORM, body: `a=${'x'.repeat(70_000)}` },
}

function probeFor(status: string, { requestBody }: Operation): Probe {
  const types = Object.keys(requestBody?.content ?? {})
  const isForm = types.length === 1 && types[0] === FORM_TYPE
  return (isForm ? FORM_PROBES[status] : undefined) ?? PROBES[status] ?? {}
}

/** Guarded operations answer so to users who are signed in. */
const BEHIND_SIGN_IN = ['400', '405', '413', '415']

/** Why the probes do not see a status that is documented, and which tests do. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '200': 'needs an account: test/accounts, test/sign-in, test/conformance',
  '201': 'needs an account: test/accounts, test/conformance',
  '202': 'needs an account: test/accounts, test/second-factors',
  '204': 'needs an account: test/accounts, test/conformance',
  '302': 'needs a browser: test/sign-in',
  '303': 'needs a browser: test/sign-in',
  '304': 'test/openapi/endpoint.test.ts',
  '400': 'needs a code or another proof: test/accounts, test/conformance',
  '401': 'credentials in the body: test/conformance',
  '403': 'needs another user or step: test/accounts, test/second-factors',
  '404': 'the row of a path is not there: test/accounts',
  '405': 'the sign-in is asked first: test/conformance',
  '409': 'needs an account: test/accounts',
  '410': 'needs an expired code: test/accounts',
  '413': 'the sign-in is asked first: test/server/bad-input.system.test.ts',
  '415': 'the sign-in is asked first: test/server/bad-input.system.test.ts',
  '429': 'has a rate of its own: test/throttling, test/accounts',
  '502': 'another service fails: test/unavailable',
  '503': 'the database answers: test/unavailable asks each endpoint without it',
}

const ADA = {
  username: 'ada',
  email: 'ada@example.com',
  staff: true,
  attributes: { born: '1815-12-10' },
}

interface Asked {
  readonly status: string
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

/** The documented statuses of all operations. */
const documentedIn = (document: object): readonly Asked[] =>
  Object.entries((document as Document).paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .flatMap(([method, operation]) =>
        Object.keys(operation.responses).map((status) => ({
          status,
          path,
          method,
          operation,
        })),
      ),
  )

/** Whether the operation answers the probe before it asks who sends it. */
const isPublic = ({ security }: Operation): boolean =>
  security.length === 0 || security.some((each) => Object.keys(each).length === 0)

async function findings(t: TestContext, name: string): Promise<Findings> {
  const options = { ...CONFIGURATIONS[name], throttle: {} }
  const { auth, as } = testInstance(options as object)
  t.after(() => auth.close())
  await auth.users.create(ADA as never)
  const signedIn = await as('ada')
  const found: Findings = { faults: [], seen: new Set(), documented: new Set() }
  checkAnswers(auth, found)
  const asked = documentedIn(await auth.openapi()).filter(
    ({ status }) => status in PROBES,
  )
  for (const { status, path, method, operation } of asked) {
    const { query = '', ...init } = probeFor(status, operation)
    if (init.body !== undefined && method === 'get') continue
    const url = `http://localhost${path.replace(/\{\w+\}/g, '0')}${query}`
    const headers = { ...(BEHIND_SIGN_IN.includes(status) && signedIn), ...init.headers }
    const request = new Request(url, { method: method.toUpperCase(), ...init, headers })
    await auth.handler(request, { address: '127.0.0.1' })
  }
  for (const { status, method, operation } of asked) {
    if (method === 'get') continue
    const id = `${operation.operationId} ${status}`
    if (isPublic(operation) && BEHIND_SIGN_IN.includes(status) && !found.seen.has(id))
      found.faults.push(`${id} was not answered`)
  }
  await exceedRates(t, options, found)
  return found
}

/** Asks each operation when the rate of all is used up. */
async function exceedRates(
  t: TestContext,
  options: object,
  found: Findings,
): Promise<void> {
  const throttle = { anon: '1/min', user: '1/min' }
  const { auth, as } = testInstance({ ...options, throttle } as object)
  t.after(() => auth.close())
  await auth.users.create(ADA as never)
  const signedIn = await as('ada')
  checkAnswers(auth, found)
  for (const { status, path, method } of documentedIn(await auth.openapi())) {
    if (status !== '429') continue
    const url = `http://localhost${path.replace(/\{\w+\}/g, '0')}`
    for (const headers of [{}, {}, signedIn, signedIn])
      await auth.handler(new Request(url, { method: method.toUpperCase(), headers }), {
        address: '127.0.0.1',
      })
  }
}

for (const name of ['all presets', 'all features'])
  test(`${name}: documented refusals are answered so, and the rest has a reason (OA-08)`, async (t) => {
    const { faults, seen, documented } = await findings(t, name)
    assert.deepEqual(faults, [])
    const unseen = [...documented].filter((each) => !seen.has(each)).sort()
    const byStatus = Map.groupBy(unseen, (each) => each.split(' ')[1] ?? '')
    t.diagnostic(`${documented.size} documented statuses, ${seen.size} seen here`)
    for (const [status, ids] of [...byStatus].sort()) {
      const reason = ELSEWHERE[status]
      assert.ok(reason !== undefined, `no reason for ${ids.join(', ')}`)
      const operations = ids.map((each) => each.split(' ')[0])
      t.diagnostic(`${status}, ${ids.length}, ${reason}: ${operations.join(' ')}`)
    }
  })
