import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useSyncExternalStore,
} from 'react'
import type { AuthState, Client, TokenUser } from './types.ts'

const Context = /* @__PURE__ */ createContext<unknown>(undefined)

export interface AuthProviderProps<U extends object> {
  readonly client: Client<U>
  readonly children?: ReactNode
}

/** Gives components their client. It neither creates nor closes it. */
export const AuthProvider = <U extends object>({
  client,
  children,
}: AuthProviderProps<U>): ReactElement =>
  createElement(Context.Provider, { value: client }, children)

/** The client of the provider. @throws Error without a provider */
export function useClient<U extends object = TokenUser>(): Client<U> {
  const client = useContext(Context) as Client<U> | undefined
  if (client) return client
  throw new Error('useAuth() needs <AuthProvider client={client}> around its component.')
}

/** The state of the client; the component renders again when it changes. @throws Error without a provider */
export function useAuth<U extends object = TokenUser>(): AuthState<U> {
  const client = useClient<U>()
  return useSyncExternalStore(
    client.subscribe,
    () => client.state,
    () => client.initialState,
  )
}
