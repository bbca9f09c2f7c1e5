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
import { AuthError } from '../../src/base/errors.ts'
import type { Options } from '../../src/settings/options.ts'
import { sqliteStore, withPorts } from '../stores/open.ts'
import { instanceFor, PASSWORD, post, SECRET, signIn } from './setup.ts'

interface Recorded {
  readonly name: string
  readonly parent: string | undefined
  readonly attributes: Record<string, unknown>
  failed: boolean
  ended: number
}

/** What an application does that wants to know: a provider and a keeper of contexts, both as small as the API allows. */
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

async function house(t: TestContext, options: Options = {}) {
  const auth = instanceFor(t, {
    database: 'sqlite::memory:',
    secret: SECRET,
    telemetry: true,
    ...options,
  })
  await auth.users.create({ username: 'ann', password: PASSWORD })
  return auth
}

test('each verb is a span of its own, with its outcome and nothing of anybody', async (t) => {
  const spans = listen(t)
  const auth = await house(t)
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

test('spans hang on that of the request, and what the application does within on them', async (t) => {
  const spans = listen(t)
  const inner = trace.getTracer('application')
  const auth = await house(t, {
    on: { signedIn: () => inner.startActiveSpan('mail', (span) => span.end()) },
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

test('a store that cannot be asked is an error of the span, and the answer stays as it is', async (t) => {
  const spans = listen(t)
  const store = sqliteStore({ file: ':memory:' })
  let isDown = false
  const sessions: typeof store.ports.sessions = {
    ...store.ports.sessions,
    open: (session) =>
      isDown
        ? Promise.reject(new AuthError('store_unavailable'))
        : store.ports.sessions.open(session),
  }
  const auth = await house(t, { database: withPorts(store, { sessions }) })
  isDown = true
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

test('without the option nothing is told', async (t) => {
  const spans = listen(t)
  await signIn(await house(t, { telemetry: false }))
  assert.deepEqual(spans, [])
})
