import {
  type AuthError,
  type AuthErrorCode,
  type AuthEvent,
  browserStorage,
  type Client,
  createClient,
  type SignedOutReason,
  sessionCookie,
  type TokenStorage,
  tabStorage,
  tokenCookies,
} from '../../src/client/index.ts'
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
