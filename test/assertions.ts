import assert from 'node:assert/strict'
import { afterEach, beforeEach, type TestContext } from 'node:test'
import { inspect } from 'node:util'

/**
 * Imported before the tests of `npm test` and `npm run test:all`: finds tests that cannot fail. A test that ends without an assertion fails, and so does an
 * assertion about a promise, which would be true also if it is rejected.
 */
let made = 0
const before = new WeakMap<object, number>()

/** They take promises, and are awaited themselves. */
const OF_PROMISES: readonly string[] = ['rejects', 'doesNotReject']

type Assertion = (...args: readonly unknown[]) => unknown

for (const [name, value] of Object.entries(assert)) {
  if (isAssertion(name, value)) Object.assign(assert, { [name]: counted(name, value) })
}

beforeEach((context) => {
  before.set(context, made)
  const { skip } = context as TestContext
  const withReason = (reason?: string): void => {
    if (!reason) throw new TypeError('t.skip() takes the reason, which is printed')
    made++
    skip.call(context, reason)
  }
  Object.assign(context, { skip: withReason })
})

afterEach((context) => {
  // The types of Node.js lack `passed`.
  const { name, passed } = context as TestContext & { readonly passed?: boolean }
  if (passed === false || made > (before.get(context) ?? 0)) return
  throw new Error(`the test "${name}" has made no assertion: it cannot fail`)
})

/** Other members are classes. */
function isAssertion(name: string, value: unknown): value is Assertion {
  return typeof value === 'function' && /^[a-z]/.test(name) && name !== 'strict'
}

function counted(name: string, assertion: Assertion): Assertion {
  return function call(...args) {
    made++
    if (!OF_PROMISES.includes(name) && args.slice(0, 2).some(isPromise))
      throw new TypeError(`assert.${name}() got a promise: await it`)
    try {
      return assertion(...args)
    } catch (error) {
      throw asOfCaller(error, call)
    }
  }
}

/** The error without this file in its stack. `assert.ok` quotes the line of its call, which is one of this file. */
function asOfCaller(error: unknown, call: Assertion): unknown {
  if (!(error instanceof assert.AssertionError)) return error
  const { actual, generatedMessage } = error
  if (error.operator === '==' && generatedMessage)
    return new assert.AssertionError({
      message: `expected a truthy value, got ${inspect(actual)}`,
      actual,
      expected: true,
      operator: '==',
      stackStartFn: call,
    })
  Error.captureStackTrace(error, call)
  return error
}

function isPromise(value: unknown): boolean {
  return value instanceof Promise
}
