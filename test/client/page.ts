import type {
  Channel,
  Locks,
  PageEvent,
  Platform,
  WebStorage,
} from '../../src/client/platform.ts'
import type { FakeTime } from './time.ts'

/** What the tabs of one browser share. */
export interface Profile {
  readonly local: Map<string, string>
  readonly cookies: Map<string, string>
  readonly channels: Set<FakeChannel>
  readonly locks: FakeLocks
  readonly pages: Set<FakePage>
}

interface FakeChannel extends Channel {
  readonly name: string
  readonly page: FakePage
}

interface FakeLocks extends Locks {
  /** By name. */
  readonly held: Map<string, LockRequest>
  /** How often a tab asked for a lock that it held. */
  nested: number
  /** Those of one tab. */
  of(page: () => FakePage): Locks
  /** What a browser does when a tab is gone; the locks of other tabs stay held. */
  release(page: FakePage): void
}

interface LockRequest {
  readonly name: string
  readonly page: FakePage | undefined
  readonly start: () => void
}

/** One tab. */
export interface FakePage {
  readonly platform: Platform
  readonly warnings: string[]
  readonly session: Map<string, string>
  /** Milliseconds that its clock is ahead. */
  skew: number
  /** Milliseconds that its monotonic clock stood still. */
  slept: number
  isVisible: boolean
  /** As if the tab was killed: none of its timers, messages or requests does anything more. */
  isKilled: boolean
  fire(type: string, event?: PageEvent): void
}

export const newProfile = (time: FakeTime): Profile => ({
  local: new Map(),
  cookies: new Map(),
  channels: new Set(),
  locks: fakeLocks(time),
  pages: new Set(),
})

function fakeLocks(time: FakeTime): FakeLocks {
  const held = new Map<string, LockRequest>()
  const waiting: LockRequest[] = []
  const remove = (entry: LockRequest): boolean => {
    const place = waiting.indexOf(entry)
    return place >= 0 && waiting.splice(place, 1).length > 0
  }
  const release = (entry: LockRequest): void => {
    if (held.get(entry.name) !== entry) return
    held.delete(entry.name)
    const next = waiting.find(({ name }) => name === entry.name)
    if (next && remove(next)) next.start()
  }
  const requestOf =
    (page?: () => FakePage) =>
    <T>(
      name: string,
      { signal }: { readonly signal: AbortSignal },
      run: () => Promise<T> | T,
    ): Promise<T> =>
      new Promise((resolve, reject) => {
        const start = (): void => {
          held.set(name, entry)
          time.later(0, async () => {
            try {
              resolve(await run())
            } catch (error) {
              reject(error)
            }
            release(entry)
          })
        }
        const entry = { name, page: page?.(), start }
        if (entry.page?.isKilled) return
        if (entry.page && held.get(name)?.page === entry.page) locks.nested++
        signal.addEventListener('abort', () => {
          if (remove(entry)) reject(signal.reason)
        })
        if (held.has(name)) waiting.push(entry)
        else start()
      })
  const isOf = (page: FakePage) => (entry: LockRequest) => entry.page === page
  const locks: FakeLocks = {
    held,
    nested: 0,
    request: requestOf(),
    of: (page) => ({ request: requestOf(page) }),
    release(page) {
      for (const entry of waiting.filter(isOf(page))) remove(entry)
      for (const entry of [...held.values()].filter(isOf(page))) release(entry)
    },
  }
  return locks
}

const webStorage = (
  items: Map<string, string>,
  changed: (key: string, newValue: string | null) => void = () => {},
): WebStorage => ({
  getItem: (key) => items.get(key) ?? null,
  setItem(key, value) {
    items.set(key, value)
    changed(key, value)
  },
  removeItem(key) {
    items.delete(key)
    changed(key, null)
  },
})

export interface PageOptions {
  readonly href?: string
  /** Members of the platform that are replaced, or missing. */
  readonly platform?: { readonly [Name in keyof Platform]?: Platform[Name] | undefined }
}

/** @param send what `fetch` does */
export function newPage(
  profile: Profile,
  time: FakeTime,
  send: (page: FakePage, request: Request) => Promise<Response>,
  { href = 'https://app.test/', platform = {} }: PageOptions = {},
): FakePage {
  const listeners = new Map<string, Set<(event: PageEvent) => void>>()
  const addEventListener = (
    type: string,
    run: (event: PageEvent) => void,
    { signal }: { readonly signal: AbortSignal },
  ): void => {
    listeners.set(type, (listeners.get(type) ?? new Set()).add(run))
    signal.addEventListener('abort', () => listeners.get(type)?.delete(run))
  }
  const alive = (run: () => void) => () => {
    if (!page.isKilled) run()
  }
  const channelOf = class implements FakeChannel {
    onmessage: FakeChannel['onmessage'] = null
    readonly name: string
    readonly page = page_()
    constructor(name: string) {
      this.name = name
      profile.channels.add(this)
    }
    postMessage(message: unknown): void {
      const data: unknown = structuredClone(message)
      for (const other of profile.channels)
        if (other !== this && other.name === this.name)
          time.later(2, () => {
            if (!other.page.isKilled) other.onmessage?.({ data })
          })
    }
    close(): void {
      profile.channels.delete(this)
    }
  }
  const storageEvent = (key: string, newValue: string | null): void => {
    for (const other of profile.pages)
      if (other !== page) time.later(3, () => other.fire('storage', { key, newValue }))
  }
  let draws = 0
  const session = new Map<string, string>()
  const warnings: string[] = []
  const base: Platform = {
    fetch: ((input: string | Request, init?: RequestInit) =>
      send(page, new Request(input, init))) as typeof fetch,
    setTimeout: (run, milliseconds) => time.later(milliseconds, alive(run)),
    clearTimeout: (timer) => time.cancel(timer),
    Date: { now: () => START_MS + time.elapsed() + page.skew },
    performance: { now: () => time.elapsed() - page.slept },
    // Different in each page, and the same in each run.
    Math: { random: () => (profile.pages.size * 0.17 + draws++ * 0.29) % 1 },
    location: { href },
    document: {
      get cookie() {
        return [...profile.cookies]
          .filter(([name]) => name.includes('csrf'))
          .map(([name, value]) => `${name}=${value}`)
          .join('; ')
      },
      get visibilityState() {
        return page.isVisible ? 'visible' : 'hidden'
      },
      addEventListener,
    },
    navigator: { locks: profile.locks.of(page_) },
    localStorage: webStorage(profile.local, storageEvent),
    sessionStorage: webStorage(session),
    BroadcastChannel: channelOf,
    addEventListener,
    console: { warn: (text) => void warnings.push(text) },
  }
  const page: FakePage = {
    platform: { ...base, ...platform } as Platform,
    warnings,
    session,
    skew: 0,
    slept: 0,
    isVisible: true,
    isKilled: false,
    fire(type, event = {}) {
      if (page.isKilled) return
      for (const run of [...(listeners.get(type) ?? [])]) run(event)
    },
  }
  function page_(): FakePage {
    return page
  }
  profile.pages.add(page)
  return page
}

/** The moment at which the server's clock starts, in milliseconds. */
export const START_MS = 1_893_456_000_000
