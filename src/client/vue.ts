import {
  type App,
  getCurrentInstance,
  inject,
  markRaw,
  onMounted,
  onScopeDispose,
  type ShallowRef,
  shallowReadonly,
  shallowRef,
} from 'vue'
import type { AuthState, Client, TokenUser } from './types.ts'

const KEY = /* @__PURE__ */ Symbol('watchword.client')

/** `app.use(authPlugin(client))` */
export const authPlugin = <U extends object>(
  client: Client<U>,
): { install(app: App): void } => ({
  install: (app) => void app.provide(KEY, markRaw(client)),
})

/** The client of the application. @throws Error without the plugin */
export function useClient<U extends object = TokenUser>(): Client<U> {
  const client = inject<Client<U> | undefined>(KEY, undefined)
  if (client) return client
  throw new Error('useAuth() needs app.use(authPlugin(client)).')
}

/** A reference that follows the state of the client. @throws Error without the plugin */
export function useAuth<U extends object = TokenUser>(): Readonly<
  ShallowRef<AuthState<U>>
> {
  const client = useClient<U>()
  const component = getCurrentInstance()
  // What the server rendered, until the page is hydrated.
  const isLive = component === null || component.root.isMounted
  const state = shallowRef(isLive ? client.state : client.initialState)
  const follow = (): void => {
    state.value = client.state
  }
  onScopeDispose(client.subscribe(follow))
  if (!isLive) onMounted(follow)
  return shallowReadonly(state)
}
