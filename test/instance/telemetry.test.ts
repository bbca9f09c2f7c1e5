import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { type TestContext, test } from 'node:test'
import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { Options } from '../../src/settings/options.ts'
import { testInstance } from '../../src/testing/index.ts'
import { PASSWORD, post, signIn } from './setup.ts'

interface Recorded {
  readonly name: string
  readonly parent: string | undefined
  readonly attributes: Record<string, unknown>
  failed: boolean
  ended: number
}

/** The smallest tracer provider and context manager that the API allows. */
function listen(t: TestContext): readonly Recorded[] {
  const spans: Recorded[] = []
  const names = new WeakMap<object, string>()
  const startSpan = (name: string, _options: unknown, from: Context): Span => {
    const above = trace.getSpan(from)
    const recorded: Recorded = {
      name,
      parent: above && names.get(above),
      attributes: {},
      failed: false,
      ended: 0,
    }
    spans.push(recorded)
    const span: Partial<Span> = {
      setAttribute(key, value) {
        recorded.attributes[key] = value
        return span as Span
      },
      setStatus({ code }) {
        recorded.failed = code === SpanStatusCode.ERROR
        return span as Span
      },
      end: () => void recorded.ended++,
    }
    names.set(span, name)
    return span as Span
  }
  const storage = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (at, work, self, ...its) => storage.run(at, () => work.apply(self, its)),
    bind: (at, work) =>
      typeof work === 'function'
        ? (((...its: unknown[]) => storage.run(at, () => work(...its))) as typeof work)
        : work,
    enable() {
      return this
    },
    disable() {
      return this
    },
  })
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan: (name, options, from = context.active()) =>
        startSpan(name, options, from),
      startActiveSpan(name: string, ...rest: readonly unknown[]) {
        const work = rest.at(-1) as (span: Span) => never
        const span = startSpan(name, undefined, context.active())
        return context.with(trace.setSpan(context.active(), span), work, undefined, span)
      },
    }),
  })
  t.after(() => {
    trace.disable()
    context.disable()
  })
  return spans
}

async function tracedInstance(t: TestContext, on: NonNullable<Options['on']> = {}) {
  const app = testInstance({ telemetry: true, on })
  t.after(() => app.auth.close())
  await app.auth.users.create({ username: 'ann', password: PASSWORD })
  return app
}

test('each endpoint has a span with its outcome and no user data', async (t) => {
  const spans = listen(t)
  const { auth } = await tracedInstance(t)
  const { access, refresh } = await signIn(auth)
  await post(auth, '/api/token/', { username: 'ann', password: 'wrong' })
  await post(auth, '/api/token/refresh/', { refresh: String(refresh) })
  await post(auth, '/api/token/verify/', { token: String(access) })
  await post(auth, '/api/token/blacklist/', { refresh: String(refresh) })
  await post(auth, '/api/token/blacklist/', { refresh: String(refresh) })
  assert.deepEqual(
    spans.map(({ name, attributes, failed, ended }) => [name, attributes, failed, ended]),
    [
      ['watchword.sign_in', { 'watchword.outcome': 'ok' }, false, 1],
      ['watchword.sign_in', { 'watchword.outcome': 'no_active_account' }, false, 1],
      ['watchword.refresh', { 'watchword.outcome': 'ok' }, false, 1],
      ['watchword.verify', { 'watchword.outcome': 'ok' }, false, 1],
      ['watchword.sign_out', { 'watchword.outcome': 'ok' }, false, 1],
      ['watchword.sign_out', { 'watchword.outcome': 'revoked' }, false, 1],
    ],
  )
})

test("spans are children of the request's span, and parents of the application's spans", async (t) => {
  const spans = listen(t)
  const inner = trace.getTracer('application')
  const { auth } = await tracedInstance(t, {
    signedIn: () => inner.startActiveSpan('mail', (span) => span.end()),
  })
  await inner.startActiveSpan('request', async (span) => {
    await signIn(auth)
    span.end()
  })
  assert.deepEqual(
    spans.map(({ name, parent }) => [name, parent]),
    [
      ['request', undefined],
      ['watchword.sign_in', 'request'],
      ['mail', 'watchword.sign_in'],
    ],
  )
})

test('an unavailable store marks the span as an error and does not change the response', async (t) => {
  const spans = listen(t)
  const { auth, faults } = await tracedInstance(t)
  faults.fail('sessions.open')
  const { status } = await post(auth, '/api/token/', {
    username: 'ann',
    password: PASSWORD,
  })
  assert.equal(status, 503)
  assert.deepEqual(
    spans.map(({ attributes, failed }) => [attributes['watchword.outcome'], failed]),
    [['store_unavailable', true]],
  )
})

test('without the option there are no spans', async (t) => {
  const spans = listen(t)
  await using app = testInstance()
  await app.auth.users.create({ username: 'ann', password: PASSWORD })
  assert.ok((await signIn(app.auth)).access)
  assert.deepEqual(spans, [])
})
