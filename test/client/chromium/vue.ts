import { createSSRApp, defineComponent, h } from 'vue'
import { browserStorage, createClient, tokenCookies } from '../../../src/client/index.ts'
import { authPlugin, useAuth } from '../../../src/client/vue.ts'

const seen: string[] = []

const Status = defineComponent(() => {
  const auth = useAuth()
  return () => {
    seen.push(auth.value.status)
    return h('p', { id: 'status' }, auth.value.status)
  }
})

/** What the tests call. */
Object.assign(globalThis, {
  createClient,
  browserStorage,
  tokenCookies,
  seen,
  hydrate(client: ReturnType<typeof createClient>) {
    createSSRApp(Status).use(authPlugin(client)).mount('#root')
  },
})
