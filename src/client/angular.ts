import {
  HttpContextToken,
  type HttpErrorResponse,
  type HttpInterceptorFn,
  type HttpRequest,
} from '@angular/common/http'
import {
  DestroyRef,
  type EnvironmentProviders,
  InjectionToken,
  inject,
  makeEnvironmentProviders,
  NgZone,
  type Signal,
  signal,
} from '@angular/core'
import { defer, retry, switchMap } from 'rxjs'
import { isSafe } from './fetch.ts'
import { interceptor } from './interceptor.ts'
import type { AuthState, Client, TokenUser } from './types.ts'

const CLIENT = /* @__PURE__ */ new InjectionToken<Client>('watchword.client')
const STATE = /* @__PURE__ */ new InjectionToken<Signal<AuthState>>('watchword.state')

/** Creates the client with the application, outside of its zone; closes it with the injector. */
export const provideAuth = <U extends object>(
  create: () => Client<U>,
): EnvironmentProviders =>
  makeEnvironmentProviders([
    { provide: CLIENT, useFactory: () => opened(create) },
    { provide: STATE, useFactory: following },
  ])

function opened<U extends object>(create: () => Client<U>): Client<U> {
  const client = inject(NgZone).runOutsideAngular(create)
  inject(DestroyRef).onDestroy(client.close)
  return client
}

function following(): Signal<AuthState> {
  const client = inject(CLIENT)
  const state = signal(client.state)
  client.subscribe(() => state.set(client.state))
  return state.asReadonly()
}

/** The client of `provideAuth`. */
export const injectClient = <U extends object = TokenUser>(): Client<U> =>
  inject(CLIENT) as unknown as Client<U>

/** A signal that follows the state of the client. */
export const injectAuth = <U extends object = TokenUser>(): Signal<AuthState<U>> =>
  inject(STATE) as unknown as Signal<AuthState<U>>

/** Of a request that is sent as it is. */
export const SKIP_AUTH: HttpContextToken<boolean> = /* @__PURE__ */ new HttpContextToken(
  () => false,
)

/** Adds credentials to requests of `HttpClient`, and sends them again once after a refused token. */
export const authInterceptor: HttpInterceptorFn = (request, next) => {
  const { url, method, headers, context } = request
  if (context.get(SKIP_AUTH) || headers.has('Authorization')) return next(request)
  const { headersFor, recoverFrom401 } = interceptor(inject(CLIENT))
  let setHeaders: Record<string, string> = {}
  const prepare = async () => {
    setHeaders = await headersFor(url, method)
    return request.clone({ setHeaders })
  }
  const delay = async (error: HttpErrorResponse) => {
    const isAgain = isRefused(error, request) && (await recoverFrom401(setHeaders, error))
    if (!isAgain) throw error
  }
  return defer(prepare).pipe(switchMap(next), retry({ count: 1, delay }))
}

/** Whether the credentials were refused before the handler ran, and the request can be sent again. */
const isRefused = (
  { status, headers, error }: HttpErrorResponse,
  { method, body }: HttpRequest<unknown>,
): boolean =>
  status === 401 &&
  !(body instanceof ReadableStream) &&
  (isSafe(method) ||
    REFUSED.test(`${headers.get('WWW-Authenticate')} code="${error?.code}"`))

const REFUSED = /error="(invalid_token|\w+dpop)|code="(token_not|not_auth)/
