/** What the client uses of a browser, of Node, a worker or React Native. Optional members may be missing. */
export interface Platform {
  readonly fetch: typeof fetch
  setTimeout(run: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  readonly Date: { now(): number }
  readonly performance?: { now(): number }
  readonly Math: { random(): number }
  readonly location?: { readonly href: string }
  readonly document?: PageDocument
  readonly history?: History
  readonly navigator?: { readonly locks?: Locks }
  readonly localStorage?: WebStorage
  readonly sessionStorage?: WebStorage
  readonly BroadcastChannel?: new (name: string) => Channel
  readonly isSecureContext?: boolean
  readonly addEventListener?: Listening
  readonly console?: { warn(text: string): void }
}

export interface PageDocument {
  readonly cookie: string
  readonly visibilityState: string
  /** What relative addresses are resolved against: the page may name another base than its own address. */
  readonly baseURI?: string
  readonly addEventListener?: Listening
}

interface History {
  readonly state: unknown
  replaceState(state: unknown, unused: string, address: string): void
}

type Listening = (
  type: string,
  listener: (event: PageEvent) => void,
  options: { readonly signal: AbortSignal },
) => void

export interface PageEvent {
  readonly key?: string | null
  readonly newValue?: string | null
}

export interface WebStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export interface Locks {
  request<T>(
    name: string,
    options: { readonly signal: AbortSignal },
    run: () => Promise<T> | T,
  ): Promise<T>
}

export interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
  unref?(): void
}

/** The longest time that any promise of the client takes. */
export const LONGEST = 20_000

/** Runs something later, without keeping a Node.js process alive. */
export function later(
  platform: Platform,
  milliseconds: number,
  run: () => void,
): unknown {
  const timer = platform.setTimeout(run, milliseconds)
  ;(timer as { unref?(): void } | undefined)?.unref?.()
  return timer
}

export const sleep = (platform: Platform, milliseconds: number): Promise<void> =>
  new Promise((resolve) => void later(platform, milliseconds, resolve))

/** The promise, or what `late` returns or throws if it takes too long. */
export const within = <T>(
  platform: Platform,
  milliseconds: number,
  promise: Promise<T>,
  late?: () => T,
): Promise<T> =>
  Promise.race([promise, sleep(platform, milliseconds).then(late)] as Promise<T>[])

/** Reading some members of a sandboxed frame throws. */
export function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
