import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { ADA, startBackEnd } from './back-end.ts'
import { openApp } from './nuxt-app.ts'
import { tool, withoutTools } from './servers/tools.ts'

/** The composable of the module, as a page uses it. */
interface UseAuth {
  signIn(given: object, options: { readonly redirect: false }): Promise<unknown>
  signOut(options: { readonly redirect: false }): Promise<unknown>
  refresh(): Promise<unknown>
  getSession(): Promise<unknown>
  readonly status: { readonly value: string }
  readonly data: { readonly value: { readonly username?: string } | null | undefined }
  /** With `Bearer `. */
  readonly token: { readonly value: string | null }
}

const APP = new URL('nuxt-app.ts', import.meta.url).href

/** The code of the module without a build of Nuxt: what it imports of an application is in `nuxt-app.ts`. */
async function useAuthOf(backEnd: string): Promise<UseAuth> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      /^#(imports|app)/.test(specifier)
        ? { url: APP, shortCircuit: true }
        : next(specifier, context),
  })
  try {
    const { ofetch } = await tool<{ ofetch: unknown }>('ofetch')
    Object.assign(globalThis, { $fetch: ofetch })
    openApp(configFor(backEnd))
    const module = '@sidebase/nuxt-auth/dist/runtime/composables/local/useAuth.js'
    return (await tool<{ useAuth(): UseAuth }>(module)).useAuth()
  } finally {
    hooks.deregister()
  }
}

/** The options `auth` of a nuxt.config, with the module's defaults. */
const configFor = (baseURL: string) => ({
  baseURL,
  disableInternalRouting: true,
  provider: {
    type: 'local',
    endpoints: {
      signIn: { path: '/api/token/', method: 'post' },
      signOut: { path: '/api/token/blacklist/', method: 'post' },
      signUp: { path: '/auth/users/', method: 'post' },
      getSession: { path: '/auth/me/', method: 'get' },
    },
    token: {
      signInResponseTokenPointer: '/access',
      type: 'Bearer',
      cookieName: 'auth.token',
      headerName: 'Authorization',
    },
    session: { dataResponsePointer: '' },
    refresh: {
      isEnabled: true,
      endpoint: { path: '/api/token/refresh/', method: 'post' },
      refreshOnlyToken: false,
      token: {
        signInResponseRefreshTokenPointer: '/refresh',
        refreshResponseTokenPointer: '/access',
        refreshRequestTokenPointer: '/refresh',
        cookieName: 'auth.refresh-token',
      },
    },
  },
})

const STAYS = { redirect: false } as const

test('@sidebase/nuxt-auth, local: a visitor signs in, refreshes with an expired token in the header, and signs out', {
  skip: withoutTools,
}, async (t) => {
  const { clock, url, whoHas, sessions } = await startBackEnd(t)
  const auth = await useAuthOf(url)
  t.after(() => Reflect.deleteProperty(globalThis, '$fetch'))
  const access = () => auth.token.value?.replace('Bearer ', '')
  await assert.rejects(auth.signIn({ ...ADA, password: 'wrong' }, STAYS), /401/)
  assert.equal(auth.status.value, 'unauthenticated')

  await auth.signIn(ADA, STAYS)
  await auth.getSession()
  assert.equal(auth.status.value, 'authenticated')
  assert.equal(auth.data.value?.username, 'ada')

  for (let round = 0; round < 3; round++) {
    clock.advance('6m')
    await auth.refresh()
    assert.equal(auth.data.value?.username, 'ada')
    assert.equal(await whoHas(access()), 'ada')
  }
  // Two tabs at once, with the same refresh token.
  clock.advance('6m')
  await Promise.all([auth.refresh(), auth.refresh()])
  assert.equal(await whoHas(access()), 'ada')
  assert.equal((await sessions()).length, 1)

  await auth.signOut(STAYS)
  assert.equal(auth.status.value, 'unauthenticated')
  assert.equal((await sessions()).length, 0)
})
