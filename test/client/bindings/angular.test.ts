import '@angular/compiler'
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  HttpClient,
  HttpContext,
  type HttpErrorResponse,
  provideHttpClient,
  withInterceptors,
} from '@angular/common/http'
import {
  HttpTestingController,
  provideHttpClientTesting,
} from '@angular/common/http/testing'
import {
  ApplicationRef,
  createEnvironmentInjector,
  type EnvironmentInjector,
  ɵINJECTOR_SCOPE as INJECTOR_SCOPE,
  Injector,
  NgZone,
  ɵNoopNgZone as NoopNgZone,
  PendingTasks,
  provideZonelessChangeDetection,
  runInInjectionContext,
} from '@angular/core'
import { firstValueFrom } from 'rxjs'
import {
  authInterceptor,
  injectAuth,
  injectClient,
  provideAuth,
  SKIP_AUTH,
} from '../../../src/client/angular.ts'
import { claimsOf } from '../../../src/client/claims.ts'
import { dpop } from '../../../src/client/dpop.ts'
import { ADA, API, type Bench, openBench, REFRESH } from '../bench.ts'
import { keysOf, openBench as openBenchWithKeys } from '../dpop-bench.ts'
import type { Given } from '../given.ts'
import type { PageOptions } from '../page.ts'

const openBound = (t: TestContext): Promise<Bench> => openBenchWithKeys(t, { dpop: true })

async function application(
  t: TestContext,
  given: Given<Record<string, unknown>> = {},
  on: PageOptions = {},
  open: (t: TestContext) => Promise<Bench> = openBench,
) {
  const bench = await open(t)
  const { client } = bench.open({ refreshAhead: false, ...given }, on)
  let outside = 0
  const zone = new NoopNgZone()
  zone.runOutsideAngular = (run) => {
    outside++
    return run()
  }
  const injector = createEnvironmentInjector(
    [
      provideZonelessChangeDetection(),
      provideAuth(() => client),
      provideHttpClient(withInterceptors([authInterceptor])),
      provideHttpClientTesting(),
      { provide: NgZone, useValue: zone },
      { provide: INJECTOR_SCOPE, useValue: 'root' },
    ],
    Injector.NULL as EnvironmentInjector,
  )
  const http = injector.get(HttpClient)
  const control = injector.get(HttpTestingController)
  const auth = runInInjectionContext(injector, () => injectAuth())
  return { bench, client, injector, http, control, auth, outside: () => outside }
}

test('there is one signal, it follows the client, and both end with the injector', async (t) => {
  const { bench, client, injector, control, auth, outside } = await application(t)
  assert.equal(auth().status, 'loading')
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(1)
  assert.equal(auth(), client.state)
  assert.equal(
    runInInjectionContext(injector, () => injectAuth()),
    auth,
  )
  assert.equal(
    runInInjectionContext(injector, () => injectClient()),
    client,
  )
  assert.equal(outside(), 1)
  // Requests of the client itself pass no interceptor.
  control.verify()
  injector.destroy()
  await assert.rejects(client.getAccessToken(), { code: 'closed' })
})

const refused = { status: 401, statusText: 'Unauthorized' }
const CODE = { code: 'token_not_valid' }

test('the interceptor adds the token, and sends again after a refused one', async (t) => {
  const { bench, client, http, control } = await application(t)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(2000)
  for (const method of ['GET', 'POST']) {
    const answers: unknown[] = []
    http
      .request(method, `${API}/notes/`, { body: 'x' })
      .subscribe((answer) => answers.push(answer))
    await bench.time.pass(1)
    const first = control.expectOne(`${API}/notes/`)
    const header = first.request.headers.get('Authorization')
    assert.match(String(header), /^Bearer /)
    first.flush(CODE, refused)
    await bench.time.pass(100)
    const second = control.expectOne(`${API}/notes/`)
    assert.notEqual(second.request.headers.get('Authorization'), header)
    second.flush({ ok: true })
    assert.deepEqual(answers, [{ ok: true }])
    await bench.time.pass(2000)
  }
  assert.equal(bench.count(REFRESH), 2)
})

test('a 401 of a route, other origins, own headers and SKIP_AUTH are left alone', async (t) => {
  const { bench, client, http, control } = await application(t)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(2000)
  const failures: HttpErrorResponse[] = []
  const error = (failure: HttpErrorResponse) => void failures.push(failure)
  http.post(`${API}/password/`, {}).subscribe({ error })
  await bench.time.pass(1)
  control.expectOne(`${API}/password/`).flush({ detail: 'wrong password' }, refused)
  await bench.time.pass(100)
  assert.equal(failures[0]?.status, 401)

  const context = new HttpContext().set(SKIP_AUTH, true)
  const headers = { Authorization: 'Basic eDp5' }
  for (const [url, options, expected] of [
    ['https://evil.test/', {}, null],
    [`${API}/skip/`, { context }, null],
    [`${API}/own/`, { headers }, 'Basic eDp5'],
  ] as const) {
    http.get(url, options).subscribe({ error })
    await bench.time.pass(1)
    const sent = control.expectOne(url)
    assert.equal(sent.request.headers.get('Authorization'), expected)
    sent.flush({}, refused)
    await bench.time.pass(100)
  }
  assert.equal(bench.count(REFRESH), 0)
  assert.equal(failures.length, 4)
})

