import { claimsOf } from './claims.ts'
import { clockOf } from './clock.ts'
import { CORE, type Core } from './core.ts'
import { abortable, authFetch } from './fetch.ts'
import { LONGEST, type Platform, within } from './platform.ts'
import { hold, refresh } from './refresh.ts'
import { clear, show, startEpoch, userIn } from './session.ts'
import { settingsOf } from './settings.ts'
import { signIn, signInAt } from './sign-in.ts'
import { resume, signOut, startTurn } from './sign-out.ts'
import type { Client, ClientOptions, TokenUser } from './types.ts'

/** `createClient` on a given platform. */
export function createClientIn<U extends object = TokenUser>(
  platform: Platform,
  url?: string,
  options: ClientOptions<U> = {},
): Client<U> {
  const core = coreOf(platform, url, options)
  core.ready = within(platform, LONGEST, start(core)).then(() => {
    if (core.state.status === 'loading') clear(core, core.cookies && 'unknown')
  })
  const { signal } = core.life
  platform.addEventListener?.('online', () => resume(core), { signal })
  return clientOf(core)
}

function coreOf<U>(
  platform: Platform,
  url: string | undefined,
  options: ClientOptions<U>,
): Core<U> {
  // Looked up at each request: tracing libraries replace it.
  const send = options.fetch ?? ((...args) => platform.fetch(...args))
  const core = {
    platform,
    options,
    settings: settingsOf(url, options, platform),
    clock: clockOf(platform),
    fetch: send,
    send,
    life: new AbortController(),
    warn: (text) => platform.console?.warn(`watchword: ${text}`),
    state: Object.freeze({ status: 'loading' }),
    listeners: new Set(),
    // Never the session of a refresh.
    uncertain: null,
    unsent: new Set(),
  } as Partial<Core<U>> as Core<U>
  startEpoch(core)
  const { transport, storage, refreshAhead, proof } = options
  for (const part of [transport ?? storage, refreshAhead, proof] as unknown[]) {
    if (part && (typeof part !== 'function' || (transport && storage)))
      throw new TypeError('import transport: tokenCookies, or storage: tabStorage')
    ;(part as ((to: Core<U>) => void) | undefined)?.(core)
  }
  return core
}

async function start<U>(core: Core<U>): Promise<void> {
  const { initial } = core.options
  if (!initial) return core.restore?.()
  const { access, user } = initial
  show(core, { access, claims: claimsOf(access) }, 'restored', user)
}

function close<U>(core: Core<U>): void {
  core.isClosed = true
  startEpoch(core)
  startTurn(core)
  core.closeTabs?.()
  core.listeners.clear()
  core.life.abort()
}

function clientOf<U extends object>(core: Core<U>): Client<U> {
  async function getAccessToken(fresh = false): Promise<string | undefined> {
    await core.ready
    if (fresh && core.session && core.clock.now() >= core.quietUntil) await refresh(core)
    return (await hold(core))?.session.access
  }

  const client: Client<U> & { [CORE]: Core<U> } = {
    get state() {
      return core.state
    },
    get user() {
      return userIn(core)
    },
    // With the option `initial`, the state that the server rendered.
    initialState: core.state,
    ready: core.ready,
    signIn: (credentials) => signIn(core, credentials),
    async signUp(fields) {
      await signInAt(core, `${core.settings.accounts}/users/`, fields, true)
    },
    signOut: (how) => signOut(core, how),
    fetch: (input, init) => authFetch(core, input, init),
    getAccessToken: ({ fresh, signal } = {}) => abortable(getAccessToken(fresh), signal),
    subscribe(listener) {
      core.listeners.add(listener)
      return () => void core.listeners.delete(listener)
    },
    wake: () => core.wake?.(),
    close: () => close(core),
    [CORE]: core,
  }
  return client
}
