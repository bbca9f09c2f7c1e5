import * as angular from '../../src/client/angular.ts'
import {
  type AuthError,
  type AuthErrorCode,
  type AuthEvent,
  browserStorage,
  type Client,
  createClient,
  interceptor,
  type SignedOutReason,
  sessionCookie,
  type TokenStorage,
  tabStorage,
  tokenCookies,
} from '../../src/client/index.ts'
import * as react from '../../src/client/react.ts'
import * as vue from '../../src/client/vue.ts'
import { is } from './is.ts'

interface Member {
  readonly id: string
  readonly plan: 'free' | 'pro'
}

const client = createClient<Member>('https://api.example', {
  user: ({ user_id, plan }) => ({ id: String(user_id), plan: plan as 'free' }),
})
is<Client<Member>>(client)
is<Member | undefined>(client.user)
is<Member>(await client.signIn({ username: 'ada', password: '…' }))
client.subscribe((state, event) => {
  is<AuthEvent>(event)
  if (state.status === 'signedIn') is<Member>(state.user)
  // @ts-expect-error only a user who is signed in is known
  state.user
})
is<typeof fetch>(client.fetch)
is<string>(createClient().user?.id ?? '')

createClient(undefined, { transport: tokenCookies })
createClient('/', { storage: tabStorage, timeout: '5s', overlap: 0 })
// @ts-expect-error cookies need no storage
createClient('/', { transport: tokenCookies, storage: tabStorage })
// @ts-expect-error sessions neither
createClient('/', { transport: sessionCookie, storage: browserStorage })
// @ts-expect-error a storage is no transport
createClient('/', { transport: tabStorage })
// @ts-expect-error there is no such transport
createClient('/', { transport: 'header' })
// @ts-expect-error durations are "5m"
createClient('/', { timeout: '5 minutes' })
// @ts-expect-error this session, or everywhere
void client.signOut({ scope: 'global' })
// @ts-expect-error credentials are named
void client.signIn({ user: 'ada' })

declare const error: AuthError
is<AuthErrorCode>(error.code)

/** A switch over all reasons is complete. */
export function textOf(reason: SignedOutReason): string {
  switch (reason) {
    case 'signOut':
    case 'signOutElsewhere':
      return 'Signed out.'
    case 'expired':
    case 'revoked':
    case 'userInactive':
    case 'passwordChanged':
    case 'proofKeyLost':
    case 'unknown':
      return 'Sign in again.'
  }
}

/** A switch over all events, and one over all codes. */
export function isNews(event: AuthEvent): boolean {
  switch (event) {
    case 'restored':
    case 'signedIn':
    case 'signedOut':
    case 'userChanged':
      return true
    case 'refreshed':
    case 'problem':
      return false
  }
}
export function isTemporary(code: AuthError['code']): boolean {
  switch (code) {
    case 'throttled':
    case 'unavailable':
    case 'network':
    case 'timeout':
      return true
    case 'invalid_credentials':
    case 'second_factor_required':
    case 'invalid':
    case 'forbidden':
    case 'superseded':
    case 'storage':
    case 'proof_key_lost':
    case 'not_supported':
    case 'cancelled':
    case 'closed':
    case 'refused':
      return false
  }
}

const ofReact = react.useAuth<Member>()
if (ofReact.status === 'signedIn') is<Member>(ofReact.user)
// @ts-expect-error only a user who is signed in is known
ofReact.user
is<Client<Member>>(react.useClient<Member>())
is<object>(react.AuthProvider({ client }))
const ofVue = vue.useAuth<Member>()
if (ofVue.value.status === 'signedIn') is<Member>(ofVue.value.user)
// @ts-expect-error the reference is read-only
ofVue.value = { status: 'loading' }
is<Client<Member>>(vue.useClient<Member>())
const ofAngular = angular.injectAuth<Member>()()
if (ofAngular.status === 'signedIn') is<Member>(ofAngular.user)
is<Client<Member>>(angular.injectClient<Member>())
is<object>(angular.provideAuth(() => client))
is<string>(react.useAuth().status)

const { headersFor, recoverFrom401 } = interceptor(client)
is<boolean>(await recoverFrom401(await headersFor('/'), new Response()))

interface SecureStore {
  getItemAsync(key: string): Promise<string | null>
  setItemAsync(key: string, value: string): Promise<void>
  deleteItemAsync(key: string): Promise<void>
}
declare const secure: SecureStore
is<TokenStorage>({
  get: secure.getItemAsync,
  set: secure.setItemAsync,
  remove: secure.deleteItemAsync,
})
declare const local: {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}
is<TokenStorage>({
  get: (key) => local.getItem(key),
  set: (key, value) => local.setItem(key, value),
  remove: (key) => local.removeItem(key),
})
declare const mmkv: {
  getString(key: string): string | undefined
  set(key: string, value: string): void
  remove(key: string): boolean
}
is<TokenStorage>({
  get: (key) => mmkv.getString(key),
  set: (key, value) => mmkv.set(key, value),
  remove: (key) => void mmkv.remove(key),
})