test('with a key, the header has a proof for each sending, with the newest nonce', async (t) => {
  const proof = dpop({ keys: keysOf() })
  const { bench, client, http, control } = await application(t, { proof }, {}, openBound)
  await bench.time.until(client.signIn(ADA))
  const answered = new Promise((resolve) =>
    http.post(`${API}/notes/?page=2`, 'x').subscribe(resolve),
  )
  await bench.time.pass(1)
  const first = control.expectOne(`${API}/notes/?page=2`)
  const challenge = 'DPoP error="use_dpop_nonce"'
  const headers = { 'WWW-Authenticate': challenge, 'DPoP-Nonce': 'n2' }
  first.flush({ code: 'use_dpop_nonce' }, { ...refused, headers })
  await bench.time.pass(1)
  const second = control.expectOne(`${API}/notes/?page=2`)
  const [one, two] = [first, second].map(({ request }) => request.headers)
  assert.match(one?.get('Authorization') ?? '', /^DPoP /)
  const proofs = [one, two].map((each) => claimsOf(each?.get('DPoP')))
  assert.deepEqual(
    proofs.map(({ htm, htu, nonce }) => [htm, htu, nonce]),
    [
      ['POST', `${API}/notes/`, undefined],
      ['POST', `${API}/notes/`, 'n2'],
    ],
  )
  assert.notEqual(proofs[0]?.jti, proofs[1]?.jti)
  second.flush({ ok: true })
  assert.deepEqual(await answered, { ok: true })
  assert.equal(bench.count(REFRESH), 0)
})

test('a request relative to a page of another origin gets no token', async (t) => {
  const elsewhere = { href: 'https://www.other.test/' }
  const { bench, client, http, control } = await application(t, {}, elsewhere)
  await bench.time.until(client.signIn(ADA))
  for (const [url, expected] of [
    ['/notes/', false],
    [`${API}/notes/`, true],
  ] as const) {
    http.get(url).subscribe()
    await bench.time.pass(1)
    const sent = control.expectOne(url)
    assert.equal(sent.request.headers.has('Authorization'), expected)
    sent.flush({})
  }
})

test('a stream is not sent again', async (t) => {
  const { bench, client, http, control } = await application(t)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(2000)
  const failed = new Promise<HttpErrorResponse>((resolve) =>
    http.post(`${API}/notes/`, new Blob(['x']).stream()).subscribe({ error: resolve }),
  )
  await bench.time.pass(1)
  control.expectOne(`${API}/notes/`).flush(CODE, refused)
  assert.equal((await failed).status, 401)
  control.verify()
  assert.equal(bench.count(REFRESH), 0)
})

test('unsubscribing ends the wait for a token and not the refresh', async (t) => {
  const { bench, client, http, control } = await application(t)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(301_000)
  bench.state.fault = () => ({ slow: 500 })
  const subscription = http.get(`${API}/notes/`).subscribe()
  await bench.time.pass(100)
  subscription.unsubscribe()
  await bench.time.pass(1000)
  control.expectNone(`${API}/notes/`)
  assert.equal(bench.count(REFRESH), 1)
  assert.equal(client.state.status, 'signedIn')
})

test('progress events pass unchanged', async (t) => {
  const { bench, client, http, control } = await application(t)
  await bench.time.until(client.signIn(ADA))
  const types: number[] = []
  http
    .get(`${API}/notes/`, { observe: 'events', reportProgress: true })
    .subscribe(({ type }) => types.push(type))
  await bench.time.pass(1)
  control.expectOne(`${API}/notes/`).flush({ ok: true })
  assert.deepEqual(types, [0, 4])
})

test('an application is stable while its client refreshes', async (t) => {
  const { bench, client, injector } = await application(t)
  await bench.time.until(client.signIn(ADA))
  await bench.time.pass(2000)
  const isStable = (): Promise<boolean> =>
    firstValueFrom(injector.get(ApplicationRef).isStable)
  bench.state.fault = ({ path }) => (path === REFRESH ? { delay: 5000 } : undefined)
  const pending = client.getAccessToken({ fresh: true })
  await bench.time.pass(1000)
  assert.equal(bench.count(REFRESH), 1)
  assert.equal(await isStable(), true)

  // Of anything that Angular waits for it would know.
  const done = injector.get(PendingTasks).add()
  assert.equal(await isStable(), false)
  done()
  await bench.time.until(pending)
})

const SERVER = {
  platform: { document: undefined, location: undefined, BroadcastChannel: undefined },
}

for (const [name, initial, expected] of [
  ['nothing', undefined, undefined],
  ['a token that was passed to it', { access: 'rendered' }, 'Bearer rendered'],
] as const)
  test(`on a server the interceptor adds ${name}, and nothing is sent at the start`, async (t) => {
    const given = { transport: 'cookie', ...(initial && { initial }) } as const
    const { bench, client, http, control } = await application(t, given, SERVER)
    await bench.time.until(client.ready)
    assert.deepEqual(bench.sent, [])

    const answered = new Promise((resolve) =>
      http.get(`${API}/hello/`).subscribe(resolve),
    )
    await bench.time.pass(1)
    const { request, flush } = expectOne(control)
    assert.equal(request.headers.get('Authorization'), expected ?? null)
    flush()
    await answered
    assert.deepEqual(bench.sent, [])
  })

function expectOne(control: HttpTestingController) {
  const sent = control.expectOne(`${API}/hello/`)
  return { request: sent.request, flush: () => sent.flush({}) }
}
