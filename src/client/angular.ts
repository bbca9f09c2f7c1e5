import {
  HttpContextToken,
  type HttpErrorResponse,
  type HttpInterceptorFn,
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
import { catchError, defer, of, switchMap, throwError } from 'rxjs'
import type { AuthState, Client, TokenUser } from './types.ts'

const CLIENT = /* @__PURE__ */ new InjectionToken<Client>('watchword.client')
const STATE = /* @__PURE__ */ new InjectionToken<Signal<AuthState>>('watchword.state')

/** Creates the client with the application, outside of its zone; closes it with the injector. */
export const provideAuth = <U extends object>(
  create: () => Client<U>,
): EnvironmentProviders =>
  makeEnvironmentProviders([
    {
      provide: CLIENT,
      useFactory() {
        const client = inject(NgZone).runOutsideAngular(create)
        inject(DestroyRef).onDestroy(client.close)
        return client
      },
    },
    { provide: STATE, useFactory: following },
  ])

function following(): Signal<AuthState> {
  const client = inject(CLIENT)
  const state = signal(client.state)
  inject(DestroyRef).onDestroy(client.subscribe(() => state.set(client.state)))
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
  const { url, method, headers, context, body } = request
  if (context.get(SKIP_AUTH) || headers.has('Authorization')) return next(request)
  const client = inject(CLIENT)
  const prepared = defer(() => client.headersFor(url, method))
  const send = (setHeaders: Record<string, string>) => next(request.clone({ setHeaders }))
  const recovered = (sent: Record<string, string>, error: HttpErrorResponse) =>
    isRefused(error, method) && !(body instanceof ReadableStream)
      ? defer(() => client.recoverFrom401(sent))
      : of(false)
  return prepared.pipe(
    switchMap((sent) =>
      send(sent).pipe(
        catchError((error) =>
          recovered(sent, error).pipe(
            switchMap((isReady) =>
              isReady ? prepared.pipe(switchMap(send)) : throwError(() => error),
            ),
          ),
        ),
      ),
    ),
  )
}

/** Whether the token was refused before the handler ran. */
const isRefused = ({ status, headers, error }: HttpErrorResponse, method: string) =>
  status === 401 &&
  (/^(GET|HEAD|OPTIONS)$/.test(method) ||
    /error="invalid_token"/.test(headers.get('WWW-Authenticate') ?? '') ||
    error?.code === 'token_not_valid')
